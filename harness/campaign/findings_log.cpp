#include "harness/campaign/findings_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "harness/campaign/findings.hpp"

namespace normdiff {
namespace {

/// errno of the failure, or 0.
int write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return fsync(file) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
}

}  // namespace

std::optional<std::string> write_file(const std::filesystem::path& path, std::string_view text) {
  const std::string temporary = path.string() + ".part";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int failed = file < 0 ? errno : write_all(file, text);
  if (file >= 0) close(file);
  if (failed == 0 && rename(temporary.c_str(), path.c_str()) != 0) failed = errno;
  if (failed == 0) return std::nullopt;
  unlink(temporary.c_str());
  return fmt::format("{} can't be written ({}); make room, or see who may write there",
                     path.string(), std::strerror(failed));
}

std::string scenario_file(const Finding& finding) {
  return "findings/" + file_stem(finding) + ".scenario";
}

std::variant<FindingsLog, std::string> FindingsLog::open(const std::filesystem::path& out) {
  std::error_code failed;
  std::filesystem::create_directories(out / "findings", failed);
  if (failed)
    return fmt::format("the output folder {} can't be made ({}); choose another with --out",
                       out.string(), failed.message());
  const std::filesystem::path path = out / "findings.jsonl";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0)
    return fmt::format("the output folder {} can't be written to ({}); choose another with --out",
                       out.string(), std::strerror(errno));
  return FindingsLog(out, file);
}

FindingsLog::FindingsLog(FindingsLog&& other) noexcept
    : out_(std::move(other.out_)), file_(std::exchange(other.file_, -1)) {}

FindingsLog::~FindingsLog() {
  if (file_ >= 0) close(file_);
}

std::optional<std::string> FindingsLog::add(const Finding& finding) {
  const std::string name = scenario_file(finding);
  if (write_file(out_ / name, finding.scenario)) return std::nullopt;
  const std::string line =
      to_json(finding).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (write_all(file_, line) != 0) return std::nullopt;
  return name;
}

}  // namespace normdiff
