#include "harness/text/utf8.hpp"

#include <gtest/gtest.h>

#include <string>

namespace normdiff {
namespace {

TEST(NotUtf8, FindsNothingInTextThatIsUtf8) {
  EXPECT_EQ(not_utf8(""), std::string_view::npos);
  for (const char* text : {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEF\xBF\xBD"})
    EXPECT_EQ(not_utf8(text), std::string_view::npos) << text;
}

TEST(NotUtf8, FindsEveryKindOfBadCharacter) {
  for (const char* bad : {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xE2\x82", "\xE2\x82z"})
    EXPECT_EQ(not_utf8(std::string("\xC3\xA9z") + bad), 3U) << bad;
}

TEST(Printable, LeavesTextAsItIs) {
  for (const char* text : {"", "a b", "line\nline\tcell", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"})
    EXPECT_EQ(printable(text), text);
}

TEST(Printable, WritesOutWhatMovesATerminal) {
  EXPECT_EQ(printable("\x1b[2J\a\r"), "\\x1b[2J\\x07\\x0d");
  EXPECT_EQ(printable(std::string_view("a\0b\x7f", 4)), "a\\x00b\\x7f");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "\\x9b31m")
      << "an escape sequence of one character";
  EXPECT_EQ(printable("\xE2\x80\xAE"
                      "abc\xE2\x81\xA6"),
            "\\u202eabc\\u2066");
}

TEST(OnOneLine, WritesOutWhatEndsALine) {
  EXPECT_EQ(on_one_line("a\nb\tc\x1b"), "a\\nb\\tc\\x1b");
  EXPECT_EQ(on_one_line("python@2.13.0"), "python@2.13.0");
}

TEST(Printable, WritesOutWhatIsNoUtf8) {
  EXPECT_EQ(printable("a\xff\xE2\x82"), "a\\xff\\xe2\\x82");
}

}  // namespace
}  // namespace normdiff
