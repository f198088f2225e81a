#pragma once

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "harness/campaign/coordinator.hpp"

namespace normdiff::test {

/// A folder of its own, removed with this object.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "normdiff-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// tests/harness/campaign/strange_host.cpp
inline FoundSubject strange(const std::string& mode, int number = 0) {
  return {"textbook",
          "textbook",
          "0.1.0",
          "strange-host",
          {NORMDIFF_BINARY_DIR "/bin/strange-host", mode, std::to_string(number)}};
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
  const Folder out;
  auto log = FindingsLog::open(out.path());
  static const std::atomic<bool> stop{false};
  return run_campaign(options, std::get<FindingsLog>(log), listener, stop);
}

}  // namespace normdiff::test
