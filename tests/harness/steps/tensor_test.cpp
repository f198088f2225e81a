#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(TensorStep, MustHoldExactlyTheData) {
  ToldSubject subject("x = tensor(2, 2, 2, 2, normal(0, 1), dtype=float64, requires_grad=True)\n");
  EXPECT_THAT(found(subject), IsEmpty());
  subject.lie(0, subject.key("x", "", Slot::value));
  EXPECT_EQ(found(subject).size(), 1u);
}

}  // namespace
}  // namespace normdiff::testing
