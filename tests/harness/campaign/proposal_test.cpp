#include "harness/campaign/proposal.hpp"

#include <gmock/gmock.h>

#include <random>

#include "harness/text/version.hpp"
#include "tests/harness/campaign/measured_support.hpp"

namespace normdiff::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Proposing : public OneDeviation {
 protected:
  struct Seen {
    const char* version;
    bool shows;
  };
  /// What is proposed for a file by subjects that show it or do not.
  [[nodiscard]] Proposal proposal(const DeviationFile& file, const std::vector<Seen>& seen) const {
    std::vector<Measurement> measurements;
    for (const Seen& one : seen) measurements.push_back(measured(one.version, one.shows));
    return propose({file}, measurements);
  }
  void expect(const Proposal& proposal, const DeviationFile& wanted) const {
    EXPECT_EQ(proposal.files.front().text, wanted.text);
    EXPECT_THAT(proposal.open, IsEmpty());
  }
  const DeviationFile seven_ = file(">=7,<8", "\"textbook@7.0.0\"");
};

TEST_F(Proposing, AVersionThatShowsItIsAddedWithItsRelease) {
  const Proposal added = proposal(seven_, {{"8.0.3", true}});
  expect(added, file(">=7.0,<8.1", "\"textbook@7.0.0\", \"textbook@8.0.3\""));
  EXPECT_THAT(added.changes,
              ElementsAre("made-up: versions >=7.0,<8.1 for >=7,<8; seen on textbook@8.0.3"));
  expect(proposal(seven_, {{"9.2.1", true}}),
         file(">=7.0,<8.0 || >=9.2,<9.3", "\"textbook@7.0.0\", \"textbook@9.2.1\""));
}

TEST_F(Proposing, AVersionOfTheRangeIsAddedToThoseItWasVerifiedOn) {
  expect(proposal(seven_, {{"7.4.0", true}}),
         file(">=7,<8", "\"textbook@7.0.0\", \"textbook@7.4.0\""));
}

TEST_F(Proposing, WhereNothingIsOtherwiseNothingIsProposed) {
  const Proposal same = proposal(seven_, {{"7.0.0", true}, {"9.0.0", false}});
  expect(same, seven_);
  EXPECT_THAT(same.changes, IsEmpty());
}

TEST_F(Proposing, AClaimedVersionThatDoesNotShowItEndsTheRange) {
  expect(proposal(seven_, {{"7.4.2", false}}), file(">=7.0,<7.4", "\"textbook@7.0.0\""));
  expect(proposal(seven_, {{"7.0.4", false}}), file(">=7.0,<7.0.4", "\"textbook@7.0.0\""));
  const DeviationFile both = file(">=7", "\"textbook@7.0.0\", \"textbook@9.0.0\"");
  expect(proposal(both, {{"9.0.0", false}}), file(">=7.0,<9.0", "\"textbook@7.0.0\""));
  expect(proposal(both, {{"8.1.0", false}}),
         file(">=7.0,<8.1 || >=8.2", "\"textbook@7.0.0\", \"textbook@9.0.0\""));
}

TEST_F(Proposing, OfTwoThatPredictTheSameTheOneWithoutAWitnessIsGone) {
  DeviationFile older = file(">=6,<8", "\"textbook@6.0.0\"");
  older.path = "a-first.toml";
  const auto replace = [&older](const std::string& from, const std::string& to) {
    older.text.replace(older.text.find(from), from.size(), to);
  };
  replace("made-up", "a-first");
  replace("corpus/witness", "corpus/near-miss");
  replace("near_miss = \"corpus/near-miss", "near_miss = \"corpus/third");
  (void)corpus_.write("corpus/third.scenario", near_miss);
  std::vector<Measurement> measurements;
  measurements.push_back(measured("7.0.0", true, {older, seven_}));
  const Proposal proposed = propose({older, seven_}, measurements);
  EXPECT_THAT(proposed.open, IsEmpty());
  EXPECT_THAT(proposed.changes, ElementsAre("a-first: versions >=6.0,<7.0 for >=6,<8"));
}

TEST_F(Proposing, WhatNoVersionHasAnyMoreIsLeftToSomebody) {
  const Proposal gone = proposal(seven_, {{"7.0.0", false}});
  EXPECT_EQ(gone.files.front().text, seven_.text);
  EXPECT_THAT(gone.open, testing::Contains(HasSubstr("made-up: no version is left that has it; "
                                                     "remove the file, witness and near miss")));
}

TEST_F(Proposing, ANearMissThatDeviatesIsLeftToSomebody) {
  (void)corpus_.write("corpus/near-miss.scenario", witness);
  const Proposal open = proposal(seven_, {{"8.0.0", true}});
  EXPECT_EQ(open.files.front().text, seven_.text);
  EXPECT_THAT(open.open, ElementsAre(HasSubstr("made-up on textbook@8.0.0: its near miss "
                                               "corpus/near-miss.scenario shows it, too")));
}

