#include "harness/check/verdict.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace normdiff {
namespace {

TEST(Verdict, EveryOneHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const Verdict verdict : all_of<Verdict>)
    EXPECT_TRUE(names.insert(to_string(verdict)).second);
  EXPECT_EQ(to_string(Verdict::harness_error), "harness_error");
}

TEST(Verdict, NewDiscrepanciesAreWhatNoDeviationPredicts) {
  const std::set<Verdict> expected = {Verdict::diverged,
                                      Verdict::rejected_differently,
                                      Verdict::rejected_by_subject,
                                      Verdict::accepted_by_subject,
                                      Verdict::crashed,
                                      Verdict::timed_out};
  for (const Verdict verdict : all_of<Verdict>)
    EXPECT_EQ(is_new_discrepancy(verdict), expected.count(verdict) == 1) << to_string(verdict);
}

TEST(Verdict, NotComparedIsWhatWasHeldAgainstNothing) {
  const std::set<Verdict> expected = {Verdict::unsupported,   Verdict::underived,
                                      Verdict::crashed,       Verdict::timed_out,
                                      Verdict::out_of_memory, Verdict::harness_error};
  for (const Verdict verdict : all_of<Verdict>)
    EXPECT_EQ(is_compared(verdict), expected.count(verdict) == 0) << to_string(verdict);
}

TEST(Verdict, HasAGroup) {
  using enum VerdictGroup;
  const std::map<VerdictGroup, std::set<Verdict>> groups = {
      {sharp, {Verdict::equal, Verdict::within_bound, Verdict::both_rejected}},
      {weak,
       {Verdict::loose, Verdict::ill_conditioned, Verdict::poisoned, Verdict::improbable,
        Verdict::algorithmic_loss}},
      {known, {Verdict::known_deviation, Verdict::known_elsewhere}},
      {discrepancy,
       {Verdict::diverged, Verdict::rejected_differently, Verdict::rejected_by_subject,
        Verdict::accepted_by_subject, Verdict::crashed, Verdict::timed_out}},
      {not_compared, {Verdict::unsupported, Verdict::underived}},
      {failure, {Verdict::out_of_memory, Verdict::harness_error}}};
  for (const Verdict verdict : all_of<Verdict>)
    EXPECT_EQ(groups.at(group_of(verdict)).count(verdict), 1u) << to_string(verdict);
}

TEST(Verdict, WeakOnesSayLittle) {
  for (const Verdict verdict : all_of<Verdict>)
    EXPECT_EQ(says_little(verdict), group_of(verdict) == VerdictGroup::weak) << to_string(verdict);
}

}  // namespace
}  // namespace normdiff
