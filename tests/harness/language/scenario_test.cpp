#include "harness/language/scenario.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

TEST(Scenario, InternsANameOnce) {
  Scenario scenario;
  const NameId net = scenario.intern("net");
  const NameId x = scenario.intern("x");
  EXPECT_NE(net, x);
  EXPECT_EQ(scenario.intern("net"), net);
  EXPECT_EQ(scenario.names, (std::vector<std::string>{"net", "x"}));
}

}  // namespace
}  // namespace normdiff
