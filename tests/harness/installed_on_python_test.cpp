#include "tests/harness/installed.hpp"

// An installed tree with the real PyTorch.
namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(Installed, ItBringsItsWorkerToAnInterpreterThatIsNamed) {
  const Ran ran = normdiff(
      "check '" + (prefix_ / "share/normdiff/corpus/seeds/forum-thread.scenario").string() +
      "' --subject python:" NORMDIFF_VENV_PYTHON);
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output,
              AllOf(HasSubstr("onnx-export-restores-root-flag"), HasSubstr("conforms")));
}

}  // namespace
}  // namespace normdiff::test
