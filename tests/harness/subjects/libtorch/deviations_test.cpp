#include <gtest/gtest.h>

#include "harness/subjects/libtorch/libtorch.hpp"
#include "tests/harness/triage/restrictions.hpp"

namespace normdiff {
namespace {

TEST(LibTorchDeviations, WhateverIsTakenAwayFromOneMakesItsWitnessRed) {
  prepare_process();
  testing::expect_every_restriction_to_matter(make_libtorch_subject());
}

}  // namespace
}  // namespace normdiff
