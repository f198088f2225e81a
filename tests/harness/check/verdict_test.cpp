#include "harness/check/verdict.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace normdiff {
namespace {

TEST(Verdict, EveryOneHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Verdict verdict : all_of<Verdict>)
    EXPECT_TRUE(names.insert(to_string(verdict)).second);
  EXPECT_EQ(to_string(Verdict::harness_error), "harness_error");
}

TEST(Verdict, NewDiscrepanciesAreWhatNoDeviationPredicts) {
  const std::set<Verdict> expected = {Verdict::diverged,
                                      Verdict::rejected_differently,
                                      Verdict::rejected_by_subject,
                                      Verdict::accepted_by_subject,
                                      Verdict::crashed,
                                      Verdict::timed_out};
  for (const Verdict verdict : all_of<Verdict>)
    EXPECT_EQ(is_new_discrepancy(verdict), expected.count(verdict) == 1) << to_string(verdict);
}

TEST(Verdict, NotComparedIsWhatWasHeldAgainstNothing) {
  const std::set<Verdict> expected = {Verdict::unsupported,   Verdict::underived,
                                      Verdict::crashed,       Verdict::timed_out,
                                      Verdict::out_of_memory, Verdict::harness_error};
  for (const Verdict verdict : all_of<Verdict>)
    EXPECT_EQ(is_compared(verdict), expected.count(verdict) == 0) << to_string(verdict);
}

TEST(Verdict, HasAGroup) {
  using enum VerdictGroup;
  const std::map<VerdictGroup, std::set<Verdict>> groups = {
      {sharp, {Verdict::equal, Verdict::within_bound, Verdict::both_rejected}},
      {weak, {Verdict::loose, Verdict::ill_conditioned, Verdict::poisoned}},
      {known, {Verdict::known_deviation}},
      {discrepancy,
       {Verdict::diverged, Verdict::rejected_differently, Verdict::rejected_by_subject,
        Verdict::accepted_by_subject, Verdict::crashed, Verdict::timed_out}},
      {not_compared, {Verdict::unsupported, Verdict::underived}},
      {failure, {Verdict::out_of_memory, Verdict::harness_error}}};
  for (const Verdict verdict : all_of<Verdict>)
    EXPECT_EQ(groups.at(group_of(verdict)).count(verdict), 1u) << to_string(verdict);
}

TEST(ObservationClass, EveryOneHasANameThatReadsBack) {
  for (const ObservationClass observed : all_of<ObservationClass>)
    EXPECT_EQ(named<ObservationClass>(to_string(observed)), observed);
  EXPECT_EQ(named<ObservationClass>("flags"), std::nullopt);
}

TEST(ObservationClass, EverySlotHasOne) {
  EXPECT_EQ(class_of(Slot::identity), ObservationClass::sharing);
  EXPECT_EQ(class_of(Slot::training), ObservationClass::flag);
  EXPECT_EQ(class_of(Slot::momentum), ObservationClass::option);
  EXPECT_EQ(class_of(Slot::eps), ObservationClass::option);
  EXPECT_EQ(class_of(Slot::track_running_stats), ObservationClass::option);
  EXPECT_EQ(class_of(Slot::num_batches_tracked), ObservationClass::counter);
  EXPECT_EQ(class_of(Slot::running_mean), ObservationClass::statistic);
  EXPECT_EQ(class_of(Slot::running_var), ObservationClass::statistic);
  EXPECT_EQ(class_of(Slot::weight), ObservationClass::parameter);
  EXPECT_EQ(class_of(Slot::bias), ObservationClass::parameter);
  EXPECT_EQ(class_of(Slot::value), ObservationClass::output);
  EXPECT_EQ(class_of(Slot::leaf_output), ObservationClass::output);
  for (Slot slot : {Slot::weight_grad, Slot::bias_grad, Slot::grad, Slot::leaf_output_grad})
    EXPECT_EQ(class_of(slot), ObservationClass::gradient);
  for (Slot slot : {Slot::onnx_batch_norms, Slot::onnx_training_mode, Slot::onnx_outputs,
                    Slot::onnx_epsilon, Slot::onnx_momentum})
    EXPECT_EQ(class_of(slot), ObservationClass::artefact);
}

}  // namespace
}  // namespace normdiff
