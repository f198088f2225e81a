#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(DeviationsCommand, ListsEachWithItsVersionsAndWhatItWasMeasuredOn) {
  const Ran ran = normdiff("deviations list");
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.output,
              AllOf(HasSubstr("onnx-export-restores-root-flag  "), HasSubstr("python@2.13.0"),
                    HasSubstr("torch.onnx.export gives every submodule the root's training flag")));
}

TEST(DeviationsCommand, BadUsageIsASentence) {
  expect_one_sentence("deviations", "subcommand is required");
  expect_one_sentence("deviations list --deviations /none", "/none");
  expect_one_sentence("deviations update --deviations /none", "/none");
  expect_one_sentence("deviations update --corpus /none", "the corpus /none can't be read");
  expect_one_sentence("deviations update --subject none", "there is no subject 'none'");
  expect_one_sentence("deviations update --subject python:/none",
                      "python:/none can't be used: there is no such file");
}

}  // namespace
}  // namespace normdiff::test
