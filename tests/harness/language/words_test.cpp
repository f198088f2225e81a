#include "harness/language/words.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <string>

#include "checkout.hpp"
#include "reference/layers/layer.hpp"

namespace normdiff {
namespace {

// The table is searched by halves, so that one word out of order hides others.
TEST(Words, EveryKeywordOfPythonIsOne) {
  for (const char* word :
       {"False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield"})
    EXPECT_TRUE(is_python_keyword(word)) << word;
  EXPECT_FALSE(is_python_keyword("net"));
}

TEST(Words, NoStatementIsCalledByAWordOfTheLanguage) {
  for (const char* word : {"BatchNorm1d", "Sequential", "EVAL", "backward", "copy", "fill",
                           "float64", "no_grad", "normal", "tensor", "torch", "zeros"})
    EXPECT_TRUE(name_problem(word)) << word;
  for (const std::string_view kind : reference::names_of<reference::ModuleKind>)
    EXPECT_TRUE(name_problem(kind)) << kind;
  for (const char* word : {"", "7up", "a b", "class", "n\xc3\xa9t"})
    EXPECT_TRUE(name_problem(word)) << word;
  EXPECT_TRUE(name_problem(std::string(max_name_length + 1, 'a')));
  for (const char* word : {"net", "x2", "_", "eval_output"})
    EXPECT_FALSE(name_problem(word)) << word;
}

TEST(Words, TheFuzzersDictionaryHasEveryModuleAndItsKeywords) {
  std::ifstream file(NORMDIFF_SOURCE_DIR "/fuzz/scenario.dict");
  std::set<std::string> tokens;
  for (std::string line; std::getline(file, line);) tokens.insert(line.substr(0, line.find('(')));
  for (const reference::ModuleKind kind : reference::all_of<reference::ModuleKind>)
    std::visit(
        [&tokens](const auto& layer) {
          EXPECT_TRUE(tokens.count('"' + std::string(layer.name))) << layer.name;
          const auto expect_keyword = [&](const auto& argument) {
            const bool keyword = argument.given != reference::Given::by_position;
            const std::string token = '"' + std::string(argument.name) + "=\"";
            EXPECT_TRUE(!keyword || tokens.count(token)) << layer.name << ": " << argument.name;
          };
          std::apply([&](const auto&... argument) { (expect_keyword(argument), ...); },
                     layer.arguments);
        },
        make_layer(kind));
}

TEST(Words, NoChildHidesAMethodOfItsModule) {
  for (const char* word : {"eval", "train", "state_dict", "to", "zero_grad", "training", "append"})
    EXPECT_TRUE(child_name_problem(word)) << word;
  for (const char* word : {"kernel_size", "eps", "running_var", "parameters"})
    EXPECT_TRUE(child_name_problem(word)) << word;
  for (const char* word : {"bn", "conv", "fc", "input"})
    EXPECT_FALSE(child_name_problem(word)) << word;
}

}  // namespace
}  // namespace normdiff
