#include "harness/scenario/text/syntax.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

/// What a statement is, its value in the words of a message.
std::string described(std::string_view statement) {
  Lexer lexer(statement);
  Syntax syntax;
  if (!syntax.read_statement(lexer)) return "error: " + syntax.error()->message;
  return (syntax.target() < 0 ? "" : syntax.dotted(syntax.target()) + " = ") +
         syntax.described(syntax.value());
}

TEST(Syntax, AStatementIsAValueOrATargetAndAValue) {
  EXPECT_EQ(described("net.eval()\n"), "a call of 'net.eval'");
  EXPECT_EQ(described("net.bn.eps = 0.5\n"), "net.bn.eps = the number 0.5");
  EXPECT_EQ(described("y = m\n"), "y = 'm'");
}

TEST(Syntax, SaysWhatStandsSomewhere) {
  EXPECT_EQ(described("x = -1e3"), "x = the number -1e3");
  EXPECT_EQ(described("x = -inf"), "x = '-inf'");
  EXPECT_EQ(described("x = [1, 2]"), "x = a list");
  EXPECT_EQ(described("x = torch.onnx.export"), "x = 'torch.onnx.export'");
  EXPECT_EQ(described("x = net[0].bn"), "x = a path");
  EXPECT_EQ(described("x = net[0](y)"), "x = a call");
}

TEST(Syntax, ArgumentsComeInOrderWithTheirKeywordsAndPlaces) {
  Lexer lexer("y = net(x, mode=[1], other=f(2))\n");
  Syntax syntax;
  ASSERT_TRUE(syntax.read_statement(lexer));
  const Node& call = syntax[syntax.value()];
  ASSERT_EQ(call.kind, Node::Kind::call);
  std::vector<std::string> arguments;
  for (NodeId node = call.first; node >= 0; node = syntax[node].next)
    arguments.push_back(std::string(syntax[node].keyword) + "@" +
                        std::to_string(syntax.begin(node).column));
  EXPECT_EQ(arguments, (std::vector<std::string>{"@9", "mode@17", "other@28"}));
}

TEST(Syntax, BracketsHaveALimit) {
  const auto nested = [](int depth) {
    const auto n = static_cast<std::size_t>(depth);
    return described("x = " + std::string(n, '[') + std::string(n, ']'));
  };
  EXPECT_EQ(nested(max_bracket_depth - 1), "x = a list");
  EXPECT_EQ(nested(max_bracket_depth + 2).substr(0, 6), "error:");
}

}  // namespace
}  // namespace normdiff
