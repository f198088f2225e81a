#include "harness/check/outcome.hpp"

#include <gtest/gtest.h>

#include "tests/harness/check/told_subject.hpp"

namespace normdiff {
namespace {

using reference::ErrorKind;
using reference::Refusal;
using testing::manifest;

const std::vector<Refusal> nothing;
const std::vector<Refusal> channels = {{ErrorKind::channel_mismatch, "three for two"}};
const std::vector<Refusal> channels_or_eps = {{ErrorKind::channel_mismatch, "three for two"},
                                              {ErrorKind::bad_eps, "0 in training"},
                                              {ErrorKind::channel_mismatch, "the bias too"}};

/// Judges a step of the textbook, which words a refusal by its kind.
JudgedOutcome done(const std::vector<Refusal>& refusals) {
  return judge_outcome(manifest("textbook"), {}, refusals);
}
JudgedOutcome refused(std::string_view error_class, const std::vector<Refusal>& refusals) {
  return judge_outcome(manifest("textbook"), {Outcome::error, error_class, "no", 0, 0}, refusals);
}

TEST(JudgeOutcome, ADoneStepAgreesWithWhatIsToBeDone) {
  EXPECT_EQ(done(nothing).verdict, Verdict::equal);
  EXPECT_EQ(done(channels).verdict, Verdict::accepted_by_subject);
  EXPECT_EQ(done(channels_or_eps).verdict, Verdict::accepted_by_subject);
}

TEST(JudgeOutcome, ARefusalAgreesWithOneOfTheKindsThatAreExpected) {
  EXPECT_EQ(refused("bad_eps", nothing).verdict, Verdict::rejected_by_subject);
  EXPECT_EQ(refused("channel_mismatch", channels).verdict, Verdict::both_rejected);
  EXPECT_EQ(refused("bad_eps", channels).verdict, Verdict::rejected_differently);
  EXPECT_EQ(refused("channel_mismatch", channels_or_eps).verdict, Verdict::both_rejected);
  EXPECT_EQ(refused("bad_eps", channels_or_eps).verdict, Verdict::both_rejected);
  EXPECT_EQ(refused("wrong_rank", channels_or_eps).verdict, Verdict::rejected_differently);
}

TEST(JudgeOutcome, ATextThatNobodyCanReadAgreesWithNothing) {
  EXPECT_EQ(refused("RuntimeError", nothing).verdict, Verdict::rejected_by_subject);
  EXPECT_EQ(refused("RuntimeError", channels).verdict, Verdict::rejected_differently);
  EXPECT_EQ(refused("RuntimeError", {{ErrorKind::unclassified, ""}}).verdict,
            Verdict::rejected_differently);
}

TEST(JudgeOutcome, ATextIsReadAsOneOfItsFamily) {
  const StepRecord record{Outcome::error, "ValueError",
                          "batch_norm eps must be positive during training, but got 0.0", 0, 0};
  EXPECT_EQ(judge_outcome(manifest("python"), record, channels_or_eps).verdict,
            Verdict::both_rejected);
  EXPECT_EQ(judge_outcome(manifest("libtorch"), record, channels_or_eps).verdict,
            Verdict::rejected_differently)
      << "the C++ front end checks no eps";
}

TEST(JudgeOutcome, SaysWhatWasExpectedAndWhatWasSeen) {
  EXPECT_EQ(done(nothing).expected, "done");
  EXPECT_EQ(done(channels).expected, "refused: channel_mismatch");
  EXPECT_EQ(done(channels).observed, "done");
  EXPECT_EQ(refused("bad_eps", nothing).observed, "refused: bad_eps (bad_eps: no)");
  const std::string text(200, 'n');
  EXPECT_EQ(
      judge_outcome(manifest("textbook"), {Outcome::error, "E", text, 0, 0}, nothing).observed,
      "refused: unclassified (E: " + std::string(160, 'n') + ")")
      << "the beginning of a long text";
}

TEST(JudgeOutcome, NamesEachExpectedKindOnce) {
  EXPECT_EQ(done(channels_or_eps).expected, "refused: channel_mismatch or bad_eps");
  for (const ErrorKind a : all_of<ErrorKind>)
    for (const ErrorKind b : all_of<ErrorKind>) {
      const std::string both = a == b ? "" : " or " + std::string(reference::to_string(b));
      EXPECT_EQ(done({{a, ""}, {b, ""}}).expected,
                "refused: " + std::string(reference::to_string(a)) + both);
    }
}

TEST(JudgeOutcome, ARefusalOfAFamilyThatNobodyKnowsHasNoKind) {
  const auto refused_by_port = [](const std::vector<Refusal>& refusals) {
    return judge_outcome(manifest("port"), {Outcome::error, "ValueError", "no", 0, 0}, refusals)
        .verdict;
  };
  EXPECT_EQ(refused_by_port(channels), Verdict::underived);
  EXPECT_EQ(refused_by_port(nothing), Verdict::rejected_by_subject);
}

}  // namespace
}  // namespace normdiff
