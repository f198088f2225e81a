#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "checkout.hpp"
#include "harness/check/check.hpp"
#include "harness/scenario/scope.hpp"
#include "harness/subject/subject.hpp"
#include "harness/subject/support.hpp"
#include "harness/text/version.hpp"
#include "harness/triage/deviations.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff::testing {

/// The catalogue with one deviation changed; nullptr leaves it out.
inline Deviations catalogue_with(const std::string& id, const Deviation* changed) {
  std::vector<Deviation> list;
  for (const Deviation& deviation : Deviations::built_in().list())
    if (deviation.id != id)
      list.push_back(deviation);
    else if (changed)
      list.push_back(*changed);
  return Deviations(std::move(list));
}

/// Every way to take something away from a deviation, and what to call it.
inline std::vector<std::pair<std::string, Deviation>> narrowed(const Deviation& whole,
                                                               const std::string& family,
                                                               const std::string& version) {
  std::vector<std::pair<std::string, Deviation>> all;
  const auto add = [&](const std::string& what) -> Deviation& {
    return all.emplace_back("without " + what, whole).second;
  };
  const auto without = [](std::vector<std::string> list, const std::string& one) {
    list.erase(std::remove(list.begin(), list.end(), one), list.end());
    return list;
  };
  for (const std::string& step : whole.steps) {
    if (!never_does(family, *step_kind_from(step))) add(step).steps = without(whole.steps, step);
  }
  for (const std::string& glob : whole.observations)
    add(glob).observations = without(whole.observations, glob);
  add("its subject").subjects = without(whole.subjects, family);
  // Of several ranges one holds the version: the bounds of the others do not matter here.
  const std::string_view either = " || ";
  std::size_t begin = 0;
  std::size_t end = whole.versions.find(either);
  while (end != std::string::npos &&
         !in_range(version, whole.versions.substr(begin, end - begin))) {
    begin = end + either.size();
    end = whole.versions.find(either, begin);
  }
  std::stringstream clauses(whole.versions.substr(begin, end - begin));
  for (std::string clause; std::getline(clauses, clause, ',');) {
    const std::size_t digit = clause.find_first_of("0123456789");
    Deviation& shifted = add("a version that fits " + clause);
    shifted.versions.replace(shifted.versions.find(clause, begin), clause.size(),
                             clause.substr(0, digit) + (clause[0] == '>' ? "99" : "0.1"));
  }
  return all;
}

/// What the checker makes of the trace of a deviation's witness.
class Witness {
 public:
  Witness(const Subject& subject, const Deviation& deviation) : manifest_(subject.manifest) {
    std::ifstream file(std::string(NORMDIFF_SOURCE_DIR "/") + deviation.witness);
    std::stringstream text;
    text << file.rdbuf();
    scenario_ = parsed(text.str());
    scope_ = resolve(scenario_);
    subject.run(scenario_, scope_, trace_);
  }
  [[nodiscard]] Tally check(const Deviations& catalogue) const {
    Tally tally;
    CheckResult result;
    Checker(manifest_, catalogue).check(scenario_, scope_, trace_, tally, result);
    return tally;
  }

 private:
  Manifest manifest_;
  Scenario scenario_;
  Scope scope_;
  Trace trace_;
};

/// On the real subject, the witness of each deviation is known by exactly that file: whatever is
/// taken away from it makes the witness red.
inline void expect_every_restriction_to_matter(const Subject& subject) {
  std::size_t tried = 0;
  for (const Deviation& deviation : Deviations::built_in().list()) {
    const auto& families = deviation.subjects;
    if (std::find(families.begin(), families.end(), subject.manifest.family) == families.end() ||
        !in_range(subject.manifest.version, deviation.versions))
      continue;
    ++tried;
    const Witness witness(subject, deviation);
    const Tally whole = witness.check(Deviations::built_in());
    const auto found = whole.deviations.find(deviation.id);
    EXPECT_EQ(found == whole.deviations.end() ? 0 : found->second,
              deviation.hits.at(subject.manifest.family))
        << deviation.id;
    EXPECT_TRUE(whole.signatures.empty())
        << deviation.id << ": " << ::testing::PrintToString(whole.signatures);
    EXPECT_FALSE(witness.check(catalogue_with(deviation.id, nullptr)).signatures.empty())
        << deviation.id << " deleted";
    for (const auto& [what, changed] :
         narrowed(deviation, subject.manifest.family, subject.manifest.version))
      EXPECT_FALSE(witness.check(catalogue_with(deviation.id, &changed)).signatures.empty())
          << deviation.id << ' ' << what << ": nothing in its witness needs it";
  }
  EXPECT_GT(tried, 5u);
}

}  // namespace normdiff::testing
