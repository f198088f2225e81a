#pragma once

#include <exception>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "harness/trace/trace.hpp"

namespace normdiff {

class Scope;

/// One step of a trace as a JSON object, for `normdiff trace` and for subjects in other processes:
///   {"step":3,"outcome":"ok","observed":[[name, place, "slot", value, "net.bn.running_var"], ...]}
///   {"step":4,"outcome":"error","error":{"class":"ValueError","text":"..."},"observed":[...]}
///   {"step":5,"outcome":"unsupported","reason":"...","observed":[]}
/// value: null | true | 3 (an int) | {"double": 0.1 | "nan" | "inf" | "-inf"} | "text" |
///   {"dtype":"float32","shape":[2],"strides":[1],"requires_grad":true,"is_leaf":true,
///    "storage":4711,"bits":"<base64, little endian, row-major>"}
/// The fifth element is for readers and may be missing.
[[nodiscard]] nlohmann::json to_json(const Trace& trace, std::size_t step, const Scenario& scenario,
                                     const Scope& scope);

/// Appends the step to `trace`. An object that isn't one (foreign process, hostile file): a
/// sentence saying what is wrong with it, and `trace` as it was. `names` bounds what keys may name.
[[nodiscard]] std::optional<std::string> append_json(const nlohmann::json& step, std::size_t names,
                                                     Trace& trace);

/// JSON from another process or from a file, in which every text, keys included, is `printable`.
/// Throws nlohmann::json::exception on what is none, or is nested deeply.
[[nodiscard]] nlohmann::json parse_json(std::string_view text);
/// The fault of a text, by the exception that reading it threw: a member, or the column.
[[nodiscard]] std::string json_problem(std::string_view text, const std::exception& exception);

/// More brackets inside each other than anything that normdiff writes. To be asked of a file before
/// it is parsed: a line of brackets takes forty times its size in memory.
[[nodiscard]] bool is_nested_deeply(std::string_view json);

/// "net.bn.running_var", "y", "y[leaf 2]": a key for readers.
[[nodiscard]] std::string print(const Scenario& scenario, const Scope& scope, Key key);

}  // namespace normdiff
