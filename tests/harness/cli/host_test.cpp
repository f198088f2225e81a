#include <nlohmann/json.hpp>

#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

TEST(HostCommand, OnlyItsOwnSubjectsAreHosted) {
  expect_one_sentence("host --subject none", "there is no subject none to host");
  expect_one_sentence("host", "--subject");
}

TEST(HostCommand, AnswersUntilItsInputEnds) {
  const Ran ran = run_in_shell("echo '{\"do\":\"manifest\"}' | " + program +
                               " host --subject textbook:counter-missed");
  EXPECT_EQ(ran.code, 0);
  const auto manifest = nlohmann::json::parse(ran.output).at("manifest");
  EXPECT_EQ(manifest.at("family"), "textbook");
  EXPECT_THAT(manifest.at("subject").get<std::string>(), HasSubstr("counter-missed"));
}

}  // namespace
}  // namespace normdiff::test
