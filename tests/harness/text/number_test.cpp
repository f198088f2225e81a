#include "harness/text/number.hpp"

#include <cmath>
#include <limits>

#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

TEST(NumberText, ReadsBackTheSame) {
  for (const double value : {0.1, 1e22, 1e23, 5e-324, 1.7976931348623157e308, 123456789.0, 1e-5,
                             100000.0, -2.5, 1.0 / 3.0}) {
    const Scenario scenario =
        testing::scenario("bn = BatchNorm1d(1)\nbn.eps = " + number_text(value) + "\n");
    EXPECT_EQ(std::get<SetEps>(scenario.statements[1].step).value, value) << number_text(value);
  }
}

TEST(NumberText, IsTheShortest) {
  EXPECT_EQ(number_text(1), "1");
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_EQ(number_text(0.00001), "1e-5");
  EXPECT_EQ(number_text(-0.0), "-0.0");
  EXPECT_EQ(number_text(std::nan("")), "nan");
  EXPECT_EQ(number_text(-std::numeric_limits<double>::infinity()), "-inf");
}

}  // namespace
}  // namespace normdiff
