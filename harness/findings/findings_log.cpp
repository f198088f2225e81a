#include "harness/findings/findings_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
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

constexpr const char* reported_list = "findings.jsonl";
constexpr const char* unreported_list = "unreported.jsonl";

/// Removes the scenarios that a list names, where they still are as they were written: what
/// somebody changed or put there is theirs. Those in `kept` stay.
void remove_listed(const std::filesystem::path& out, const char* name_of_list,
                   const std::set<std::string>& kept) {
  std::ifstream list(out / name_of_list);
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
    if (kept.count(scenario_file(finding)) != 0) continue;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored)) continue;
    std::ifstream file(path, std::ios::binary);
    const std::string there{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    if (file && there == finding.scenario) std::filesystem::remove(path, ignored);
  }
}

/// A name for the list of findings that no report was made of, which nobody has yet.
std::filesystem::path free_name(const std::filesystem::path& out) {
  for (int number = 1;; ++number) {
    std::filesystem::path path = out / fmt::format("unreported-{}.jsonl", number);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) return path;
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
  for (const char* name :
       {reported_list, unreported_list, "report.json", "report.md", "report.html"})
    for (const std::filesystem::path& path : {out / name, out / (std::string(name) + ".part")}) {
      std::error_code ignored;
      const std::filesystem::file_status status = std::filesystem::status(path, ignored);
      if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        return fmt::format("{} is no file; remove it, or choose another folder with --out",
                           path.string());
    }
  std::error_code none;
  constexpr std::uintmax_t longest = std::uintmax_t{1} << 30;
  const std::filesystem::path list = out / reported_list;
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
  const int folder = ::open(out.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return refused(std::strerror(errno));
  FindingsLog log(out, folder, -1);
  // A disk without locks keeps no two runs apart: any other failure than a lock that is held
  // passes.
  if (flock(folder, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    return fmt::format(
        "another run is writing to the output folder {}; wait for it, or choose another with --out",
        out.string());
  // Only now: a run that is refused leaves what an earlier one found.
  std::error_code failed;
  const std::filesystem::path path = out / unreported_list;
  if (const auto size = std::filesystem::file_size(path, failed); !failed && size > 0) {
    log.set_aside_ = free_name(out);
    std::filesystem::rename(path, log.set_aside_, failed);
    if (failed) return refused(failed.message());
  }
  log.file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log.file_ < 0) return refused(std::strerror(errno));
  remove_listed(out, reported_list, {});
  std::filesystem::remove(out / reported_list, failed);
  sync_folder(out);
  return log;
}

FindingsLog::FindingsLog(FindingsLog&& other) noexcept
    : out_(std::move(other.out_)),
      set_aside_(std::move(other.set_aside_)),
      folder_(std::exchange(other.folder_, -1)),
      file_(std::exchange(other.file_, -1)) {}

FindingsLog::~FindingsLog() {
  if (file_ >= 0) close(file_);
  if (folder_ >= 0) close(folder_);
}

namespace {

std::string line_of(const Finding& finding) {
  return to_json(finding).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

std::optional<std::string> FindingsLog::add(const Finding& finding) {
  const std::string name = scenario_file(finding);
  if (write_file(out_ / name, finding.scenario)) return std::nullopt;
  if (write_all(file_, line_of(finding)) != 0) return std::nullopt;
  return name;
}

std::optional<std::string> FindingsLog::keep_reported(const std::vector<Finding>& reported) {
  std::string lines;
  std::set<std::string> files;
  for (const Finding& finding : reported)
    if (files.insert(scenario_file(finding)).second) lines += line_of(finding);
  if (auto failed = write_file(out_ / reported_list, lines)) return failed;
  remove_listed(out_, unreported_list, files);
  std::error_code ignored;
  std::filesystem::remove(out_ / unreported_list, ignored);
  return std::nullopt;
}

std::optional<std::vector<Finding>> unreported_findings(const std::filesystem::path& out) {
  std::ifstream list(out / unreported_list);
  if (!list) return std::nullopt;
  std::vector<Finding> findings;
  for (std::string line; std::getline(list, line);) {
    if (is_nested_deeply(line)) continue;
    try {
      Finding finding = finding_from_json(nlohmann::json::parse(line));
      const auto same = std::ranges::find(findings, scenario_file(finding), scenario_file);
      if (same == findings.end())
        findings.push_back(std::move(finding));
      else
        *same = std::move(finding);
    } catch (const nlohmann::json::exception&) {
      continue;  // half a line is the last that a power cut leaves
    }
  }
  return findings;
}

}  // namespace normdiff
