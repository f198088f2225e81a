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

TEST(FindingsJson, OnlyLibTorchHasLibTorchsKernels) {
  const auto kernels = [](const char* family, const char* said) {
    nlohmann::json json = to_json(subject);
    json["family"] = family;
    json.erase("kernels");
    if (*said != 0) json["kernels"] = said;
    return manifest_from_json(json).kernels;
  };
  using reference::Kernels;
  EXPECT_EQ(kernels("python", ""), Kernels::libtorch_cpu);
  EXPECT_EQ(kernels("port", ""), Kernels::stable);
  EXPECT_EQ(kernels("port", "any"), Kernels::any);
  EXPECT_EQ(kernels("port", "libtorch_cpu"), Kernels::stable) << "of a trace that was changed";
}

}  // namespace
}  // namespace normdiff
