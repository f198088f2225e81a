#include <gtest/gtest.h>

#include "checkout.hpp"
#include "harness/subjects/python/python.hpp"
#include "tests/harness/triage/restrictions.hpp"

namespace normdiff {
namespace {

TEST(PythonDeviations, WhateverIsTakenAwayFromOneMakesItsWitnessRed) {
  const auto interpreters = find_interpreters(NORMDIFF_BINARY_DIR "/libexec/normdiff/venv");
  ASSERT_FALSE(interpreters.empty());
  const auto made = make_python_subject(interpreters.front().path);
  ASSERT_TRUE(std::holds_alternative<Subject>(made));
  testing::expect_every_restriction_to_matter(std::get<Subject>(made));
}

}  // namespace
}  // namespace normdiff
