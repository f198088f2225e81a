#include "harness/os/watch.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace normdiff {
namespace {

using std::filesystem::path;

/// A look that comes so late was held up itself, by a machine that stood still.
constexpr std::chrono::milliseconds longest_between_looks{2'000};

struct Status {
  char state = '?';
  int parent = 0;
};

/// /proc/PID/stat: the name in it may hold anything, brackets too.
Status status_of(const path& process) {
  std::ifstream file(process / "stat");
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::size_t bracket = text.rfind(')');
  Status status;
  if (bracket == std::string::npos) return status;
  std::istringstream rest(text.substr(bracket + 1));
  rest >> status.state >> status.parent;
  return status;
}

ProcessorTime processor_time_of(const path& thread) {
  std::ifstream file(thread / "schedstat");
  ProcessorTime time;
  file >> time.running >> time.waiting;
  return time;
}

std::optional<int> number_of(const path& entry) {
  const std::string name = entry.filename().string();
  int number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (failed != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

template <class Visit>
void for_each_number_in(const path& folder, Visit visit) {
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed))
    if (const auto number = number_of(entry->path())) visit(*number, entry->path());
}

/// A process with all that it started, as far as they live.
std::vector<int> with_descendants(int root) {
  std::multimap<int, int> children;
  for_each_number_in("/proc", [&](int process, const path& folder) {
    children.emplace(status_of(folder).parent, process);
  });
  std::vector<int> all = {root};
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto [first, last] = children.equal_range(all[i]);
    for (auto child = first; child != last; ++child) all.push_back(child->second);
  }
  return all;
}

}  // namespace

Watch::Watch(const Process& process, std::chrono::milliseconds deadline)
    : process_(process), deadline_(deadline), begun_(Clock::now()), looked_(begun_) {}

void Watch::begin_again() {
  begun_ = looked_ = Clock::now();
  before_.reset();
}

Watch::State Watch::state() const {
  State all;
  for (const int process : with_descendants(process_.pid()))
    for_each_number_in(path("/proc") / std::to_string(process) / "task",
                       [&](int, const path& thread) {
                         const ProcessorTime time = processor_time_of(thread);
                         all.times[process].running += time.running;
                         all.times[process].waiting += time.waiting;
                         const char letter = status_of(thread).state;
                         all.stopped |= letter == 'T' || letter == 't';
                         all.wants_to_run |= letter == 'R';
                       });
  return all;
}

/// Time that a thread still waits is not in `waiting` yet, so that wanting to run counts too.
bool Watch::is_held_up() const {
  const State now = state();
  ProcessorTime since;
  for (const auto& [process, time] : now.times) {
    const auto before = before_->times.find(process);
    const ProcessorTime then = before == before_->times.end() ? ProcessorTime{} : before->second;
    since.running += time.running - std::min(time.running, then.running);
    since.waiting += time.waiting - std::min(time.waiting, then.waiting);
  }
  const auto half = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(deadline_).count() / 2);
  return now.stopped || (since.running < half && (since.waiting > half || now.wants_to_run));
}

Watch::Seen Watch::look() {
  const Clock::time_point now = Clock::now();
  if (now - looked_ > longest_between_looks) begun_ += now - looked_;
  looked_ = now;
  if (!before_) before_ = state();
  if (now - begun_ < deadline_) return Seen::in_time;
  return is_held_up() ? Seen::held_up : Seen::late;
}

}  // namespace normdiff
