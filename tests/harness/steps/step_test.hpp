#pragma once

#include <gmock/gmock.h>

#include <string>

#include "tests/harness/check/checked.hpp"

namespace normdiff::testing {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A subject that does these statements as they are documented conforms, and one that does not do
/// the last of them is found at it.
inline void expect_to_be_done(const std::string& statements) {
  EXPECT_THAT(found(ToldSubject(statements)), IsEmpty()) << statements;
  ToldSubject idle(statements);
  const int last = static_cast<int>(idle.scenario.statements.size()) - 1;
  idle.instead[last] = [](ToldSubject&) {};
  const Checked checked = check(idle);
  EXPECT_FALSE(checked.judged.empty()) << statements;
  for (const Judged& judged : checked.judged) EXPECT_EQ(judged.step, last) << statements;
}

}  // namespace normdiff::testing
