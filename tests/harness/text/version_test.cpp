#include "harness/text/version.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(ParseVersion, TakesUpToThreeNumbersAndNothingElse) {
  EXPECT_EQ(parse_version("2.13.1"), (Version{{2, 13, 1}}));
  EXPECT_EQ(parse_version("2.13"), (Version{{2, 13, 0}}));
  EXPECT_EQ(parse_version("2"), (Version{{2, 0, 0}}));
  for (const char* bad : {"", "v2", "2.", "2..1", "2.13.0.1", "2.13.0+cpu"})
    EXPECT_EQ(parse_version(bad), std::nullopt) << bad;
}

TEST(ParseVersion, ComparesByNumberNotText) {
  EXPECT_GT(parse_version("2.13.0"), parse_version("2.9.1"));
  EXPECT_GT(parse_version("0.0.1"), parse_version("nightly")) << "what is no version comes last";
}

TEST(VersionAlternatives, AreOneOrMore) {
  EXPECT_EQ(version_alternatives("").size(), 1u);
  EXPECT_EQ(version_alternatives(">=1.13,<1.14 || >=2.13"),
            (std::vector<std::string_view>{">=1.13,<1.14", ">=2.13"}));
}

TEST(NormaliseVersion, DropsTheBuild) {
  EXPECT_EQ(normalise_version("2.13.0+cpu"), "2.13.0");
  EXPECT_EQ(normalise_version("2.13.0"), "2.13.0");
  EXPECT_EQ(normalise_version("2.15.0.dev20260101+cpu"), "2.15.0");
  EXPECT_EQ(normalise_version("2.6.0rc1"), "2.6.0");
  EXPECT_EQ(normalise_version(""), "");
}

TEST(NormaliseVersion, KnowsDebiansName) {
  EXPECT_EQ(normalise_version("1.13.0a0"), "1.13.1");
  EXPECT_EQ(normalise_version("1.13.0a0+gitunknown"), "1.13.1");
}

struct InRangeCase {
  const char* version;
  const char* range;
  bool in;
};

TEST(InRange, IsHalfOpenOnNumbersNotTexts) {
  for (const InRangeCase& r : {InRangeCase{"2.13.0", ">=1.13,<2.14", true},
                               {"1.13.0", ">=1.13,<2.14", true},
                               {"1.13.1", ">=1.13,<2.14", true},
                               {"2.14.0", ">=1.13,<2.14", false},
                               {"2.14.1", ">=1.13,<2.14", false},
                               {"1.12.9", ">=1.13,<2.14", false},
                               {"1.9.0", ">=1.13", false},
                               {"2.6.0", ">=2.10", false},
                               {"2.13.0", "", true},
                               {"2.13.0", "==2.13.0", true},
                               {"2.13.0", "==2.13", true},
                               {"2.13.1", "==2.13", false},
                               {"2.13.0", ">2.13", false},
                               {"2.13.0", "<=2.13", true},
                               {"1.13.1", ">=1.13,<1.14 || >=2.13,<2.14", true},
                               {"2.13.0", ">=1.13,<1.14 || >=2.13,<2.14", true},
                               {"2.6.0", ">=1.13,<1.14 || >=2.13,<2.14", false},
                               {"2.14.0", ">=1.13,<1.14 || >=2.13,<2.14", false},
                               {"2.13.0", ">=2.13 || ", false},
                               {"2.13.0", ">=2.13||<3", false},
                               {"2.13.0", " || ", false},
                               {"nightly", ">=1.13 || <1.13", false},
                               {"2.13.0", "2.13", false},
                               {"2.13.0", ">=2.13;", false},
                               {"", ">=1.13", false},
                               {"nightly", ">=1.13", false}})
    EXPECT_EQ(in_range(r.version, r.range), r.in) << r.version << " in " << r.range;
  EXPECT_TRUE(in_range(normalise_version("1.13.0a0"), ">=1.13.1,<2"));
  EXPECT_TRUE(in_range(normalise_version("2.13.0+cpu"), "==2.13.0"));
}

struct ChangedRange {
  const char* range;
  const char* from;
  const char* to;
  const char* with;
  const char* without;  ///< "nothing": no version is left
};

TEST(ChangedRange, IsTheShortestThatHasTheSpanOrLacksIt) {
  for (const ChangedRange& r :
       {ChangedRange{">=2.13,<2.14", "2.14", "2.15", ">=2.13,<2.15", ">=2.13,<2.14"},
        {">=2.13,<2.14", "2.16", "2.17", ">=2.13,<2.14 || >=2.16,<2.17", ">=2.13,<2.14"},
        {">=2.13,<2.14", "1.13.1", "1.14", ">=1.13.1,<1.14 || >=2.13,<2.14", ">=2.13,<2.14"},
        {">=1.13,<1.14 || >=2.13", "1.14", "2.13", ">=1.13", ">=1.13,<1.14 || >=2.13"},
        {">=2.13,<2.15", "2.14", "2.15", ">=2.13,<2.15", ">=2.13,<2.14"},
        {">=2.13,<2.15", "2.13.5", "2.14", ">=2.13,<2.15", ">=2.13,<2.13.5 || >=2.14,<2.15"},
        {"<=2.13", "2.13", "2.14", "<2.14", "<2.13"},
        {">2.13", "2.13.1", "2.13.2", ">=2.13.1", ">=2.13.2"},
        {"==2.13", "2.12", "2.13", ">=2.12,<2.13.1", ">=2.13,<2.13.1"},
        {">=2.13,<2.14", "2", "3", ">=2.0,<3.0", "nothing"},
        {">=3,<2", "2", "3", ">=2.0,<3.0", "nothing"},
        {"", "2", "3", "", "<2.0 || >=3.0"}}) {
    const VersionSpan span{*parse_version(r.from), *parse_version(r.to)};
    const std::string with = range_with(r.range, span);
    EXPECT_EQ(with, r.with) << r.range;
    EXPECT_EQ(range_without(r.range, span).value_or("nothing"), r.without) << r.range;
    for (const char* version : {"0.0.1", "1.13.1", "2.12.9", "2.13.0", "2.13.1", "2.13.5", "2.14.0",
                                "2.14.9", "2.15.0", "2.16.3", "3.0.0", "99.0.0"}) {
      const bool inside = span.from <= *parse_version(version) && *parse_version(version) < span.to;
      EXPECT_EQ(in_range(version, with), in_range(version, r.range) || inside)
          << version << " in " << with;
      const auto without = range_without(r.range, span);
      EXPECT_EQ(without && in_range(version, *without), in_range(version, r.range) && !inside)
          << version << " in " << r.range << " without";
    }
  }
}

TEST(ReleaseOf, IsFromItsFirstVersionUpToTheNextRelease) {
  const VersionSpan release = release_of(*parse_version("2.13.5"));
  EXPECT_EQ(release.from, *parse_version("2.13"));
  EXPECT_EQ(release.to, *parse_version("2.14"));
  EXPECT_EQ(next_after(*parse_version("2.13.5")), *parse_version("2.13.6"));
  EXPECT_EQ(text_of(next_after(*parse_version("2.13.2147483647"))), "2.14.0");
  EXPECT_TRUE(is_version_range("==2147483647.2147483647.2147483647")) << "and nothing overflows";
}

}  // namespace
}  // namespace normdiff
