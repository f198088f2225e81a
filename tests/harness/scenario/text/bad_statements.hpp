#pragma once

#include <gmock/gmock.h>

#include <string>

#include "harness/scenario/text/text.hpp"

namespace normdiff::testing {

struct Bad {
  const char* statements;
  int line;  ///< of the statements, from 1
  int column;
  const char* fragment;
};

/// The error of statements behind a few good ones: what it says, and where.
inline void expect_error(const Bad& bad) {
  const std::string setup =
      "# normdiff-scenario 1\nnet = Sequential(bn=BatchNorm2d(2), relu=ReLU())\n"
      "x = tensor(2, 2, 3, 3, normal(0, 1))\ny = net(x)\ns = torch.jit.script(net)\n"
      "m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)\n"
      "n = no_grad(net, x)\n";
  const auto result = parse(setup + bad.statements);
  const auto* error = std::get_if<ParseError>(&result);
  ASSERT_NE(error, nullptr) << bad.statements;
  EXPECT_THAT(error->message, ::testing::HasSubstr(bad.fragment)) << bad.statements;
  EXPECT_EQ(error->line, bad.line + 7) << bad.statements << "\n" << error->message;
  EXPECT_EQ(error->column, bad.column) << bad.statements << "\n" << error->message;
}

}  // namespace normdiff::testing