TEST_F(Proposing, WhatNothingPredictsIsLeftToSomebody) {
  (void)corpus_.write("corpus/near-miss.scenario",
                      "# normdiff-scenario 1\nnet = BatchNorm2d(2)\nnet.eval()\n"
                      "b = copy.deepcopy(net)\n");
  const Proposal open = proposal(seven_, {{"8.0.0", true}});
  EXPECT_EQ(open.files.front().text, seven_.text);
  EXPECT_THAT(open.open,
              ElementsAre(HasSubstr("has what nothing predicts: b.training is True, expected")));
}

TEST_F(Proposing, EvidenceThatIsMissingIsSaid) {
  std::filesystem::remove(corpus_.path() / "corpus/near-miss.scenario");
  EXPECT_THAT(proposal(seven_, {{"8.0.0", true}}).open,
              ElementsAre(HasSubstr("corpus/near-miss.scenario is not in the corpus")));
}

TEST_F(Proposing, TwoSubjectsOfOneVersionMustAgree) {
  EXPECT_THAT(proposal(seven_, {{"8.0.0", true}, {"8.0.0", false}}).open,
              ElementsAre(HasSubstr("it is on one subject of version 8.0.0 and not on another")));
}

TEST_F(Proposing, ANumberOfHitsIsChangedWhereEverySubjectShowsThatMany) {
  const DeviationFile three = file(">=7,<8", "\"textbook@7.0.0\"", 3);
  expect(proposal(three, {{"7.0.0", true}}), seven_);
  const Proposal open = proposal(three, {{"7.4.0", true}});
  EXPECT_EQ(open.files.front().text, three.text);
  EXPECT_THAT(open.open,
              ElementsAre(HasSubstr("shows it in 2 observations on textbook@7.4.0, and in 3 on "
                                    "textbook@7.0.0: a case of it is otherwise")));
  expect(proposal(three, {{"7.0.0", true}, {"7.4.0", true}}),
         file(">=7,<8", "\"textbook@7.0.0\", \"textbook@7.4.0\""));
}

// Whatever versions show it: they are claimed and verified, the others are not claimed, and with
// the files as proposed nothing is left to propose.
TEST_F(Proposing, ClaimsWhatWasSeenAndNothingThatWasNot) {
  std::mt19937 random(7);
  const std::vector<const char*> versions = {"1.0.0", "6.9.1", "7.0.0", "7.0.3", "7.1.0",
                                             "7.9.9", "8.0.0", "8.0.1", "8.1.0", "9.5.0"};
  std::size_t changed = 0;
  for (int trial = 0; trial < 25; ++trial) {
    std::vector<Seen> seen = {{"7.0.0", true}};
    for (const char* version : versions)
      if (version != std::string("7.0.0") && random() % 2 == 0)
        seen.push_back({version, random() % 2 == 0});
    const Proposal first = proposal(seven_, seen);
    EXPECT_THAT(first.open, IsEmpty());
    changed += first.changes.size();
    const Deviations proposed = catalogue(first.files.front());
    const Deviation& deviation = proposed.list().front();
    for (const Seen& one : seen) {
      const std::string verified = "textbook@" + std::string(one.version);
      EXPECT_EQ(in_range(one.version, deviation.versions), one.shows)
          << one.version << " in " << deviation.versions;
      EXPECT_EQ(std::ranges::count(deviation.verified_on, verified), one.shows ? 1 : 0) << verified;
    }
    EXPECT_THAT(proposal(first.files.front(), seen).changes, IsEmpty());
  }
  EXPECT_GT(changed, 20U);
}

TEST_F(Proposing, ARunWithTheProposedFilesIsStrictAndGreen) {
  const FoundSubject subject = strange("flag-lost-in-copy");
  const auto run = [&](const DeviationFile& with) {
    CampaignOptions options = campaign_on({subject}, 1);
    const Deviations deviations = catalogue(with);
    options.deviations = &deviations;
    const std::atomic<int> never{0};
    const auto corpus = load_corpus(corpus_.path() / "corpus");
    return replay_corpus(options, subject, std::get<std::vector<CorpusFile>>(corpus), never);
  };
  EXPECT_EQ(run(seven_).tally.known_elsewhere.at("made-up"), 2U) << "nothing was measured on it";
  const DeviationFile proposed = proposal(seven_, {{"0.1.0", true}}).files.front();
  const CorpusResult strict = run(proposed);
  EXPECT_THAT(strict.findings, IsEmpty());
  EXPECT_THAT(strict.unexpected_passes, IsEmpty());
  EXPECT_THAT(strict.tally.known_elsewhere, IsEmpty());
  EXPECT_EQ(strict.tally.deviations.at("made-up"), 2U);
  (void)corpus_.write("corpus/witness.scenario", near_miss);
  EXPECT_THAT(run(proposed).unexpected_passes, testing::SizeIs(1)) << "held to its witness";
}

}  // namespace
}  // namespace normdiff::test
