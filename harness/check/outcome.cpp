#include "harness/check/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/check/error_kinds.hpp"
#include "harness/subject/support.hpp"

namespace normdiff {

using reference::ErrorKind;
using reference::Refusal;

namespace {

std::string kinds(const std::vector<Refusal>& refusals) {
  std::string text;
  for (const Refusal& refusal : refusals)
    if (text.find(reference::to_string(refusal.kind)) == std::string::npos)
      text +=
          (text.empty() ? "refused: " : " or ") + std::string(reference::to_string(refusal.kind));
  return text.empty() ? "done" : text;
}

}  // namespace

JudgedOutcome judge_outcome(const Manifest& manifest, const StepRecord& record,
                            const std::vector<Refusal>& refusals) {
  if (record.outcome != Outcome::error)
    return {refusals.empty() ? Verdict::equal : Verdict::accepted_by_subject, kinds(refusals),
            "done"};
  const bool known_words = is_family(manifest.family);
  const ErrorKind kind = ErrorKinds::built_in().classify(manifest, record.error_class, record.text);
  const bool agreed = kind != ErrorKind::unclassified &&
                      std::any_of(refusals.begin(), refusals.end(),
                                  [kind](const Refusal& refusal) { return refusal.kind == kind; });
  const Verdict verdict = refusals.empty() ? Verdict::rejected_by_subject
                          : agreed         ? Verdict::both_rejected
                          : !known_words   ? Verdict::underived
                                           : Verdict::rejected_differently;
  return {verdict, kinds(refusals),
          fmt::format("refused: {} ({}: {})", reference::to_string(kind), record.error_class,
                      what_happened(record.text).substr(0, 160))};
}

}  // namespace normdiff
