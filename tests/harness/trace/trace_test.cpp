#include "harness/trace/trace.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace normdiff {
namespace {

ObservedTensor tensor_of(const std::vector<float>& elements) {
  ObservedTensor tensor;
  tensor.shape = tensor.strides = Shape{static_cast<std::int64_t>(elements.size())};
  tensor.strides[0] = 1;
  tensor.data = reinterpret_cast<const std::byte*>(elements.data());
  return tensor;
}

TEST(Slot, NamesReadBack) {
  for (const Slot slot : all_of<Slot>) EXPECT_EQ(named<Slot>(to_string(slot)), slot);
  EXPECT_FALSE(named<Slot>("gamma"));
}

TEST(Outcome, NamesReadBack) {
  for (const Outcome outcome : all_of<Outcome>)
    EXPECT_EQ(named<Outcome>(to_string(outcome)), outcome);
  EXPECT_FALSE(named<Outcome>("fine"));
}

TEST(Key, UnpacksWhatItPacked) {
  for (const Key key : {Key{0, 0, Slot::identity}, Key{0xFFFF, 0, Slot::value},
                        Key{3, 0xFFFF, Slot::onnx_momentum}, Key{258, 515, Slot::bias}}) {
    const Key again = Key::unpack(key.packed());
    EXPECT_EQ(again.name, key.name);
    EXPECT_EQ(again.place, key.place);
    EXPECT_EQ(again.slot, key.slot);
  }
  const std::uint64_t foreign = std::uint64_t{1} << 40;
  EXPECT_NE(Key::unpack(foreign).packed(), foreign);
}

TEST(Same, IsBitForBit) {
  EXPECT_TRUE(same(Value{1.5}, Value{1.5}));
  EXPECT_FALSE(same(Value{0.0}, Value{-0.0}));
  EXPECT_FALSE(same(Value{None{}}, Value{false}));
  EXPECT_FALSE(same(Value{std::int64_t{1}}, Value{true}));
  EXPECT_TRUE(same(Value{std::nan("1")}, Value{std::nan("2")}));
}

TEST(Same, ComparesTensorsElementByElement) {
  const std::vector<float> a = {1, std::nanf("1"), 3}, b = {1, std::nanf("2"), 3}, c = {1, 2, 3};
  EXPECT_TRUE(same(Value{tensor_of(a)}, Value{tensor_of(b)}));  // any NaN is any NaN
  EXPECT_FALSE(same(Value{tensor_of(a)}, Value{tensor_of(c)}));
  ObservedTensor other = tensor_of(c);
  other.strides[0] = 2;
  EXPECT_TRUE(same(Value{tensor_of(c)}, Value{other}));  // strides are evidence only
  other.requires_grad = true;
  EXPECT_FALSE(same(Value{tensor_of(c)}, Value{other}));
}

TEST(RowMajorStrides, StepOverWhatLiesWithin) {
  EXPECT_EQ(row_major_strides({4, 3, 2}), (Shape{6, 2, 1}));
  EXPECT_EQ(row_major_strides({4, 3, 2}, 2), (Shape{12, 4, 2}));
  EXPECT_EQ(row_major_strides({2, 0, 3}), (Shape{3, 3, 1}));
  EXPECT_EQ(row_major_strides({}), Shape{});
}

TEST(Arena, KeepsAddressesAndAlignment) {
  Arena arena;
  std::vector<std::pair<std::byte*, unsigned char>> taken;
  for (int i = 0; i < 2000; ++i) {
    std::byte* memory = arena.allocate(static_cast<std::size_t>(i));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 16, 0U);
    std::memset(memory, i % 251, static_cast<std::size_t>(i));
    taken.emplace_back(memory, static_cast<unsigned char>(i % 251));
  }
  for (std::size_t i = 1; i < taken.size(); ++i)
    EXPECT_EQ(static_cast<unsigned char>(taken[i].first[i - 1]), taken[i].second);
  EXPECT_NE(arena.allocate(std::size_t{1} << 20), nullptr);
  arena.clear();
  EXPECT_EQ(arena.copy("text"), "text");
}

}  // namespace
}  // namespace normdiff
