#include "harness/trace/observation_class.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

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
