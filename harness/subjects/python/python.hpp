#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <variant>
#include <vector>

#include "harness/subject/subject.hpp"

namespace normdiff {

struct PythonOptions {
  std::chrono::milliseconds start_deadline{120'000};  ///< importing torch from a cold disk
  std::chrono::milliseconds step_deadline{30'000};
  /// Bytes of address space, of which torch takes a good part for its libraries; 0: no limit.
  std::size_t memory = std::size_t{16} << 30;
  /// After so many scenarios the worker is started anew: torch.jit keeps what it compiled for ever.
  int scenarios_per_worker = 2000;
  /// worker.py or a program that speaks as it does; empty: the one that is built in, which is
  /// written into a private temporary folder first.
  std::filesystem::path worker;
};

/// `torch` as Python's front end, torch.jit and torch.onnx.export have it, in a worker process that
/// is kept across scenarios and started again when it died. The worker is started at once: what
/// can't be, a sentence. A step under way when the worker died, hung or wrote what is no trace has
/// the outcome crashed or timed_out, and the trace ends there; where it was killed from outside,
/// kept from running, or did not start again, disturbed.
[[nodiscard]] std::variant<Subject, std::string> make_python_subject(
    const std::filesystem::path& interpreter, const PythonOptions& options = {});

/// A Python that may be tested.
struct Interpreter {
  std::filesystem::path path;
  std::string version;  ///< of its torch, normalised, "2.13.0"; empty: there is a problem
  std::string problem;  ///< why it can't be tested, as a sentence; empty: it has torch
};

/// Asks an interpreter which torch it has. torch is looked for, not imported.
[[nodiscard]] Interpreter look_at(const std::filesystem::path& named);

/// The interpreters to test, each once. Where the environment has NORMDIFF_PYTHON (a list like
/// PATH) those that it names, usable or not; else that of the virtual environment `venv` and
/// /usr/bin/python3, as far as they are there and have torch.
[[nodiscard]] std::vector<Interpreter> find_interpreters(const std::filesystem::path& venv);

}  // namespace normdiff
