#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(SubjectsCommand, ListsWhatIsThereAndWhatEachDoes) {
  const Ran ran = normdiff("subjects");
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.output,
              AllOf(HasSubstr("textbook:counter-missed"), HasSubstr("torch.onnx.export"),
                    HasSubstr("Pure C++ LibTorch can't")));
}

}  // namespace
}  // namespace normdiff::test
