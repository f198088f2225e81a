#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

TEST(Main, WithoutStandardFilesItWorksOrSaysWhatItMisses) {
  const std::string check = program + " check --subject textbook " + seeds + "float64.scenario";
  EXPECT_EQ(run_in_shell(check + " <&-").code, 0);
  expect_one_sentence(run_in_shell(check + " >&-"), "can't be written (Bad file descriptor)");
  EXPECT_EQ(run_in_shell(check + " <&- >&- 2>&-").code, 2);
}

}  // namespace
}  // namespace normdiff::test
