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
  /// worker.py or a program that speaks as it does; empty: the one beside this file.
  std::filesystem::path worker;
};

/// `torch` as Python's front end, torch.jit and torch.onnx.export have it, in a worker process that
/// is kept across scenarios and started again when it died. The worker is started at once: what
/// can't be, a sentence. A step under way when the worker died, hung or wrote what is no trace has
/// the outcome crashed or timed_out, and the trace ends there.
[[nodiscard]] std::variant<Subject, std::string> make_python_subject(
    const std::filesystem::path& interpreter, const PythonOptions& options = {});

/// The interpreters that have torch: those of NORMDIFF_PYTHON (a list like PATH), the project's
/// .venv, /usr/bin/python3; in this order, each once. torch is looked for, not imported.
[[nodiscard]] std::vector<std::filesystem::path> find_interpreters();

}  // namespace normdiff
