#include "harness/scenario/utf8.hpp"

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

}  // namespace
}  // namespace normdiff
