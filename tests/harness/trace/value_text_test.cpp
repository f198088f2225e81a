#include "harness/trace/value_text.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

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
