#include "harness/scenario/text/lexer.hpp"

#include "tests/harness/scenario/text/bad_statements.hpp"

namespace normdiff {
namespace {

using testing::Bad;
using ::testing::HasSubstr;

class LexerErrors : public ::testing::TestWithParam<Bad> {};

TEST_P(LexerErrors, SaysWhatAndWhere) {
  testing::expect_error(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, LexerErrors,
    ::testing::Values(
        Bad{"net.eval() # why", 1, 12, "a comment stands on lines of its own"},
        Bad{"net.eval(\n# why\n)", 2, 1, "a comment stands on lines of its own"},
        Bad{" net.eval()", 1, 1, "a line begins in column 1"},
        Bad{"net.eval(); net.eval()", 1, 11, "';' is not used"},
        Bad{"net.eval() net.eval()", 1, 12, "expected the end of the statement, found 'net'"},
        Bad{"a = b = net(x)", 1, 7, "expected the end of the statement, found '='"},
        Bad{"net.eval(", 1, 9, "the bracket '(' opened here is not closed"},
        Bad{"net.eval(]", 1, 10, "found ']'"},
        Bad{"y2 = (net)(x)", 1, 6, "expected a name or a value, found '('"},
        Bad{"y2 = net(x", 1, 9, "the bracket '(' opened here is not closed"},
        Bad{"y2 = net([1 2])", 1, 13, "expected ',' or ']'"},
        Bad{"y2 = net(\nx\nx)", 1, 9, "is not closed, and line 9 is read as part of it"},
        Bad{"y2 = ", 1, 6, "found the end of the text"},
        Bad{"net[bn].eval()", 1, 5, "a child's number or name in quotes"},
        Bad{"net.bn.eps = 0x10", 1, 14, "'0x10' is not a number"},
        Bad{"net.bn.eps = 010", 1, 14, "'010' is not a number"},
        Bad{"net.bn.eps = 1e", 1, 14, "'1e' is not a number"},
        Bad{"net.bn.eps = +1", 1, 14, "'+' is not used"},
        Bad{"net.bn.eps = -x", 1, 15, "expected a number after '-'"},
        Bad{"net.bn.eps = 1e999", 1, 14, "does not fit a double"},
        Bad{"net['bn", 1, 5, "this string has no end"},
        Bad{"net['b\\n'].eval()", 1, 7, "a backslash"},
        Bad{"y2 = n\xc3\xa9t(x)", 1, 7, "byte 0xc3 is allowed in a comment only"},
        Bad{"y2 = lambda", 1, 6, "'lambda' is a keyword of Python"},
        Bad{"y2 = net(input=x, 3)", 1, 19, "behind a keyword argument"},
        Bad{"y2 = net(x.a=3)", 1, 10, "expected a keyword before '='"},
        Bad{"# left over", 1, 1, "a comment belongs to the statement below it"}));

TEST(Lexer, TheFirstLine) {
  const auto message = [](std::string_view text) {
    const auto result = parse(text);
    const auto* error = std::get_if<ParseError>(&result);
    return error == nullptr ? std::string("no error") : error->text("f");
  };
  EXPECT_THAT(message(""), HasSubstr("f:1:1: the text is empty"));
  EXPECT_THAT(message("net = ReLU()\n"),
              HasSubstr("expected '# normdiff-scenario 1' as the first"));
  EXPECT_THAT(message("# normdiff-scenario 2\n"), HasSubstr("f:1:21: format '2' is not known"));
  EXPECT_THAT(message("\xef\xbb\xbf# normdiff-scenario 1\n"), HasSubstr("byte order mark"));
  EXPECT_THAT(message("# normdiff-scenario 1\n# \xff\n"),
              HasSubstr("f:2:3: byte 24 (0xff) is not UTF-8"));
  EXPECT_THAT(message("# normdiff-scenario 1\n# \xed\xa0\x80\n"), HasSubstr("is not UTF-8"));
  EXPECT_THAT(message(std::string_view("# normdiff-scenario 1\n\0", 23)),
              HasSubstr("f:2:1: byte 22 is NUL"));
  EXPECT_THAT(message("# normdiff-scenario 1\r\n"), HasSubstr("carriage return"));
  EXPECT_THAT(message("# normdiff-scenario 1\n# seed 99999999999999999999\n"),
              HasSubstr("f:2:8: a seed is at most"));
  EXPECT_EQ(message("# normdiff-scenario 1"), "no error");
}

}  // namespace
}  // namespace normdiff
