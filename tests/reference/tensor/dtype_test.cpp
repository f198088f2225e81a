#include "reference/tensor/dtype.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace normdiff::reference {
namespace {

TEST(DType, IsSpelledAsInTorch) {
  EXPECT_EQ(to_string(DType::float32), "float32");
  EXPECT_EQ(to_string(DType::float64), "float64");
  EXPECT_EQ(to_string(DType::int64), "int64");
}

TEST(DType, ARowSaysWhatItsElementTypeCanHold) {
  for (const DType dtype : all_of<DType>) {
    const DTypeFacts& facts = dtypes[dtype];
    visit_dtype(dtype, [&]<class T>(std::type_identity<T>) {
      using Limits = std::numeric_limits<T>;
      EXPECT_EQ(facts.size, sizeof(T)) << to_string(dtype);
      EXPECT_EQ(facts.floating, std::is_floating_point_v<T>) << to_string(dtype);
      EXPECT_EQ(facts.largest, static_cast<double>(Limits::max())) << to_string(dtype);
      if (!facts.floating) return;
      EXPECT_EQ(facts.unit_roundoff, Limits::epsilon() / 2) << to_string(dtype);
      EXPECT_EQ(facts.smallest_normal, Limits::min()) << to_string(dtype);
      EXPECT_EQ(facts.smallest_subnormal, Limits::denorm_min()) << to_string(dtype);
    });
  }
}

TEST(VisitFloating, TakesFloatingPointOnly) {
  const auto size = [](DType dtype) {
    return visit_floating(dtype, []<class T>(std::type_identity<T>) { return sizeof(T); });
  };
  EXPECT_EQ(size(DType::float32), 4u);
  EXPECT_EQ(size(DType::float64), 8u);
  EXPECT_THROW((void)size(DType::int64), std::invalid_argument);
}

TEST(Element, IsReadInItsDtype) {
  const float narrow[] = {0, 1.5F};
  const double wide[] = {0, -2.25};
  const std::int64_t whole[] = {0, -7};
  EXPECT_EQ(element(narrow, DType::float32, 1), 1.5);
  EXPECT_EQ(element(wide, DType::float64, 1), -2.25);
  EXPECT_EQ(element(whole, DType::int64, 1), -7);
}

}  // namespace
}  // namespace normdiff::reference
