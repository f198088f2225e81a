#pragma once

#include <vector>

#include "harness/campaign/coordinator.hpp"
#include "harness/campaign/corpus.hpp"
#include "harness/report/report.hpp"

namespace normdiff {

/// Everything that a run produced, as one report. `corpus` has one result for each subject of the
/// campaign, or none. `folder` is OUT as the replay commands are to spell it.
[[nodiscard]] Report build_report(const ReportSettings& settings, const CampaignResult& campaign,
                                  const std::vector<CorpusResult>& corpus,
                                  const std::vector<FaultFound>& power, std::uint64_t power_most,
                                  const Deviations& deviations, const std::string& folder);

}  // namespace normdiff
