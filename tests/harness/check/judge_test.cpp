#include "harness/check/judge.hpp"

#include <gtest/gtest.h>

#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

TEST(Glob, AStarStandsForAnything) {
  EXPECT_TRUE(glob_matches("flag:*", "flag:training"));
  EXPECT_TRUE(glob_matches("*:training", "flag:training"));
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("a*b*c", "a--b--b--c"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("", "x"));
  EXPECT_FALSE(glob_matches("flag:*", "flags:training"));
  EXPECT_FALSE(glob_matches("a*b", "a--bc"));
  EXPECT_TRUE(glob_matches("*b*", "a--b")) << "a star behind the last letter";
  EXPECT_FALSE(glob_matches("a*b*c", "a--b--b"));
}

TEST(Glob, ManyStarsTakeNoTime) {
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "*a";
  EXPECT_FALSE(glob_matches(stars + "b", std::string(4000, 'a')));
}

Deviation about(std::vector<std::string> observations) {
  Deviation deviation;
  deviation.observations = std::move(observations);
  return deviation;
}

TEST(Coverage, IsWhatTheGlobsSay) {
  const Coverage coverage(about({"flag:training", "statistic:*", "error:outcome"}));
  EXPECT_TRUE(coverage.covers(ObservationClass::flag, Slot::training));
  EXPECT_TRUE(coverage.covers(ObservationClass::statistic, Slot::running_mean));
  EXPECT_TRUE(coverage.covers(ObservationClass::statistic, Slot::running_var));
  EXPECT_TRUE(coverage.covers(ObservationClass::error, Slot::value)) << "of whatever slot";
  EXPECT_FALSE(coverage.covers(ObservationClass::counter, Slot::num_batches_tracked));
  EXPECT_FALSE(Coverage(about({})).covers(ObservationClass::flag, Slot::training));
}

TEST(PrintValue, ReadsLikePython) {
  EXPECT_EQ(print(Value{None{}}), "None");
  EXPECT_EQ(print(Value{true}), "True");
  EXPECT_EQ(print(Value{false}), "False");
  EXPECT_EQ(print(Value{std::int64_t{-3}}), "-3");
  EXPECT_EQ(print(Value{0.1}), "0.1");
  EXPECT_EQ(print(Value{std::string_view("text")}), "text");
}

TEST(PrintValue, OfATensorShowsItsFirstElements) {
  const float data[] = {0.25f, 1, 2, 3, 4};
  ObservedTensor tensor;
  tensor.shape = {5};
  tensor.data = reinterpret_cast<const std::byte*>(data);
  EXPECT_EQ(print(Value{tensor}), "[0.25 1 2 3 ...]");
  tensor.shape = {1};
  EXPECT_EQ(print(Value{tensor}), "[0.25]");
  tensor.shape = {};
  EXPECT_EQ(print(Value{tensor}), "0.25");
  const std::int64_t count = 7;
  tensor.dtype = DType::int64;
  tensor.data = reinterpret_cast<const std::byte*>(&count);
  EXPECT_EQ(print(Value{tensor}), "7");
  tensor.known_dtype = false;
  EXPECT_EQ(print(Value{tensor}), "a tensor of a dtype outside the vocabulary");
}

}  // namespace
}  // namespace normdiff
