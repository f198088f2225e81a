#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/campaign/campaign.hpp"

namespace normdiff {

/// One discrepancy in words: "net.bn.training is True, expected False".
[[nodiscard]] std::string describe(const Scenario& scenario, const Scope& scope,
                                   const Judged& judged);

/// The new discrepancies of one scenario, one finding for each step that has any: named by the
/// first of error, flag, option, counter, statistic, sharing, parameter, output, gradient,
/// artefact. `text` and `origin` are left to the caller. Harness errors are no findings: see
/// `kind`.
enum class FindingKind : std::uint8_t { discrepancy, harness_error };
[[nodiscard]] std::vector<Finding> findings_of(const Scenario& scenario, const Scope& scope,
                                               const Manifest& subject, const CheckResult& checked,
                                               FindingKind kind);

/// Keeps the first of each signature, by number.
void keep_first(std::vector<Finding>& kept, Finding&& finding);

/// "modes-17-libtorch-forward-batchnorm2d-output-diverged": a file's name; the same for the same
/// finding, different for different signatures.
[[nodiscard]] std::string file_stem(const Finding& finding);

/// "seed 1, modes, number 17".
[[nodiscard]] std::string origin_of(const Range& range, std::uint64_t number);

// JSON. The readers throw nlohmann::json::exception on anything that isn't one.
[[nodiscard]] nlohmann::json to_json(const Manifest& manifest);
[[nodiscard]] Manifest manifest_from_json(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const Finding& finding);
[[nodiscard]] Finding finding_from_json(const nlohmann::json& json);
[[nodiscard]] nlohmann::json to_json(const RangeResult& result);
[[nodiscard]] RangeResult range_result_from_json(const nlohmann::json& json);

}  // namespace normdiff
