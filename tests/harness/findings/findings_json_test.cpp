#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "harness/findings/findings.hpp"

namespace normdiff {
namespace {

const Manifest subject = {"textbook", "textbook", "0.1.0", "", ""};

TEST(FindingsJson, AFindingComesBack) {
  Finding finding{"a/b",
                  "# normdiff-scenario 1\n",
                  "seed 1, modes, number 3",
                  3,
                  subject,
                  2,
                  "net.eval()",
                  {"a/b", "c"},
                  {"x is 1"},
                  "",
                  true};
  const Finding back = finding_from_json(nlohmann::json::parse(to_json(finding).dump()));
  EXPECT_EQ(to_json(back), to_json(finding));
}

TEST(FindingsJson, ARangeResultComesBack) {
  RangeResult result;
  result.done = 5;
  result.tally.scenarios = 5;
  result.findings.push_back({});
  result.harness_errors.push_back({});
  const RangeResult back = range_result_from_json(nlohmann::json::parse(to_json(result).dump()));
  EXPECT_EQ(to_json(back), to_json(result));
}

TEST(FindingsJson, WhatIsNoFindingIsRefused) {
  for (const char* text : {"{}", "[]", "3", R"({"signature":1})"})
    EXPECT_THROW((void)finding_from_json(nlohmann::json::parse(text)), nlohmann::json::exception);
}

}  // namespace
}  // namespace normdiff
