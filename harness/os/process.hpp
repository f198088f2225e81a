#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace normdiff {

/// How a child process ended.
struct ExitStatus {
  int code = 0;                            ///< exit code, where it exited
  int signal = 0;                          ///< the signal that ended it, else 0
  [[nodiscard]] std::string text() const;  ///< "exit 3", "signal 11 (Segmentation fault)"
  /// No fault of a program raises its signal: somebody killed it, or the system did, for want of
  /// memory or at a limit such as that on processor time.
  [[nodiscard]] bool is_from_outside() const;
};

/// A child process spoken to in lines: its standard input and output are pipes, its standard error
/// is kept (the last 4 KiB). Killed with its process group when destroyed, and by Linux when the
/// thread that started it ends, however it does. Built on libuv.
class Process {
 public:
  struct Ended {
    ExitStatus status;
  };  ///< the output is at its end
  struct TimedOut {};
  struct TooLong {};  ///< a line beyond `max_line`: garbage
  using Read = std::variant<std::string, Ended, TimedOut, TooLong>;
  static constexpr std::size_t max_line = std::size_t{1} << 30;

  /// Starts `arguments[0]` (a path, or looked up on PATH). A program that can't be started: a
  /// sentence.
  [[nodiscard]] static std::variant<std::unique_ptr<Process>, std::string> start(
      const std::vector<std::string>& arguments,
      const std::vector<std::pair<std::string, std::string>>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Writes text (add your own newline). False: the process no longer reads.
  bool write(std::string_view text, std::chrono::milliseconds patience);
  /// The next line of its output, without the newline.
  [[nodiscard]] Read read_line(std::chrono::milliseconds patience);
  /// Closes its input and waits; kills it when `patience` runs out.
  ExitStatus finish(std::chrono::milliseconds patience);
  /// The same, and tells it to end (SIGTERM) whatever it is doing.
  ExitStatus end(std::chrono::milliseconds patience);
  void kill();
  [[nodiscard]] const std::string& error_output() const;
  [[nodiscard]] int pid() const;
  /// Bytes it holds in memory now; 0 where the system does not tell.
  [[nodiscard]] std::uint64_t resident() const;

 private:
  struct Implementation;
  explicit Process(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace normdiff
