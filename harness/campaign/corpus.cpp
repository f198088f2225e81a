#include "harness/campaign/corpus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "harness/campaign/replay.hpp"
#include "harness/findings/findings.hpp"
#include "harness/host/host_link.hpp"
#include "harness/scenario/text/read_scenario.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/subject/support.hpp"

namespace normdiff {
namespace {

/// A step that the family never does: what is left of the scenario would prove little.
bool supports(const std::string& family, const Scenario& scenario) {
  return std::all_of(scenario.statements.begin(), scenario.statements.end(),
                     [&](const Statement& statement) {
                       return never_does(family, statement.step.index()) == nullptr;
                     });
}

/// A witness or near miss of a deviation that applies to the subject is run as far as it can.
bool is_evidence(const CorpusFile& file, const Manifest& subject, const Deviations& deviations) {
  const auto& list = deviations.list();
  return std::any_of(list.begin(), list.end(), [&](const Deviation& deviation) {
    return deviations.applies(deviation, subject) != Applies::no &&
           (deviation.witness == file.name || deviation.near_miss == file.name);
  });
}

/// A witness may have several cases, of which upstream may have mended one: it must show all that
/// it showed when it was recorded. The sentence with the edit to make, or nothing.
std::string error_in_witness(const Manifest& subject, const Deviation& deviation,
                             std::uint64_t found) {
  const std::uint64_t expected = deviation.hits.at(subject.family);
  if (found == expected) return {};
  if (found == 0)
    return fmt::format(
        "{}.toml: {} conforms on {} now; end `versions` before {}, or remove the file",
        deviation.id, deviation.witness, subject.id(), subject.version);
  if (found < expected)
    return fmt::format(
        "{}.toml: {} shows it in {} of {} observations on {}: a case of it conforms now. End "
        "`versions` before {} and give what is left a file of its own; if only the witness was "
        "edited, set `hits` to {{ {} = {} }}",
        deviation.id, deviation.witness, found, expected, subject.id(), subject.version,
        subject.family, found);
  return fmt::format(
      "{}.toml: {} shows it in {} observations on {}, expected {}: see what is new with normdiff "
      "check, and set `hits` to {{ {} = {} }} if it is the same cause",
      deviation.id, deviation.witness, found, subject.id(), expected, subject.family, found);
}

/// The news of a deviation on a version that nothing was measured on; empty: it is the same there,
/// or it is not there, and neither is it on the nearest version that was measured.
std::string news_of(const Manifest& subject, const Deviation& deviation, bool expected,
                    std::uint64_t found, bool near_miss_shows_it) {
  const std::uint64_t all = deviation.hits.at(subject.family);
  if (near_miss_shows_it)
    return fmt::format("{}: its near miss {} shows it, too, on {}", deviation.id,
                       deviation.near_miss, subject.id());
  if (expected ? found == all : found == 0) return {};
  if (found == 0)
    return fmt::format("{} is gone on {}: {} does not show it", deviation.id, subject.id(),
                       deviation.witness);
  if (!expected)
    return fmt::format("{} is back on {}: {} shows it in {} of {} observations", deviation.id,
                       subject.id(), deviation.witness, found, all);
  return fmt::format("{} is another on {}: {} shows it in {} observations, not in {}", deviation.id,
                     subject.id(), deviation.witness, found, all);
}

void look_for_news(const Manifest& subject, const Deviations& deviations, const Seen& seen,
                   CorpusResult& result) {
  for (const Deviation& deviation : deviations.list()) {
    if (deviations.applies(deviation, subject) == Applies::no) continue;
    if (seen.count(deviation.witness) == 0) continue;
    std::string news = news_of(subject, deviation, deviations.is_expected(deviation, subject),
                               hits_in(seen, deviation.witness, deviation.id),
                               hits_in(seen, deviation.near_miss, deviation.id) > 0);
    if (!news.empty()) result.news.push_back(std::move(news));
  }
}

}  // namespace

std::uint64_t hits_in(const Seen& seen, const std::string& file, const std::string& deviation) {
  const auto there = seen.find(file);
  if (there == seen.end()) return 0;
  const auto found = there->second.find(deviation);
  return found == there->second.end() ? 0 : found->second;
}

std::vector<std::string> errors_in_evidence(const Manifest& subject, const Deviations& deviations,
                                            const Seen& seen) {
  std::vector<std::string> errors;
  for (const Deviation& deviation : deviations.list()) {
    if (deviations.applies(deviation, subject) != Applies::claimed) continue;
    const std::string file = deviation.id + ".toml";
    if (seen.count(deviation.witness) == 0) {
      errors.push_back(
          fmt::format("{}: its witness {} is not in the corpus; add the file or correct `witness`",
                      file, deviation.witness));
    } else {
      std::string error =
          error_in_witness(subject, deviation, hits_in(seen, deviation.witness, deviation.id));
      if (!error.empty()) errors.push_back(std::move(error));
    }
    if (seen.count(deviation.near_miss) == 0) {
      errors.push_back(fmt::format(
          "{}: its near miss {} is not in the corpus; add the file or correct `near_miss`", file,
          deviation.near_miss));
    } else if (hits_in(seen, deviation.near_miss, deviation.id) > 0) {
      errors.push_back(
          fmt::format("{}: its near miss {} shows it on {}; the prediction is too wide: narrow "
                      "`steps`, `observations` or the prediction",
                      file, deviation.near_miss, subject.id()));
    }
  }
  return errors;
}

std::variant<std::vector<CorpusFile>, std::string> load_corpus(
    const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code failed;
  for (std::filesystem::recursive_directory_iterator entry(folder, failed), end;
       !failed && entry != end; entry.increment(failed))
    // A pipe would be waited for.
    if (entry->path().extension() == ".scenario" && !entry->is_fifo(failed))
      paths.push_back(entry->path());
  if (failed)
    return fmt::format("the corpus {} can't be read ({}); name a folder of *.scenario files",
                       folder.string(), failed.message());
  if (paths.empty())
    return fmt::format("the corpus {} has no *.scenario files; name a folder that has",
                       folder.string());
  std::sort(paths.begin(), paths.end());
  std::vector<CorpusFile> files;
  for (const std::filesystem::path& path : paths) {
    auto read = read_scenario(path);
    if (const auto* error = std::get_if<InputError>(&read)) return error->message;
    files.push_back(
        {("corpus" / path.lexically_relative(folder)).lexically_normal().generic_string(),
         path.string(), std::get<Scenario>(std::move(read))});
  }
  return files;
}

CorpusResult replay_corpus(const CampaignOptions& options, const FoundSubject& subject,
                           const std::vector<CorpusFile>& files, const std::atomic<int>& stop) {
  CorpusResult result;
  HostOptions host_options;
  host_options.command = subject.command;
  host_options.deadline = options.deadline;
  HostLink host(host_options, &stop);
  auto introduced = host.manifest();
  if (const auto* failure = std::get_if<HostFailure>(&introduced)) {
    if (failure->kind != HostFailure::Kind::interrupted)
      result.unusable = fmt::format("its host did not say what it is: {}", failure->text);
    return result;
  }
  const Manifest& manifest = std::get<Manifest>(introduced);
  CheckOptions check;
  check.keep_everything = true;
  check.always_equal = options.always_equal;
  Seen seen;
  for (const CorpusFile& file : files) {
    if (stop) return result;
    if (!supports(subject.family, file.scenario) &&
        !is_evidence(file, manifest, *options.deviations)) {
      ++result.skipped;
      seen[file.name];
      continue;
    }
    auto answer = replay(host, manifest, file.scenario, *options.deviations, check, file.path);
    if (const auto* failure = std::get_if<HostFailure>(&answer)) {
      result.unusable = failure->text;
      return result;
    }
    Replayed& replayed = std::get<Replayed>(answer);
    ++result.files;
    if (replayed.findings.empty() && replayed.harness_errors.empty()) ++result.conforming;
    result.tally += replayed.tally;
    for (const Judged& judged : replayed.checked.judged)
      if (!judged.deviation.empty()) ++seen[file.name][judged.deviation];
    seen[file.name];
    for (Finding& finding : replayed.findings) keep_new(result.findings, std::move(finding));
    for (Finding& error : replayed.harness_errors)
      keep_new(result.harness_errors, std::move(error));
  }
  HostLink alone(host_options, &stop);
  check.keep_everything = false;
  for (Finding& finding : result.findings)
    finding.confirmed = !stop && happens_alone(alone, finding, *options.deviations, check);
  if (options.deviations->is_measured(manifest.family, manifest.version))
    result.unexpected_passes = errors_in_evidence(manifest, *options.deviations, seen);
  else
    look_for_news(manifest, *options.deviations, seen, result);
  return result;
}

}  // namespace normdiff
