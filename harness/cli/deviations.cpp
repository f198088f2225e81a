#include "harness/triage/deviations.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>

#include "harness/campaign/measure.hpp"
#include "harness/campaign/proposal.hpp"
#include "harness/campaign/subjects.hpp"
#include "harness/cli/catalogue.hpp"
#include "harness/cli/cli.hpp"
#include "harness/cli/options.hpp"
#include "harness/report/columns.hpp"
#include "harness/text/unified_diff.hpp"
#include "harness/text/utf8.hpp"
#include "harness/triage/deviation_files.hpp"

namespace normdiff {
namespace {

struct DeviationsArguments {
  std::string deviations;
  std::string corpus;
  std::vector<std::string> subjects;
};

int list(const DeviationsArguments& arguments) {
  auto catalogue = load_catalogue(arguments.deviations);
  if (const auto* error = std::get_if<std::string>(&catalogue)) return fail(*error);
  std::vector<std::array<std::string, 4>> rows = {{"Id", "Versions", "Measured on", "Title"}};
  for (const Deviation& deviation : std::get<Deviations>(catalogue).list())
    rows.push_back({deviation.id, deviation.versions,
                    fmt::format("{}", fmt::join(deviation.verified_on, ", ")), deviation.title});
  std::array<std::size_t, 4> widths{};
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  for (const auto& row : rows)
    fmt::print("{}  {}  {}  {}\n", padded(row[0], widths[0]), padded(row[1], widths[1]),
               padded(row[2], widths[2]), row[3]);
  return exit_conforms;
}

/// The subjects that were named; else every one found of the families that deviations are known of.
std::variant<std::vector<FoundSubject>, std::string> subjects_to_measure(
    const DeviationsArguments& arguments, const Deviations& deviations) {
  const SubjectPlaces places = own_places();
  if (!arguments.subjects.empty()) {
    auto resolved = resolve_subjects(arguments.subjects, places);
    if (const auto* error = std::get_if<SubjectError>(&resolved)) return error->message;
    return std::get<std::vector<FoundSubject>>(std::move(resolved));
  }
  std::vector<FoundSubject> found;
  for (const SubjectFamily& family : subject_families()) {
    const auto is_about = [&](const Deviation& deviation) {
      return std::ranges::find(deviation.subjects, family.name) != deviation.subjects.end();
    };
    if (family.is_tested && std::ranges::any_of(deviations.list(), is_about))
      std::ranges::move(family.find(places), std::back_inserter(found));
  }
  if (found.empty())
    return "no subject was found; name one with --subject (normdiff subjects --help says where "
           "they are looked for)";
  return found;
}

/// Standard output has the patch and nothing else.
int update(const DeviationsArguments& arguments) {
  std::vector<DeviationFile> files = built_in_deviation_files();
  if (!arguments.deviations.empty()) {
    auto read = read_deviation_files(arguments.deviations);
    if (const auto* error = std::get_if<DeviationError>(&read)) return fail(error->message);
    files = std::get<std::vector<DeviationFile>>(std::move(read));
  }
  auto parsed = parse_deviations(files);
  if (const auto* error = std::get_if<DeviationError>(&parsed)) return fail(error->message);
  const Deviations& deviations = std::get<Deviations>(parsed);
  auto corpus = load_corpus(arguments.corpus.empty() ? own_places().corpus()
                                                     : std::filesystem::path(arguments.corpus));
  if (const auto* error = std::get_if<std::string>(&corpus)) return fail(*error);
  auto subjects = subjects_to_measure(arguments, deviations);
  if (const auto* error = std::get_if<std::string>(&subjects)) return fail(*error);

  int worst = exit_conforms;
  std::vector<Measurement> measurements;
  for (const FoundSubject& subject : std::get<std::vector<FoundSubject>>(subjects)) {
    const auto unusable = [&](const std::string& why) {
      worst = fail(fmt::format("{} can't be used: {}", subject.id, why));
    };
    if (!subject.problem.empty()) {
      unusable(subject.problem);
      continue;
    }
    fmt::print(stderr, "running witnesses and near misses on {}\n", printable(subject.id));
    HostOptions options;
    options.command = subject.command;
    HostLink host(options);
    auto measured = measure(host, deviations, std::get<std::vector<CorpusFile>>(corpus));
    if (const auto* why = std::get_if<std::string>(&measured))
      unusable(*why);
    else
      measurements.push_back(std::get<Measurement>(std::move(measured)));
  }
  const Proposal proposal = propose(files, measurements);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto path = std::filesystem::path(files[i].path).lexically_normal().relative_path();
    fmt::print("{}", unified_diff(path.string(), files[i].text, proposal.files[i].text));
  }
  for (const std::string& change : proposal.changes)
    fmt::print(stderr, "proposed: {}\n", printable(change));
  for (const std::string& open : proposal.open)
    fmt::print(stderr, "not proposed: {}\n", printable(open));
  if (proposal.changes.empty() && proposal.open.empty() && worst == exit_conforms)
    fmt::print(stderr, "the files say what was measured\n");
  return std::max(worst, proposal.open.empty() ? exit_conforms : exit_discrepancy);
}

}  // namespace

void add_deviations(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<DeviationsArguments>();
  CLI::App* command =
      app.add_subcommand("deviations", "Lists the known deviations, or measures them anew");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n  normdiff deviations list\n  normdiff deviations update > versions.patch");

  const auto add = [&](const char* name, const char* what, int (*run)(const DeviationsArguments&)) {
    CLI::App* one = command->add_subcommand(name, what);
    one->add_option("--deviations", arguments->deviations,
                    "A folder of known deviations instead of the built-in catalogue")
        ->check(not_empty());
    one->callback([arguments, run, &action] { action = [=] { return run(*arguments); }; });
    return one;
  };
  add("list", "Prints each with its versions and what it was measured on", list)
      ->footer("Examples:\n  normdiff deviations list");
  CLI::App* measuring = add("update",
                            "Runs the witness and near miss of each on subjects, and proposes as a "
                            "patch what its file\nshould say of versions; writes no files",
                            update);
  measuring
      ->add_option("--subject,-s", arguments->subjects,
                   "Measure this one, as normdiff subjects names it; repeatable (default: all "
                   "that are found, of every version)")
      ->allow_extra_args(false);
  measuring
      ->add_option("--corpus", arguments->corpus,
                   "The folder of the witnesses (default: share/normdiff/corpus, which comes with "
                   "this command)")
      ->check(not_empty());
  measuring->footer(
      "The patch is for the root of the repository, or for where the path of --deviations begins. "
      "Exit "
      "codes: 1\nwhere something has to be looked at, 2 where a subject can't be "
      "used.\n\nExamples:\n"
      "  normdiff deviations update --subject python:/opt/torch/bin/python > versions.patch\n"
      "  normdiff deviations update --deviations harness/triage/deviations > versions.patch");
}

}  // namespace normdiff
