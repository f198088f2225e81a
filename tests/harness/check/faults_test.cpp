// Every fault that is planted in the textbook is found, and by nothing but the checker: the same
// search with a checker that always says equal finds none.

#include <gtest/gtest.h>

#include <array>
#include <cctype>

#include "harness/check/check.hpp"
#include "harness/profiles/generate.hpp"
#include "harness/subjects/textbook/textbook.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

constexpr std::uint64_t enough = 2000;  ///< scenarios of all profiles together
constexpr std::array profiles = {Profile::modes, Profile::numerics, Profile::exports};

/// Scenarios until a fault shows; `enough` if it does not.
std::uint64_t scenarios_until_found(std::string_view fault, CheckOptions options) {
  const Subject subject = make_textbook_subject(fault);
  const Deviations none;
  Checker checker(subject.manifest, none, options);
  Scenario scenario;
  Trace trace;
  CheckResult result;
  Tally tally;
  for (std::uint64_t i = 0; i < enough; ++i) {
    generate(profiles[i % profiles.size()], 11, i, scenario);
    const Scope scope = resolve(scenario);
    subject.run(scenario, scope, trace);
    checker.check(scenario, scope, trace, tally, result);
    if (!result.judged.empty()) return i;
  }
  return enough;
}

class Fault : public testing::TestWithParam<std::string_view> {};

TEST_P(Fault, IsFound) {
  EXPECT_LT(scenarios_until_found(GetParam(), {}), enough);
}

TEST_P(Fault, IsNotFoundByACheckerThatAlwaysSaysEqual) {
  CheckOptions options;
  options.always_equal = true;
  EXPECT_EQ(scenarios_until_found(GetParam(), options), enough);
}

TEST(Textbook, WithoutAFaultConforms) {
  EXPECT_EQ(scenarios_until_found("", {}), enough);
}

INSTANTIATE_TEST_SUITE_P(Textbook, Fault, testing::ValuesIn(textbook_faults()),
                         [](const auto& fault) {
                           std::string name(fault.param);
                           for (char& c : name)
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           return name;
                         });

}  // namespace
}  // namespace normdiff
