#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <variant>

#include "harness/os/read_file.hpp"
#include "harness/subject/subject.hpp"
#include "harness/trace/trace.hpp"

namespace normdiff {

/// The first line of a trace file: what ran, and on what.
///   {"normdiff-trace":1,"subject":{...},"scenario":"# normdiff-scenario 1\n..."}
/// Then a line for each step (trace/json.hpp); fewer than the scenario has only where the last one
/// crashed, timed out or ran out of memory.
struct TraceFile {
  Manifest subject;
  Scenario scenario;
};

[[nodiscard]] nlohmann::json trace_header(const Manifest& subject, const Scenario& scenario);

/// Reads a recorded trace; `trace` is overwritten.
[[nodiscard]] std::variant<TraceFile, InputError> read_trace(const std::filesystem::path& path,
                                                             Trace& trace);

}  // namespace normdiff
