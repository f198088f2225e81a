#include "reference/error.hpp"

#include <array>

namespace normdiff::reference {
namespace {
constexpr std::array<std::string_view, 17> names = {
    "wrong_rank",        "channel_mismatch",   "single_value_per_channel",
    "shape_mismatch",    "dtype_mismatch",     "bad_eps",
    "graph_freed",       "no_graph",           "state_keys",
    "state_shape",       "empty_sequential",   "empty_layer",
    "modified_in_place", "missing_statistics", "trace_differs",
    "bad_opset",         "unclassified"};
}

std::string_view to_string(ErrorKind kind) {
  return names[static_cast<std::size_t>(kind)];
}

std::optional<ErrorKind> error_kind_from(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<ErrorKind>(i);
  return std::nullopt;
}

}  // namespace normdiff::reference
