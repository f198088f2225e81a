#pragma once

#include <cstdint>
#include <string>

#include "reference/enums.hpp"

namespace normdiff::reference {

/// Why a call is refused. Kinds, not texts, are compared between implementations.
enum class ErrorKind : std::uint8_t {
  wrong_rank,                ///< the input has a number of dimensions the module does not take
  channel_mismatch,          ///< dimension 1 is not what the module was made for
  single_value_per_channel,  ///< training with one value for each channel
  shape_mismatch,            ///< sizes that do not fit together (linear, kernel larger than input)
  dtype_mismatch,            ///< input and parameters of different dtypes
  bad_eps,                   ///< eps <= 0 in training, < 0 in eval
  graph_freed,               ///< a second backward without retain_graph
  no_graph,                  ///< backward of something that does not require a gradient
  state_keys,                ///< a state dict with missing or unexpected keys
  state_shape,               ///< a state dict with a tensor of another shape
  empty_sequential,          ///< forward of a Sequential without children
  empty_layer,               ///< a layer that would hold a weight without elements
  modified_in_place,         ///< backward through a tensor that was changed in place since
  missing_statistics,        ///< one of the running statistics is not there
  trace_differs,             ///< the check of a trace found another graph
  bad_opset,                 ///< an opset the exporter does not know
  invalid_graph,             ///< an exported graph that breaks the rules of its format
  data_dependent,            ///< a graph would need a number that is known only when it runs
  unclassified,              ///< none of the above; never equal to anything
};

template <>
inline constexpr Names<ErrorKind> names_of<ErrorKind> = {
    "wrong_rank",        "channel_mismatch",   "single_value_per_channel",
    "shape_mismatch",    "dtype_mismatch",     "bad_eps",
    "graph_freed",       "no_graph",           "state_keys",
    "state_shape",       "empty_sequential",   "empty_layer",
    "modified_in_place", "missing_statistics", "trace_differs",
    "bad_opset",         "invalid_graph",      "data_dependent",
    "unclassified"};

/// A call the documentation says is refused.
struct Refusal {
  ErrorKind kind;
  std::string why;
};

}  // namespace normdiff::reference
