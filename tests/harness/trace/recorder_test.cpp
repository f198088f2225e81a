#include "harness/trace/recorder.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

constexpr Key flag_key{0, 1, Slot::training};
constexpr Key weight_key{0, 1, Slot::weight};

ObservedTensor tensor_over(const float* memory, const Shape& shape, const Shape& strides) {
  ObservedTensor tensor;
  tensor.shape = shape;
  tensor.strides = strides;
  tensor.data = reinterpret_cast<const std::byte*>(memory);
  return tensor;
}

TEST(Recorder, DropsWhatDidNotChange) {
  Trace trace;
  Recorder recorder;
  recorder.begin(trace, 1);
  for (const bool flag : {true, true, false}) {
    recorder.flag(flag_key, flag);
    recorder.none(weight_key);
    recorder.end_step(Outcome::ok);
  }
  ASSERT_EQ(trace.steps.size(), 3U);
  EXPECT_EQ(trace.steps[0].last - trace.steps[0].first, 2U);
  EXPECT_EQ(trace.steps[1].last - trace.steps[1].first, 0U);
  EXPECT_EQ(trace.steps[2].last - trace.steps[2].first, 1U);
  EXPECT_EQ(trace.observations.back().key, flag_key);
}

TEST(Recorder, ComparesBitsInMemoryThatMoves) {
  Trace trace;
  Recorder recorder;
  recorder.begin(trace, 1);
  float memory[2] = {1, 2};
  const auto show = [&] {
    recorder.tensor(weight_key, tensor_over(memory, {2}, {1}));
    recorder.end_step(Outcome::ok);
  };
  show();
  show();
  memory[1] = 3;  // in place, as training does
  show();
  ASSERT_EQ(trace.observations.size(), 2U);
  EXPECT_EQ(std::get<ObservedTensor>(trace.observations[0].value).values().at(1), 2);
  EXPECT_EQ(std::get<ObservedTensor>(trace.observations[1].value).values().at(1), 3);
}

TEST(Recorder, FindsSharedMemoryAmongMany) {
  Trace trace;
  Recorder recorder;
  recorder.begin(trace, 2);
  std::vector<float> memory(200);
  const auto show = [&](NameId name) {
    for (std::uint16_t place = 0; place < 200; ++place)
      recorder.tensor({name, place, Slot::weight}, tensor_over(&memory[place], {1}, {1}));
  };
  show(0);
  show(1);
  recorder.end_step(Outcome::ok);
  memory[0] = memory[150] = 1;
  show(1);  // another step: nobody was shown to have it before
  recorder.end_step(Outcome::ok);
  ASSERT_EQ(trace.observations.size(), 600U);
  for (std::size_t i = 0; i < 600; ++i) {
    const Observation& seen = trace.observations[i];
    const NameId owner = i < 400 ? 0 : 1;
    EXPECT_EQ(std::get<ObservedTensor>(seen.value).storage,
              (Key{owner, seen.key.place, Slot::weight}.packed()));
  }
}

TEST(Recorder, WritesRowMajorWhateverTheStrides) {
  Trace trace;
  Recorder recorder;
  recorder.begin(trace, 1);
  const float memory[6] = {0, 1, 2, 3, 4, 5};
  recorder.tensor({0, 0, Slot::value}, tensor_over(memory, {3, 2}, {1, 3}));
  recorder.end_step(Outcome::ok);
  const auto& seen = std::get<ObservedTensor>(trace.observations[0].value);
  const double expected[6] = {0, 3, 1, 4, 2, 5};
  for (int i = 0; i < 6; ++i) EXPECT_EQ(seen.values().at(i), expected[i]);
  EXPECT_EQ(seen.strides, (Shape{1, 3}));
}

TEST(Recorder, SaysWhoSharesMemory) {
  Trace trace;
  Recorder recorder;
  recorder.begin(trace, 2);
  const float memory[2] = {1, 2}, other[2] = {1, 2};
  recorder.tensor(weight_key, tensor_over(memory, {2}, {1}));
  recorder.tensor({1, 0, Slot::weight}, tensor_over(memory, {2}, {1}));
  recorder.tensor({1, 0, Slot::bias}, tensor_over(other, {2}, {1}));
  recorder.end_step(Outcome::ok);
  const auto storage = [&](std::size_t i) {
    return std::get<ObservedTensor>(trace.observations[i].value).storage;
  };
  EXPECT_EQ(storage(0), weight_key.packed());
  EXPECT_EQ(storage(1), weight_key.packed());
  EXPECT_EQ(storage(2), (Key{1, 0, Slot::bias}.packed()));
}

TEST(Recorder, AReplacedModulesSlotsBecomeNoneWhereTheNewOneLacksThem) {
  Trace trace;
  Recorder recorder;
  recorder.begin(trace, 1);
  const float memory[2] = {1, 2};
  const Key eps_key{0, 1, Slot::eps}, mean_key{0, 1, Slot::running_mean};
  recorder.flag(flag_key, true);
  recorder.number(eps_key, 0.5);
  recorder.tensor(weight_key, tensor_over(memory, {2}, {1}));
  recorder.tensor(mean_key, tensor_over(memory, {2}, {1}));
  recorder.end_step(Outcome::ok);
  recorder.replaced(0, 1, reference::Linear{});
  recorder.end_step(Outcome::ok);
  ASSERT_EQ(trace.steps[1].last - trace.steps[1].first, 2U) << "it has a weight and a flag";
  for (std::uint32_t i = trace.steps[1].first; i < trace.steps[1].last; ++i) {
    const Observation& seen = trace.observations[i];
    EXPECT_TRUE(seen.key == eps_key || seen.key == mean_key);
    EXPECT_TRUE(std::holds_alternative<None>(seen.value));
  }
}

TEST(Recorder, ForgetsBetweenTraces) {
  Trace trace;
  Recorder recorder;
  for (int again = 0; again < 2; ++again) {
    recorder.begin(trace, 1);
    recorder.flag(flag_key, true);
    recorder.end_step(Outcome::error, "Error", "why");
    ASSERT_EQ(trace.observations.size(), 1U);
    EXPECT_EQ(trace.steps[0].error_class, "Error");
    EXPECT_EQ(trace.steps[0].text, "why");
  }
}

}  // namespace
}  // namespace normdiff
