#include "harness/cli/cli.hpp"

#include "tests/harness/cli/program.hpp"

// What all commands have in common; each has a test of its own beside this.
namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Cli, NoCommandOrAnUnknownOneIsASentence) {
  expect_one_sentence("", "subcommand is required");
  expect_one_sentence("fly", "there is no command fly; there are run, check");
}

TEST(Cli, EverySubcommandHasExamples) {
  for (const char* name : {"", "run", "check", "trace", "report", "subjects", "deviations",
                           "deviations list", "deviations update", "fmt", "bench", "language"}) {
    const Ran ran = normdiff(std::string(name) + " --help");
    EXPECT_EQ(ran.code, 0) << name;
    EXPECT_THAT(ran.output, AllOf(HasSubstr("Examples:"), HasSubstr("normdiff"))) << name;
  }
  EXPECT_THAT(normdiff("--help").output, Not(HasSubstr("host  "))) << "not for people";
}

TEST(Cli, SaysItsVersion) {
  const Ran ran = normdiff("--version");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.output, "normdiff " NORMDIFF_VERSION "\n");
}

}  // namespace
}  // namespace normdiff::test
