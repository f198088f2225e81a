#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(LoadStateDictStep, CopiesWhatTheOtherModuleHolds) {
  expect_to_be_done(
      "a = BatchNorm2d(2)\nb = BatchNorm2d(2)\nfill(b.weight, constant(3))\n"
      "a.load_state_dict(b.state_dict())\n");
}

TEST(LoadStateDictStep, AStateDictThatDoesNotFitIsRefusedByBoth) {
  ToldSubject subject(
      "a = BatchNorm2d(2)\nb = BatchNorm2d(3)\nc = BatchNorm2d(2, affine=False)\n"
      "a.load_state_dict(b.state_dict())\na.load_state_dict(c.state_dict())\n"
      "a.load_state_dict(a.state_dict())\n");
  const Checked checked = check(subject);
  EXPECT_THAT(checked.discrepancies(), IsEmpty());
  EXPECT_EQ(checked.count(ObservationClass::error, Verdict::both_rejected), 2u);
}

}  // namespace
}  // namespace normdiff::testing
