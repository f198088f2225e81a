#include "harness/language/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace normdiff {
namespace {

// Sorted, for binary search.
constexpr std::array<std::string_view, 38> python_keywords = {
    "False",  "None",    "True",  "and",      "as",     "assert", "async",  "await",
    "break",  "case",    "class", "continue", "def",    "del",    "elif",   "else",
    "except", "finally", "for",   "from",     "global", "if",     "import", "in",
    "is",     "lambda",  "match", "nonlocal", "not",    "or",     "pass",   "print",
    "raise",  "return",  "try",   "while",    "with",   "yield"};

/// Words of the language, those of later formats too: a scenario of today must stay one.
constexpr std::array<std::string_view, 69> language_words = {"BatchNorm1d",
                                                             "BatchNorm2d",
                                                             "BatchNorm3d",
                                                             "Conv1d",
                                                             "Conv2d",
                                                             "Conv3d",
                                                             "Dropout",
                                                             "EVAL",
                                                             "F",
                                                             "Flatten",
                                                             "Identity",
                                                             "InstanceNorm1d",
                                                             "InstanceNorm2d",
                                                             "InstanceNorm3d",
                                                             "Linear",
                                                             "ModuleDict",
                                                             "ModuleList",
                                                             "PRESERVE",
                                                             "ReLU",
                                                             "Sequential",
                                                             "TRAINING",
                                                             "alternating",
                                                             "append",
                                                             "arange",
                                                             "backward",
                                                             "bfloat16",
                                                             "bool",
                                                             "channels_last",
                                                             "clone",
                                                             "constant",
                                                             "contiguous",
                                                             "copy",
                                                             "expanded",
                                                             "fill",
                                                             "float",
                                                             "float16",
                                                             "float32",
                                                             "float64",
                                                             "fuse_conv_bn_eval",
                                                             "fuse_linear_bn_eval",
                                                             "grad",
                                                             "inf",
                                                             "inference_mode",
                                                             "inspect",
                                                             "int",
                                                             "int32",
                                                             "int64",
                                                             "int8",
                                                             "list",
                                                             "log_uniform",
                                                             "nan",
                                                             "nn",
                                                             "no_grad",
                                                             "normal",
                                                             "offset",
                                                             "per_channel",
                                                             "ramp",
                                                             "replace",
                                                             "set_default_dtype",
                                                             "set_flush_denormal",
                                                             "set_num_threads",
                                                             "special",
                                                             "spike",
                                                             "strided",
                                                             "tensor",
                                                             "torch",
                                                             "uint8",
                                                             "uniform",
                                                             "zeros"};

/// What torch.nn.Module and the modules of the language already have by that name, in Python or
/// C++.
constexpr std::array<std::string_view, 95> module_members = {"T_destination",
                                                             "add_module",
                                                             "affine",
                                                             "append",
                                                             "apply",
                                                             "as_module",
                                                             "at",
                                                             "back",
                                                             "begin",
                                                             "bfloat16",
                                                             "bias",
                                                             "buffers",
                                                             "call_super_init",
                                                             "children",
                                                             "clear",
                                                             "clone",
                                                             "compile",
                                                             "copy",
                                                             "cpu",
                                                             "cuda",
                                                             "dilation",
                                                             "double",
                                                             "dtype",
                                                             "dump_patches",
                                                             "empty",
                                                             "end",
                                                             "end_dim",
                                                             "eps",
                                                             "eval",
                                                             "extend",
                                                             "extra_repr",
                                                             "float",
                                                             "forward",
                                                             "forward_magic_method",
                                                             "front",
                                                             "get_buffer",
                                                             "get_extra_state",
                                                             "get_parameter",
                                                             "get_submodule",
                                                             "graph",
                                                             "groups",
                                                             "half",
                                                             "in_channels",
                                                             "in_features",
                                                             "inplace",
                                                             "insert",
                                                             "ipu",
                                                             "is_training",
                                                             "items",
                                                             "kernel_size",
                                                             "keys",
                                                             "load",
                                                             "load_state_dict",
                                                             "modules",
                                                             "momentum",
                                                             "mtia",
                                                             "name",
                                                             "named_buffers",
                                                             "named_children",
                                                             "named_modules",
                                                             "named_parameters",
                                                             "num_batches_tracked",
                                                             "num_features",
                                                             "options",
                                                             "out_channels",
                                                             "out_features",
                                                             "padding",
                                                             "padding_mode",
                                                             "parameters",
                                                             "pop",
                                                             "ptr",
                                                             "register_buffer",
                                                             "register_module",
                                                             "register_parameter",
                                                             "requires_grad",
                                                             "requires_grad_",
                                                             "reset_parameters",
                                                             "reset_running_stats",
                                                             "running_mean",
                                                             "running_var",
                                                             "save",
                                                             "set_extra_state",
                                                             "set_submodule",
                                                             "share_memory",
                                                             "size",
                                                             "start_dim",
                                                             "state_dict",
                                                             "stride",
                                                             "to",
                                                             "track_running_stats",
                                                             "train",
                                                             "training",
                                                             "type",
                                                             "weight",
                                                             "zero_grad"};

template <std::size_t n>
bool contains(const std::array<std::string_view, n>& sorted, std::string_view word) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::optional<std::string> identifier_problem(std::string_view word) {
  if (word.size() > max_name_length)
    return fmt::format("a name has at most {} characters, and this one has {}; shorten it",
                       max_name_length, word.size());
  if (!is_identifier(word))
    return fmt::format("'{}' is not a name: letters, digits and _ are, and no digit first", word);
  if (is_python_keyword(word))
    return fmt::format("'{}' is a keyword of Python; choose another name", word);
  return std::nullopt;
}

}  // namespace

bool is_identifier(std::string_view word) {
  if (word.empty() || !is_letter(word[0])) return false;
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

bool is_python_keyword(std::string_view word) {
  return contains(python_keywords, word);
}

std::optional<std::string> name_problem(std::string_view word) {
  if (auto problem = identifier_problem(word)) return problem;
  if (contains(language_words, word))
    return fmt::format("'{}' is a word of the language; choose another name", word);
  return std::nullopt;
}

std::optional<std::string> child_name_problem(std::string_view word) {
  if (auto problem = identifier_problem(word)) return problem;
  if (contains(module_members, word))
    return fmt::format("'{}' is an attribute or method of a module; choose another name", word);
  if (word[0] == '_')
    return fmt::format("'{}' starts with _, as a module's own attributes do; choose another name",
                       word);
  return std::nullopt;
}

}  // namespace normdiff
