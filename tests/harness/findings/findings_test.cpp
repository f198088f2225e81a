#include "harness/findings/findings.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/scenario/text/text.hpp"

namespace normdiff {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const Manifest subject = {"textbook", "textbook", "0.1.0", "", ""};

Scenario scenario() {
  return std::get<Scenario>(
      parse("# normdiff-scenario 1\nnet = Sequential(bn=BatchNorm2d(2))\nnet.bn.eval()\n"));
}

Judged judged(int step, ObservationClass observed, Slot slot, Verdict verdict) {
  Judged one;
  one.step = step;
  one.key = {0, 1, slot};
  one.observed_class = observed;
  one.verdict = verdict;
  one.expected = "False";
  one.observed = "True";
  return one;
}

TEST(FindingsOf, OneForEachStepNamedByTheFirstInOrderOfCauses) {
  CheckResult checked;
  checked.judged = {
      judged(0, ObservationClass::statistic, Slot::running_mean, Verdict::diverged),
      judged(0, ObservationClass::flag, Slot::training, Verdict::diverged),
      judged(1, ObservationClass::flag, Slot::training, Verdict::known_deviation),
      judged(1, ObservationClass::counter, Slot::num_batches_tracked, Verdict::diverged)};
  const Scenario s = scenario();
  const auto findings = findings_of(s, resolve(s), subject, checked, FindingKind::discrepancy);
  ASSERT_THAT(findings, SizeIs(2));
  EXPECT_EQ(findings[0].signature, signature(subject, s, checked.judged[1]));
  EXPECT_THAT(findings[0].details, ElementsAre("net.bn.training is True, expected False",
                                               "net.bn.running_mean is True, expected False"));
  EXPECT_EQ(findings[1].statement, "net.bn.eval()");
  EXPECT_THAT(findings[1].details, SizeIs(1)) << "what is known is no finding";
}

TEST(FindingsOf, HarnessErrorsAreNoDiscrepancies) {
  CheckResult checked;
  checked.judged = {judged(0, ObservationClass::flag, Slot::training, Verdict::harness_error)};
  const Scenario s = scenario();
  EXPECT_THAT(findings_of(s, resolve(s), subject, checked, FindingKind::discrepancy), SizeIs(0));
  EXPECT_THAT(findings_of(s, resolve(s), subject, checked, FindingKind::harness_error), SizeIs(1));
}

TEST(Describe, AnIdentityIsSaidByItsPlace) {
  const Scenario s =
      std::get<Scenario>(parse("# normdiff-scenario 1\nnet = Sequential(a=ReLU(), b=ReLU())\n"));
  Judged one = judged(0, ObservationClass::sharing, Slot::identity, Verdict::diverged);
  one.key.place = 2;
  one.expected = std::to_string(Key{0, 1, Slot::identity}.packed());
  one.observed = std::to_string(Key{0, 2, Slot::identity}.packed());
  EXPECT_EQ(describe(s, resolve(s), one),
            "net.b is the module at net.b, expected the module at net.a");
  one.observed = "4611686018427387904";  // a foreign trace may say anything
  EXPECT_THAT(describe(s, resolve(s), one), HasSubstr("4611686018427387904"));
}

TEST(Describe, IsOneLine) {
  const Scenario s = scenario();
  Judged one = judged(0, ObservationClass::error, Slot::value, Verdict::rejected_by_subject);
  one.observed = "refused: two\nlines";
  EXPECT_EQ(describe(s, resolve(s), one), "the step: refused: two lines, expected False");
}

Finding with(std::uint64_t number, std::vector<std::string> signatures) {
  Finding finding;
  finding.number = number;
  finding.signature = signatures.front();
  finding.details = signatures;  // a detail that says which it is
  finding.signatures = std::move(signatures);
  return finding;
}

TEST(FindingsOf, AStepIsNamedByTheFirstThatWasNotSeen) {
  CheckResult checked;
  checked.judged = {judged(0, ObservationClass::flag, Slot::training, Verdict::diverged),
                    judged(0, ObservationClass::flag, Slot::training, Verdict::diverged),
                    judged(0, ObservationClass::statistic, Slot::running_mean, Verdict::diverged),
                    judged(1, ObservationClass::flag, Slot::training, Verdict::diverged)};
  const Scenario s = scenario();
  const std::string flag = signature(subject, s, checked.judged[0]);
  const std::string statistic = signature(subject, s, checked.judged[2]);
  Signatures seen = {flag};
  const auto found = findings_of(s, resolve(s), subject, checked, FindingKind::discrepancy, &seen);
  ASSERT_THAT(found, SizeIs(2)) << "what comes with something known is not lost";
  EXPECT_EQ(found[0].signature, statistic);
  EXPECT_THAT(found[0].signatures, ElementsAre(flag, statistic));
  EXPECT_THAT(found[0].headline(), HasSubstr("running_mean"));
  EXPECT_THAT(found[0].details, SizeIs(3));
  EXPECT_THAT(seen, testing::Contains(statistic));
  EXPECT_THAT(findings_of(s, resolve(s), subject, checked, FindingKind::discrepancy, &seen),
              SizeIs(0));
}

TEST(FindingsOf, EverySignatureHasALineHoweverManyThereAre) {
  CheckResult checked;
  for (int i = 0; i < 30; ++i)
    checked.judged.push_back(judged(0, ObservationClass::flag, Slot::training, Verdict::diverged));
  checked.judged.push_back(
      judged(0, ObservationClass::gradient, Slot::weight_grad, Verdict::diverged));
  const Scenario s = scenario();
  const auto found = findings_of(s, resolve(s), subject, checked, FindingKind::discrepancy);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_THAT(found[0].details, SizeIs(13));
  EXPECT_THAT(found[0].details[1], HasSubstr("weight.grad"));
  EXPECT_EQ(found[0].details.back(), "and 19 more");
}

TEST(KeepNew, WhatShowsSomethingThatNoneOfTheOthersDoes) {
  std::vector<Finding> kept;
  keep_new(kept, with(1, {"a", "c"}));
  keep_new(kept, with(2, {"a"}));
  keep_new(kept, with(3, {"a", "b", "c"}));
  ASSERT_THAT(kept, SizeIs(2));
  EXPECT_EQ(kept[1].signature, "b");
  EXPECT_EQ(kept[1].headline(), "b");
}

TEST(Add, NamesByWhatIsNewInTheWholeInWhateverOrder) {
  RangeResult early;
  early.findings = {with(1, {"a", "c"})};
  RangeResult late;
  late.findings = {with(7, {"a", "b"}), with(9, {"c"})};
  RangeResult forth = early;
  add(forth, RangeResult(late));
  RangeResult back = late;
  add(back, RangeResult(early));
  EXPECT_EQ(to_json(forth), to_json(back));
  ASSERT_THAT(forth.findings, SizeIs(2));
  EXPECT_EQ(forth.findings[0].signature, "a");
  EXPECT_EQ(forth.findings[1].signature, "b");
}

TEST(FileStem, IsAFileNameWhateverTheSignature) {
  Finding finding;
  finding.signature = "../../etc/passwd \n<b>" + std::string(500, 'x');
  const std::string stem = file_stem(finding);
  EXPECT_LT(stem.size(), 80U);
  EXPECT_EQ(stem.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos);
  Finding other = finding;
  other.signature += "y";
  EXPECT_NE(file_stem(other), stem) << "two signatures that read alike have two files";
}

TEST(ReplayCommand, IsOneThatAShellTakes) {
  EXPECT_EQ(replay_command("out/a.scenario", "libtorch@2.13.0", ""),
            "normdiff check out/a.scenario --subject libtorch@2.13.0");
  EXPECT_EQ(
      replay_command("my folder/it's.scenario", "python", "de viations"),
      R"(normdiff check 'my folder/it'\''s.scenario' --subject python --deviations 'de viations')");
  EXPECT_EQ(replay_command("-a.scenario", "python", ""),
            "normdiff check ./-a.scenario --subject python");
}

}  // namespace
}  // namespace normdiff
