#include <fmt/format.h>

#include "harness/language/manual.hpp"
#include "harness/language/vocabulary.hpp"

namespace normdiff {

std::string fuzzing_dictionary() {
  const Vocabulary& words = vocabulary();
  // Whatever is no word.
  Vocabulary::Words tokens = {"# normdiff-scenario 1\\x0a",
                              "# seed ",
                              "True",
                              "False",
                              "None",
                              "nan",
                              "inf",
                              "-inf",
                              "-0.0",
                              "net",
                              "net.bn",
                              "net[0]",
                              "x",
                              "y",
                              " = ",
                              ", ",
                              "\\x0a",
                              ".state_dict())"};
  const auto add = [&](const Vocabulary::Words& list, std::string_view format) {
    for (const std::string& word : list) tokens.insert(fmt::format(fmt::runtime(format), word));
  };
  add(words.functions, "{}(");
  add(words.methods, ".{}(");
  add(words.attributes, ".{} = ");
  add(words.keywords, "{}=");
  add(words.options, "{}=");
  add(words.values, "{}");
  add(words.slots, ".{}");
  std::string out =
      "# Tokens of the scenario language. `normdiff language --dictionary` prints them.\n";
  for (const std::string& token : tokens) out += fmt::format("\"{}\"\n", token);
  return out;
}

}  // namespace normdiff
