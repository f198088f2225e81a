#pragma once

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/findings/finding.hpp"
#include "harness/generate/seed_range.hpp"

namespace normdiff {

/// One discrepancy in words: "net.bn.training is True, expected False".
[[nodiscard]] std::string describe(const Scenario& scenario, const Scope& scope,
                                   const Judged& judged);

/// Signatures that some finding has shown already.
using Signatures = std::set<std::string, std::less<>>;

/// New discrepancies, or what the harness itself did wrong.
enum class FindingKind : std::uint8_t { discrepancy, harness_error };

/// One finding for each step of a scenario that has anything of the kind, named by the first of
/// error, flag, option, counter, statistic, sharing, parameter, output, gradient, artefact. With
/// `seen`: only of a step that shows what is not in it, named by the first such; all that the step
/// shows is in it then. `scenario`, `origin` and `number` of a finding are left to the caller.
[[nodiscard]] std::vector<Finding> findings_of(const Scenario& scenario, const Scope& scope,
                                               const Manifest& subject, const CheckResult& checked,
                                               FindingKind kind, Signatures* seen = nullptr);

/// Names a finding by the first of its signatures that is not in `seen`, and adds all of them.
/// False: each was seen before.
[[nodiscard]] bool name_by_new(Finding& finding, Signatures& seen);

/// Adds a finding at the end, if it shows what none of those kept does.
void keep_new(std::vector<Finding>& kept, Finding&& finding);

/// "libtorch-forward-batchnorm2d-output-diverged-8f3a01cc": a file's name; the same for the same
/// finding, different for different signatures or origins.
[[nodiscard]] std::string file_stem(const Finding& finding);

/// "normdiff check 'my folder/a.scenario' --subject libtorch@2.13.0": what shows a finding again,
/// quoted where a shell needs it. `deviations`: the folder of another catalogue, or empty.
[[nodiscard]] std::string replay_command(std::string_view file, std::string_view subject,
                                         std::string_view deviations);

/// "seed 1, modes, number 17".
[[nodiscard]] std::string origin_of(const SeedRange& range, std::uint64_t number);

/// JSON. The readers throw nlohmann::json::exception on anything that isn't one.
[[nodiscard]] nlohmann::json to_json(const Manifest& manifest);
[[nodiscard]] Manifest manifest_from_json(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const Finding& finding);
[[nodiscard]] Finding finding_from_json(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const RangeResult& result);
[[nodiscard]] RangeResult range_result_from_json(const nlohmann::json& json);

}  // namespace normdiff
