#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "harness/os/process.hpp"

namespace normdiff {

/// The share of the machine that one process had since it was started, in nanoseconds.
struct ProcessorTime {
  std::uint64_t running = 0;
  std::uint64_t waiting = 0;  ///< for a processor, while it could have run
};

/// Waits for a process to answer, and tells one that takes too long from one that is kept from
/// running: stopped, or without a processor. Its descendants count with it.
class Watch {
 public:
  enum class Seen {
    in_time,
    late,     ///< the deadline is over, and it had its chance
    held_up,  ///< the deadline is over, and it was stopped, or had the processor for less than half
              ///< of the time in which it wanted it
  };

  /// Behind "no answer for 5 s".
  static constexpr const char* held_up_text =
      " of which it was stopped, or had no processor, for the most part";

  Watch(const Process& process, std::chrono::milliseconds deadline);
  /// It showed life: all of the deadline is before it again.
  void begin_again();
  /// Looks at the clock; often, as a clock that jumps far between two looks held up whoever looks.
  [[nodiscard]] Seen look();

 private:
  using Clock = std::chrono::steady_clock;
  struct State {
    std::map<int, ProcessorTime> times;  ///< by process
    bool stopped = false;
    bool wants_to_run = false;
  };
  [[nodiscard]] State state() const;
  [[nodiscard]] bool is_held_up() const;

  const Process& process_;
  std::chrono::milliseconds deadline_;
  Clock::time_point begun_;
  Clock::time_point looked_;
  std::optional<State> before_;  ///< at the first look: an answer that comes at once costs nothing
};

}  // namespace normdiff
