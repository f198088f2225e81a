#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/findings/finding.hpp"
#include "harness/generate/seed_range.hpp"
#include "harness/os/breadcrumb.hpp"
#include "harness/os/process.hpp"

namespace normdiff {

/// How to start a host and how long to wait for it.
struct HostOptions {
  std::vector<std::string> command;
  std::chrono::milliseconds deadline{60'000};        ///< for one scenario
  std::chrono::milliseconds start_deadline{60'000};  ///< to say what it is
  /// Bytes that it may hold in memory, looked at twenty times a second: far above what LibTorch and
  /// the largest scenario need.
  std::uint64_t memory = std::uint64_t{6} << 30;
  std::string deviations;  ///< a folder; empty: the built-in catalogue
  bool always_equal = false;
};

/// Why a host gave no answer. It is not running any more.
struct HostFailure {
  enum class Kind {
    crashed,
    timed_out,
    outgrew,
    garbage,
    not_started,  ///< it can't be started, or does not say what it is
    disturbed,    ///< it was killed from outside, or kept from running, at every try
    interrupted,
  };
  Kind kind = Kind::crashed;
  std::string text;                     ///< "signal 11 (Segmentation fault)"
  std::optional<std::uint64_t> number;  ///< the scenario under way

  /// The subject did it: not the machine, and not who interrupted it.
  [[nodiscard]] bool is_the_subjects() const {
    return kind != Kind::not_started && kind != Kind::disturbed && kind != Kind::interrupted;
  }
};

/// This side of host_main: starts the program when it is needed, again after it died, and turns
/// every way to fail into a value. A host that dies while it starts, or that something outside the
/// subject disturbs, is tried `most_tries` times, each time in a fresh process.
class HostLink {
 public:
  static constexpr int most_tries = 3;
  explicit HostLink(HostOptions options, const std::atomic<int>* interrupted = nullptr)
      : options_(std::move(options)), interrupted_(interrupted) {}
  ~HostLink() { restart(); }
  HostLink(const HostLink&) = delete;
  HostLink& operator=(const HostLink&) = delete;

  [[nodiscard]] std::variant<Manifest, HostFailure> manifest();
  /// Runs a range, for `seconds` at most where not 0.
  [[nodiscard]] std::variant<RangeResult, HostFailure> run(const SeedRange& range, double seconds);
  /// Runs one scenario; `trace` is overwritten.
  [[nodiscard]] std::optional<HostFailure> trace(const std::string& text, std::size_t names,
                                                 Trace& trace);
  /// The next request gets a fresh process. This one ends what it started, too.
  void restart();

 private:
  /// The host runs, and said what it is.
  [[nodiscard]] std::optional<HostFailure> start();
  [[nodiscard]] std::optional<HostFailure> start_process();
  /// Sends a request to a host that runs.
  void ask(const std::string& request);
  /// The next answer, as long as the number moves.
  [[nodiscard]] std::variant<std::string, HostFailure> answer(std::chrono::milliseconds deadline);
  [[nodiscard]] std::variant<RangeResult, HostFailure> run_once(const SeedRange& range,
                                                                double seconds);
  [[nodiscard]] std::optional<HostFailure> trace_once(const std::string& text, std::size_t names,
                                                      Trace& trace);
  [[nodiscard]] HostFailure fail(HostFailure::Kind kind, const std::string& text);
  [[nodiscard]] bool is_interrupted() const { return interrupted_ && *interrupted_; }

  HostOptions options_;
  const std::atomic<int>* interrupted_;
  std::unique_ptr<Process> process_;
  std::optional<Breadcrumb> number_;
  Manifest manifest_;       ///< of the host that runs
  std::string last_words_;  ///< the last line a host that ended wrote to its standard error
};

}  // namespace normdiff
