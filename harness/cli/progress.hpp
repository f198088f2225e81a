#pragma once

#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "harness/campaign/coordinator.hpp"
#include "harness/cli/terminal.hpp"

namespace normdiff {

/// One line that is rewritten on a terminal; a plain one now and then in a pipe.
class ProgressLine {
 public:
  explicit ProgressLine(std::FILE* file) : file_(file), terminal_(Terminal::of(file)) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Shows what is under way; on a terminal only.
  void show(const std::string& text);
  /// Scenarios so far and a second; in a pipe every ten seconds.
  void update(const Progress& progress, std::optional<std::chrono::milliseconds> of);
  /// A line that stays.
  void say(const std::string& text);
  void clear();

 private:
  std::FILE* file_;
  Terminal terminal_;
  bool drawn_ = false;
  std::chrono::milliseconds next_plain_{10'000};
};

}  // namespace normdiff
