#include "harness/cli/terminal.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(Terminal, PlainTextHasNoColours) {
  EXPECT_EQ(Terminal{}.paint("x", Colour::red), "x");
  Terminal colours;
  colours.colours = true;
  EXPECT_EQ(colours.paint("x", Colour::red), "\033[31mx\033[0m");
}

TEST(Shorten, ByColumnsNotBytes) {
  EXPECT_EQ(shorten("abc", 3), "abc");
  EXPECT_EQ(shorten("abcdef", 5), "ab...");
  EXPECT_EQ(shorten("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 5), "\xC3\xA9\xC3\xA9...");
  EXPECT_EQ(shorten("ab\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9gh\xC3\xA9", 6), "ab...\xC3\xA9");
  EXPECT_EQ(padded("\xC3\xA9", 3), "\xC3\xA9  ");
}

TEST(Shorten, KeepsTheBeginningAndTheEnd) {
  EXPECT_EQ(shorten("x = tensor(2, 3, [1, 2, 3, 4, 5, 6], requires_grad=True)", 30),
            "x = tensor(2, 3, [...rad=True)");
}

TEST(Terminal, APipeHasTheColumnsThatATerminalUsuallyHas) {
  std::FILE* file = std::tmpfile();
  EXPECT_EQ(Terminal::of(file).width, 80U);
  std::fclose(file);
}

}  // namespace
}  // namespace normdiff
