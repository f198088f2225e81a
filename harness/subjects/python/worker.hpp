#pragma once

#include <atomic>
#include <nlohmann/json_fwd.hpp>

#include "harness/os/farewell.hpp"
#include "harness/os/process.hpp"
#include "harness/subjects/python/python.hpp"

namespace normdiff {

/// A worker process and the folder for its files. Started again when it died.
class PythonWorker {
 public:
  PythonWorker(std::filesystem::path interpreter, PythonOptions options);
  ~PythonWorker();
  PythonWorker(const PythonWorker&) = delete;
  PythonWorker& operator=(const PythonWorker&) = delete;

  /// Starts it where it isn't running. A sentence where that fails.
  [[nodiscard]] std::optional<std::string> start();
  /// The worker's account of itself when it was started.
  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  /// Asks for the steps of a scenario and appends them to `trace`.
  void run(const Scenario& scenario, Trace& trace);

 private:
  struct Lost {
    Outcome outcome;
    std::string why;
  };

  [[nodiscard]] std::optional<std::string> start_process();
  [[nodiscard]] std::optional<std::string> write_worker() const;
  [[nodiscard]] std::optional<Lost> run_steps(const Scenario& scenario, Trace& trace);
  [[nodiscard]] std::variant<nlohmann::json, Lost> next(std::chrono::milliseconds patience);
  [[nodiscard]] std::string last_words() const;
  void stop();

  std::filesystem::path interpreter_;
  PythonOptions options_;
  std::filesystem::path folder_;
  std::unique_ptr<Process> process_;
  int scenarios_ = 0;
  Manifest manifest_;
  std::atomic<int> running_{0};  ///< the process group of the worker; 0: there is none
  Farewell farewell_;
};

}  // namespace normdiff
