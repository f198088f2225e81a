#include "reference/enums.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <cstdint>
#include <vector>

namespace normdiff::reference {

enum class Season : std::uint8_t { spring, summer, autumn, winter };
template <>
inline constexpr Names<Season> names_of<Season> = {"spring", "summer", "fall", "winter"};

namespace {

enum class Nameless { one, two, three4 };

TEST(Enums, AreCountedByTheCompiler) {
  EXPECT_EQ(count_of<Season>, 4u);
  EXPECT_EQ(count_of<Nameless>, 3u);
}

TEST(Enums, AreListedInOrder) {
  EXPECT_EQ((std::vector<Season>{all_of<Season>.begin(), all_of<Season>.end()}),
            (std::vector<Season>{Season::spring, Season::summer, Season::autumn, Season::winter}));
}

TEST(EnumArray, HoldsOneValueForEachEnumerator) {
  EnumArray<Season, int> days = {92, 92, 91, 90};
  ++days[Season::winter];
  EXPECT_EQ(days[Season::autumn], 91);
  EXPECT_EQ(days[Season::winter], 91);
  EXPECT_EQ(days.size(), 4u);
}

TEST(EnumArray, StartsFromZeros) {
  for (const int n : EnumArray<Season, int>()) EXPECT_EQ(n, 0);
}

TEST(EnumArray, IsNotIndexedByAnythingElse) {
  const auto takes = []<class Index>(Index index) {
    return requires(EnumArray<Season, int> days) { days[index]; };
  };
  EXPECT_TRUE(takes(Season::spring));
  EXPECT_FALSE(takes(Nameless::one));
  EXPECT_FALSE(takes(0));
}

TEST(Names, AreGivenInTheOrderOfTheEnumerators) {
  EXPECT_EQ(to_string(Season::autumn), "fall");
  EXPECT_EQ(to_string(Season::winter), "winter");
}

TEST(Names, ReadBack) {
  for (const Season season : all_of<Season>) EXPECT_EQ(named<Season>(to_string(season)), season);
  EXPECT_EQ(named<Season>("autumn"), std::nullopt);
  EXPECT_EQ(named<Season>(""), std::nullopt);
}

TEST(Names, AnEnumerationWithoutThemHasNoText) {
  EXPECT_TRUE(Named<Season>);
  EXPECT_FALSE(Named<Nameless>);
}

}  // namespace
}  // namespace normdiff::reference
