#include "harness/language/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/language/vocabulary.hpp"

namespace normdiff {
namespace {

// Sorted, for binary search.
constexpr std::array<std::string_view, 38> python_keywords = {
    "False",  "None",    "True",  "and",      "as",     "assert", "async",  "await",
    "break",  "case",    "class", "continue", "def",    "del",    "elif",   "else",
    "except", "finally", "for",   "from",     "global", "if",     "import", "in",
    "is",     "lambda",  "match", "nonlocal", "not",    "or",     "pass",   "print",
    "raise",  "return",  "try",   "while",    "with",   "yield"};

/// Words of later formats of the language: a scenario of today must stay one.
constexpr std::array<std::string_view, 28> later_words = {"F",
                                                          "ModuleDict",
                                                          "ModuleList",
                                                          "append",
                                                          "bfloat16",
                                                          "bool",
                                                          "clone",
                                                          "expanded",
                                                          "float",
                                                          "float16",
                                                          "fuse_conv_bn_eval",
                                                          "fuse_linear_bn_eval",
                                                          "grad",
                                                          "inf",
                                                          "inference_mode",
                                                          "inspect",
                                                          "int",
                                                          "int32",
                                                          "int8",
                                                          "list",
                                                          "nan",
                                                          "nn",
                                                          "per_channel",
                                                          "set_default_dtype",
                                                          "set_flush_denormal",
                                                          "set_num_threads",
                                                          "uint8",
                                                          "zeros"};

/// Members that torch.nn.Module and the modules of the language have, in Python or C++, beside
/// those that the language has words for.
constexpr std::array<std::string_view, 70> module_members = {"T_destination",
                                                             "add_module",
                                                             "append",
                                                             "apply",
                                                             "as_module",
                                                             "at",
                                                             "back",
                                                             "begin",
                                                             "bfloat16",
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
                                                             "half",
                                                             "inplace",
                                                             "insert",
                                                             "ipu",
                                                             "is_training",
                                                             "items",
                                                             "keys",
                                                             "load",
                                                             "modules",
                                                             "mtia",
                                                             "name",
                                                             "named_buffers",
                                                             "named_children",
                                                             "named_modules",
                                                             "named_parameters",
                                                             "options",
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
                                                             "save",
                                                             "set_extra_state",
                                                             "set_submodule",
                                                             "share_memory",
                                                             "size",
                                                             "start_dim",
                                                             "state_dict",
                                                             "type"};

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

/// A statement of the language can begin with the word, or a value be written with it.
bool is_word_of_the_language(std::string_view word) {
  const Vocabulary& words = vocabulary();
  if (words.values.contains(word) || is_later_word(word)) return true;
  return std::any_of(
      words.functions.begin(), words.functions.end(),
      [&](std::string_view function) { return function.substr(0, function.find('.')) == word; });
}

bool is_member_of_a_module(std::string_view word) {
  const Vocabulary& words = vocabulary();
  return words.methods.contains(word) || words.attributes.contains(word) ||
         words.slots.contains(word) || words.options.contains(word) ||
         contains(module_members, word);
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

bool is_later_word(std::string_view word) {
  return contains(later_words, word);
}

std::optional<std::string> name_problem(std::string_view word) {
  if (auto problem = identifier_problem(word)) return problem;
  if (is_word_of_the_language(word))
    return fmt::format("'{}' is a word of the language; choose another name", word);
  return std::nullopt;
}

std::optional<std::string> child_name_problem(std::string_view word) {
  if (auto problem = identifier_problem(word)) return problem;
  if (is_member_of_a_module(word))
    return fmt::format("'{}' is an attribute or method of a module; choose another name", word);
  if (word[0] == '_')
    return fmt::format("'{}' starts with _, as a module's own attributes do; choose another name",
                       word);
  return std::nullopt;
}

}  // namespace normdiff
