#pragma once

#include <atomic>
#include <string>

#include "checkout.hpp"
#include "harness/campaign/coordinator.hpp"
#include "tests/temporary_folder.hpp"

namespace normdiff::test {

/// tests/harness/host/strange_host.cpp
inline FoundSubject strange(const std::string& mode, int number = 0, const std::string& with = "") {
  FoundSubject subject{"textbook", "textbook", "0.1.0", "strange-host", {}};
  subject.command = {NORMDIFF_BINARY_DIR "/bin/strange-host", mode, std::to_string(number)};
  if (!with.empty()) subject.command.push_back(with);
  return subject;
}

inline CampaignOptions campaign_on(std::vector<FoundSubject> subjects, std::uint64_t scenarios) {
  CampaignOptions options;
  options.subjects = std::move(subjects);
  options.profiles = {Profile::modes};
  options.scenarios = scenarios;
  options.deviations = &Deviations::built_in();
  return options;
}

inline CampaignResult run(const CampaignOptions& options, const CampaignListener& listener = {}) {
  const TemporaryFolder out;
  auto log = FindingsLog::open(out.path());
  static const std::atomic<int> stop{0};
  return run_campaign(options, std::get<FindingsLog>(log), listener, stop);
}

}  // namespace normdiff::test
