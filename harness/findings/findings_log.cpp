#include "harness/findings/findings_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>
#include <vector>

#include "harness/findings/findings.hpp"
#include "harness/trace/json.hpp"

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

/// A new name in a folder is on the disk only once the folder is.
void sync_folder(const std::filesystem::path& folder) {
  const char* name = folder.empty() ? "." : folder.c_str();
  const int file = ::open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  fsync(file);
  close(file);
}

/// Makes a folder and those above it, and what names each is on the disk.
std::error_code make_folder(const std::filesystem::path& folder) {
  std::error_code failed;
  std::vector<std::filesystem::path> holders;
  for (std::filesystem::path missing = std::filesystem::absolute(folder).lexically_normal();
       !std::filesystem::exists(missing, failed) && missing.has_relative_path();
       missing = missing.parent_path())
    holders.push_back(missing.parent_path());
  std::filesystem::create_directories(folder, failed);
  if (!failed)
    for (const std::filesystem::path& holder : holders) sync_folder(holder);
  return failed;
}

/// Removes the scenarios that the list of an earlier run names, where they still are as it wrote
/// them: what somebody changed or put there is theirs.
void remove_listed(const std::filesystem::path& out) {
  std::ifstream list(out / "findings.jsonl");
  for (std::string line; std::getline(list, line);) {
    if (is_nested_deeply(line)) continue;
    const auto json = nlohmann::json::parse(line, nullptr, false);
    const auto text = [&](const char* name) {
      const auto member = json.is_object() ? json.find(name) : json.end();
      return member != json.end() && member->is_string() ? member->get<std::string>() : "";
    };
    Finding finding;
    finding.signature = text("signature");
    finding.origin = text("origin");
    finding.scenario = text("scenario");
    const std::filesystem::path path = out / scenario_file(finding);
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) continue;
    std::ifstream file(path, std::ios::binary);
    const std::string there{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file && there == finding.scenario) std::filesystem::remove(path, ignored);
  }
}

/// Why files can't be made in a folder, or nothing.
std::string not_writable(const std::filesystem::path& folder) {
  const std::filesystem::path probe = folder / fmt::format(".normdiff-{}.part", getpid());
  const int file =
      ::open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (file < 0) return std::strerror(errno);
  close(file);
  unlink(probe.c_str());
  return {};
}

/// A sentence about what stands where a file of ours is to be and is none; or nothing.
std::string error_in_place(const std::filesystem::path& out) {
  for (const char* name : {"findings.jsonl", "report.json", "report.md", "report.html"})
    for (const std::filesystem::path& path : {out / name, out / (std::string(name) + ".part")}) {
      std::error_code ignored;
      const std::filesystem::file_status status = std::filesystem::status(path, ignored);
      if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        return fmt::format("{} is no file; remove it, or choose another folder with --out",
                           path.string());
    }
  std::error_code none;
  constexpr std::uintmax_t longest = std::uintmax_t{1} << 30;
  const std::filesystem::path list = out / "findings.jsonl";
  if (const std::uintmax_t size = std::filesystem::file_size(list, none); !none && size > longest)
    return fmt::format(
        "{} is larger than a list of findings is; move it, or choose another folder "
        "with --out",
        list.string());
  return {};
}

}  // namespace

std::optional<std::string> write_file(const std::filesystem::path& path, std::string_view text) {
  const std::string temporary = path.string() + ".part";
  const int file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int failed = file < 0 ? errno : write_all(file, text);
  if (file >= 0) close(file);
  if (failed == 0 && rename(temporary.c_str(), path.c_str()) != 0) failed = errno;
  if (failed == 0) sync_folder(path.parent_path());
  if (failed == 0) return std::nullopt;
  unlink(temporary.c_str());
  return fmt::format("{} can't be written ({}); make room, or see who may write there",
                     path.string(), std::strerror(failed));
}

std::string scenario_file(const Finding& finding) {
  return "findings/" + file_stem(finding) + ".scenario";
}

std::variant<FindingsLog, std::string> FindingsLog::open(const std::filesystem::path& out) {
  if (const std::error_code failed = make_folder(out / "findings"))
    return fmt::format("the output folder {} can't be made ({}); choose another with --out",
                       out.string(), failed.message());
  if (std::string error = error_in_place(out); !error.empty()) return error;
  const auto refused = [&out](std::string_view why) {
    return fmt::format("the output folder {} can't be written to ({}); choose another with --out",
                       out.string(), why);
  };
  for (const std::filesystem::path& folder : {out, out / "findings"})
    if (const std::string why = not_writable(folder); !why.empty()) return refused(why);
  const std::filesystem::path path = out / "findings.jsonl";
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return refused(std::strerror(errno));
  // Only now: a run that is refused leaves what an earlier one found.
  remove_listed(out);
  if (ftruncate(file, 0) != 0) {
    const std::string why = std::strerror(errno);
    close(file);
    return refused(why);
  }
  sync_folder(out);
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
