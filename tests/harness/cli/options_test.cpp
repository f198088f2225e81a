#include "harness/cli/options.hpp"

#include <gmock/gmock.h>

#include <limits>

namespace normdiff {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(NotEmpty, TakesAnyTextButNone) {
  EXPECT_THAT(not_empty()("out"), IsEmpty());
  EXPECT_THAT(not_empty()(""), HasSubstr("an empty text; give a value"));
}

TEST(WholeNumber, IsDigitsInTheRange) {
  const OptionCheck check = whole_number(1, 256);
  for (const char* good : {"1", "256", "70"}) EXPECT_THAT(check(good), IsEmpty()) << good;
  for (const char* bad : {"", "0", "257", "007", "010", "-1", "+1", " 1", "1.5", "1e2", "abc", "1x",
                          "99999999999999999999"})
    EXPECT_EQ(check(bad), "'" + std::string(bad) + "' is no whole number from 1 to 256");
}

TEST(WholeNumber, MayBeAnyThatFits) {
  const OptionCheck check = whole_number(0, std::numeric_limits<std::uint64_t>::max());
  EXPECT_THAT(check("18446744073709551615"), IsEmpty());
  EXPECT_THAT(check("18446744073709551616"), HasSubstr("no whole number from 0 to 2^64 - 1"));
}

}  // namespace
}  // namespace normdiff
