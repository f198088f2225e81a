#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>

#include "harness/campaign/coordinator.hpp"
#include "harness/campaign/corpus.hpp"
#include "harness/campaign/power.hpp"
#include "harness/campaign/subjects.hpp"
#include "harness/cli/catalogue.hpp"
#include "harness/cli/cli.hpp"
#include "harness/cli/duration.hpp"
#include "harness/cli/options.hpp"
#include "harness/cli/progress.hpp"
#include "harness/cli/subject_options.hpp"
#include "harness/findings/findings.hpp"
#include "harness/report/build.hpp"
#include "harness/report/report.hpp"
#include "harness/text/utf8.hpp"

namespace normdiff {
namespace {

struct RunArguments {
  SubjectOptions subjects;
  std::vector<std::string> profiles;
  std::uint64_t seed = 1;
  std::uint64_t scenarios = 0;
  std::string time;
  int jobs = 1;
  std::string out = "reports/out/latest";
  std::string deviations;
  std::string corpus;
  std::string deadline = "60s";
  bool power = false;
  std::uint64_t power_scenarios = 2000;
  bool always_equal = false;
};

std::atomic<int> interrupted{0};  ///< by this signal
constexpr std::array<int, 3> interrupts = {SIGINT, SIGTERM, SIGHUP};

/// The first interrupt ends the run cleanly, the second at once.
extern "C" void on_interrupt(int signal) {
  interrupted = signal;
  for (const int one : interrupts) std::signal(one, SIG_DFL);
}

void listen_to_interrupts() {
  for (const int one : interrupts)
    if (std::signal(one, on_interrupt) == SIG_IGN && one == SIGHUP)
      std::signal(one, SIG_IGN);  // under nohup
}

/// A sentence where something is wrong.
std::optional<std::string> read(const RunArguments& arguments, CampaignOptions& options) {
  std::vector<std::string> names = arguments.profiles;
  if (names.empty()) names = {"modes", "numerics", "export"};
  for (const std::string& name : names) {
    const auto profile = named<Profile>(name);
    if (!profile || *profile == Profile::bench)
      return fmt::format("there is no profile {}; there are modes, numerics, export and dynamo",
                         name);
    if (std::find(options.profiles.begin(), options.profiles.end(), *profile) ==
        options.profiles.end())
      options.profiles.push_back(*profile);
  }
  if (arguments.scenarios > 0 && !arguments.time.empty())
    return "--scenarios and --time can't both be given; leave one out";
  if (arguments.scenarios > 0) options.scenarios = arguments.scenarios;
  const std::string time =
      arguments.time.empty() && arguments.scenarios == 0 ? "60s" : arguments.time;
  if (!time.empty()) {
    options.time = parse_duration(time);
    if (!options.time) return bad_duration("--time", time);
  }
  const auto deadline = parse_duration(arguments.deadline);
  if (!deadline) return bad_duration("--deadline", arguments.deadline);
  options.deadline = *deadline;
  options.seed = arguments.seed;
  options.jobs = arguments.jobs;
  options.always_equal = arguments.always_equal;
  if (!arguments.deviations.empty())
    options.deviations_folder = std::filesystem::absolute(arguments.deviations).string();

  auto chosen =
      chosen_subjects(arguments.subjects, family_names(/*only_tested=*/false), own_places());
  if (const auto* error = std::get_if<std::string>(&chosen)) return *error;
  options.subjects = std::get<std::vector<FoundSubject>>(std::move(chosen));
  std::string why;
  const bool anything = std::any_of(
      options.subjects.begin(), options.subjects.end(), [&](const FoundSubject& subject) {
        return std::any_of(options.profiles.begin(), options.profiles.end(), [&](Profile profile) {
          return runs_profile(subject.family, profile, why);
        });
      });
  if (!anything) return fmt::format("nothing can run: {}; choose another --profile", why);
  return std::nullopt;
}

ReportSettings settings_of(const RunArguments& arguments, const CampaignOptions& options) {
  ReportSettings settings;
  settings.seed = options.seed;
  for (const Profile profile : options.profiles) settings.profiles.emplace_back(to_string(profile));
  settings.scenarios = options.scenarios.value_or(0);
  if (options.time) settings.time = arguments.time.empty() ? "60s" : arguments.time;
  settings.corpus = !arguments.corpus.empty();
  settings.deviations = options.deviations_folder;
  settings.always_equal = options.always_equal;
  return settings;
}

/// A finding is on disk before it is told; what can't be written is said in `failure`.
std::vector<CorpusResult> replay_all(const CampaignOptions& options,
                                     const std::vector<CorpusFile>& files, FindingsLog& log,
                                     ProgressLine& line, std::string& failure) {
  std::vector<CorpusResult> results;
  for (const FoundSubject& subject : options.subjects) {
    if (!subject.problem.empty()) {
      results.emplace_back();
      continue;
    }
    line.show(fmt::format("replaying the corpus on {}", subject.id));
    const CorpusResult& result =
        results.emplace_back(replay_corpus(options, subject, files, interrupted));
    line.say(fmt::format("corpus on {}: {} of {} scenarios conform, {} need steps it does not do",
                         subject.id, result.conforming, result.files, result.skipped));
    for (const Finding& finding : result.findings) {
      if (!log.add(finding))
        failure = "findings of the corpus can't be written to the output folder; make room";
      line.say(fmt::format(
          "new: {} in {}\n  {}", finding.signature, finding.origin,
          replay_command(finding.origin, finding.subject.id(), options.deviations_folder)));
    }
    for (const std::string& pass : result.unexpected_passes)
      line.say(fmt::format("unexpected pass: {}", pass));
    for (const std::string& news : result.news) line.say(fmt::format("news: {}", news));
  }
  return results;
}

std::vector<Finding> shown_findings(const Report& report) {
  std::vector<Finding> shown;
  for (const ReportFinding& finding : report.findings) {
    shown.push_back(finding.first.finding);
    for (const Witness& other : finding.others) shown.push_back(other.finding);
  }
  return shown;
}

int run(const RunArguments& arguments) {
  CampaignOptions options;
  if (const auto wrong = read(arguments, options)) return fail(*wrong);
  auto catalogue = load_catalogue(arguments.deviations);
  if (const auto* error = std::get_if<std::string>(&catalogue)) return fail(*error);
  const Deviations& deviations = std::get<Deviations>(catalogue);
  options.deviations = &deviations;
  std::vector<CorpusFile> files;
  if (!arguments.corpus.empty()) {
    auto loaded = load_corpus(arguments.corpus);
    if (const auto* error = std::get_if<std::string>(&loaded)) return fail(*error);
    files = std::get<std::vector<CorpusFile>>(std::move(loaded));
  }
  // Last, as it empties the findings of the run before.
  auto log = FindingsLog::open(arguments.out);
  if (const auto* error = std::get_if<std::string>(&log)) return fail(*error);
  listen_to_interrupts();

  ProgressLine line(stdout);
  std::string ids;
  for (const FoundSubject& subject : options.subjects)
    ids += (ids.empty() ? "" : ", ") + subject.id;
  line.say(fmt::format("seed {}; subjects: {}", options.seed, ids));
  for (const FoundSubject& subject : options.subjects)
    if (!subject.problem.empty())
      line.say(fmt::format("{} can't be used: {}", subject.id, subject.problem));

  if (const auto& kept = std::get<FindingsLog>(log).set_aside(); !kept.empty())
    line.say(fmt::format("an earlier run made no report; {} lists what it found", kept.string()));

  std::vector<CorpusResult> corpus;
  std::string failure;
  if (!arguments.corpus.empty())
    corpus = replay_all(options, files, std::get<FindingsLog>(log), line, failure);

  CampaignListener listener;
  listener.progress = [&](const Progress& progress) { line.update(progress, options.time); };
  listener.found = [&](const Finding& finding, const std::string& file) {
    line.say(fmt::format("new: {}{}\n  {}", finding.signature,
                         finding.confirmed ? "" : " (unconfirmed)",
                         replay_command(arguments.out + "/" + file, finding.subject.id(),
                                        options.deviations_folder)));
  };
  CampaignResult campaign =
      run_campaign(options, std::get<FindingsLog>(log), listener, interrupted);

  if (campaign.failure.empty()) campaign.failure = failure;

  std::vector<FaultFound> power;
  if (arguments.power && !interrupted) {
    line.show("measuring the power of these settings on planted faults");
    PowerOptions power_options;
    for (const Profile profile : options.profiles) {
      std::string why;
      if (runs_profile("textbook", profile, why)) power_options.profiles.push_back(profile);
    }
    power_options.seed = options.seed + 1;
    power_options.most = arguments.power_scenarios;
    power_options.jobs = options.jobs;
    power_options.always_equal = options.always_equal;
    if (!power_options.profiles.empty()) power = measure_power(power_options, interrupted);
  }
  line.clear();
  campaign.interrupted_by = interrupted;
  if (interrupted) power.clear();  // it was cut short
  const Report report = build_report(settings_of(arguments, options), campaign, corpus, power,
                                     arguments.power_scenarios, deviations, arguments.out);
  auto failed = write_report(report, arguments.out);
  if (!failed) failed = std::get<FindingsLog>(log).keep_reported(shown_findings(report));
  const Conclusion conclusion = conclude(report);
  fmt::print("{}\n", printable(render_summary(report, Terminal::of(stdout).width)));
  if (!failed)
    fmt::print("Report: {}/report.html, report.md and report.json beside it\n", arguments.out);
  fmt::print("{}\n", conclusion.text);
  return failed ? fail(*failed) : conclusion.exit_code;
}

}  // namespace

void add_run(CLI::App& app, Action& action) {
  auto a = std::make_shared<RunArguments>();
  CLI::App* command =
      app.add_subcommand("run", "Runs random scenarios on subjects and reports what differs");
  add_subject_options(*command, a->subjects, family_names(/*only_tested=*/false));
  command->add_option("--profile,-p", a->profiles,
                      "modes, numerics, export, dynamo; repeatable (default: the first three)");
  constexpr std::uint64_t most_scenarios = std::uint64_t{1} << 48;
  command->add_option("--seed", a->seed, "Which scenarios (default: 1)")
      ->check(whole_number(0, std::numeric_limits<std::uint64_t>::max()));
  command->add_option("--scenarios,-n", a->scenarios, "How many, for each subject")
      ->check(whole_number(1, most_scenarios));
  command
      ->add_option("--time,-t", a->time,
                   "How long the random scenarios run in all: 30s, 10m, 8h (default: 60s)")
      ->check(not_empty());
  command->add_option("--jobs,-j", a->jobs, "Processes at a time for each subject (default: 1)")
      ->check(whole_number(1, 256));
  command->add_option("--out,-o", a->out, "Folder of the report (default: reports/out/latest)")
      ->check(not_empty());
  command
      ->add_option("--deviations", a->deviations,
                   "A folder of known deviations instead of the built-in catalogue")
      ->check(not_empty());
  command
      ->add_option("--corpus", a->corpus,
                   "Replay this folder first, and hold every known deviation to its witness")
      ->check(not_empty());
  command->add_option("--deadline", a->deadline, "The longest one scenario may take (default: 60s)")
      ->check(not_empty());
  command->add_flag("--power", a->power, "Measure what the same settings find of planted faults");
  command
      ->add_option("--power-scenarios", a->power_scenarios,
                   "The most scenarios for each planted fault (default: 2000)")
      ->check(whole_number(1, most_scenarios));
  command->add_flag("--always-equal", a->always_equal)->group("");
  command->footer(
      "The same options give the same report, whatever --jobs, where --scenarios says how "
      "many.\n\nExamples:\n"
      "  normdiff run --time 60s --corpus corpus --power\n"
      "  normdiff run --subject libtorch --profile modes --seed 7 --scenarios 10000 --jobs 2\n"
      "  normdiff run --subject textbook:biased-running-var --scenarios 1000 --out "
      "reports/out/fault");
  command->callback([a, &action] { action = [a] { return run(*a); }; });
}

}  // namespace normdiff
