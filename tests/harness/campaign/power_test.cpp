#include "harness/campaign/power.hpp"

#include <gtest/gtest.h>

#include <map>

#include <nlohmann/json.hpp>

namespace normdiff {
namespace {

const std::atomic<int> never{0};

PowerOptions options() {
  PowerOptions power;
  power.profiles = {Profile::modes, Profile::numerics, Profile::exports};
  return power;
}

TEST(Power, EveryPlantedFaultIsFound) {
  for (const FaultFound& fault : measure_power(options(), never)) {
    EXPECT_TRUE(fault.after) << fault.fault;
    EXPECT_FALSE(fault.signature.empty()) << fault.fault;
  }
}

TEST(Power, TheExportProfileAloneFindsWhatIsWrongWithExports) {
  PowerOptions exports = options();
  exports.profiles = {Profile::exports};
  std::map<std::string, FaultFound> found;
  for (const FaultFound& fault : measure_power(exports, never)) found[fault.fault] = fault;
  for (const char* fault : {"script-loses-a-flag", "trace-check-moves-state",
                            "root-flag-restored-everywhere", "exported-in-the-wrong-mode",
                            "folded-with-batch-statistics", "momentum-complement-forgotten"}) {
    ASSERT_TRUE(found[fault].after) << fault;
    EXPECT_LT(*found[fault].after, 200U) << fault;
    EXPECT_EQ(found[fault].profile, "export") << fault;
  }
}

TEST(Power, DoesNotDependOnJobs) {
  PowerOptions two = options();
  two.jobs = 2;
  const auto a = measure_power(options(), never);
  const auto b = measure_power(two, never);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].fault, b[i].fault);
    EXPECT_EQ(a[i].after, b[i].after);
    EXPECT_EQ(a[i].signature, b[i].signature);
  }
}

TEST(Power, ACheckerThatSaysEqualFindsNoFault) {
  PowerOptions blind = options();
  blind.most = 200;
  blind.always_equal = true;
  for (const FaultFound& fault : measure_power(blind, never)) EXPECT_FALSE(fault.after);
}

TEST(Power, WhatTheRightTextbookShowsTooIsNoFaultFound) {
  PowerOptions erring = options();
  erring.most = 300;
  erring.right = "counter-missed";
  for (const FaultFound& fault : measure_power(erring, never)) {
    if (fault.fault == "counter-missed") {
      EXPECT_FALSE(fault.after) << fault.signature;
    }
    if (fault.fault == "biased-running-var") {
      EXPECT_TRUE(fault.after);
    }
  }
}

TEST(Power, IsFaultsFoundByScenariosSpent) {
  const std::vector<FaultFound> power = {{"a", 50, ""}, {"b", std::nullopt, ""}};
  EXPECT_DOUBLE_EQ(faults_per_10k(power, 950), 1e4 * 1 / 1000);
  EXPECT_DOUBLE_EQ(faults_per_10k({}, 950), 0);
}

}  // namespace
}  // namespace normdiff
