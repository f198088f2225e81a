#include "harness/campaign/corpus.hpp"

#include <gmock/gmock.h>

#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::atomic<int> never{0};

/// A catalogue of one deviation, on the textbook, that nothing shows.
Deviation deviation(const std::string& versions = "") {
  Deviation one;
  one.id = "made-up";
  one.subjects = {"textbook"};
  one.versions = versions;
  one.verified_on = {"textbook@0.1.0"};
  one.steps = {"train"};
  one.observations = {"flag:training"};
  one.prediction = "root_flag_everywhere";
  one.witness = "corpus/witness.scenario";
  one.near_miss = "corpus/near-miss.scenario";
  one.hits = {{"textbook", 1}};
  return one;
}

constexpr const char* text =
    "# normdiff-scenario 1\nnet = Sequential(bn=BatchNorm2d(2))\nnet.eval()\n";

struct Corpus : testing::Test {
  CorpusResult replay(const FoundSubject& subject, const Deviations& deviations) {
    CampaignOptions options = campaign_on({subject}, 1);
    options.deviations = &deviations;
    auto files = load_corpus(folder.path() / "corpus");
    return replay_corpus(options, subject, std::get<std::vector<CorpusFile>>(files), never);
  }
  TemporaryFolder folder;
};

TEST_F(Corpus, FilesAreNamedAsDeviationsCallThemWhateverTheFolder) {
  (void)folder.write("mine/seeds/b.scenario", text);
  (void)folder.write("mine/a.scenario", text);
  (void)folder.write("mine/README.md", "not a scenario");
  const auto files = load_corpus(folder.path() / "mine/");
  ASSERT_TRUE(std::holds_alternative<std::vector<CorpusFile>>(files));
  const auto& list = std::get<std::vector<CorpusFile>>(files);
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].name, "corpus/a.scenario");
  EXPECT_EQ(list[1].name, "corpus/seeds/b.scenario");
  EXPECT_EQ(list[1].path, (folder.path() / "mine/seeds/b.scenario").string());
}

TEST_F(Corpus, ABadFileOrFolderIsASentence) {
  EXPECT_THAT(std::get<std::string>(load_corpus(folder.path() / "none")),
              HasSubstr("can't be read"));
  (void)folder.write("corpus/bad.scenario", "nonsense");
  EXPECT_THAT(std::get<std::string>(load_corpus(folder.path() / "corpus")),
              HasSubstr("bad.scenario:1:"));
}

TEST_F(Corpus, AWitnessThatConformsIsAnUnexpectedPass) {
  (void)folder.write("corpus/witness.scenario", text);
  (void)folder.write("corpus/near-miss.scenario", text);
  const CorpusResult result = replay(strange("none"), Deviations({deviation()}));
  EXPECT_EQ(result.files, 2U);
  EXPECT_EQ(result.conforming, 2U);
  EXPECT_THAT(result.unexpected_passes,
              ElementsAre(HasSubstr("made-up.toml: corpus/witness.scenario conforms on "
                                    "textbook@0.1.0 now; end `versions` before 0.1.0")));
}

TEST_F(Corpus, EveryCaseOfAWitnessMustStillDeviate) {
  // A copy of a container without children trains on this textbook, whatever the original does.
  Deviation one = deviation();
  one.steps = {"deepcopy"};
  one.prediction = "clone_forgets_sequential_flags";
  const std::string beginning =
      "# normdiff-scenario 1\nnet = Sequential()\nnet2 = Sequential()\nnet.eval()\n";
  const std::string copies = "b = copy.deepcopy(net)\nb2 = copy.deepcopy(net2)\n";
  const auto passes = [&](const std::string& witness, std::uint64_t hits) {
    (void)folder.write("corpus/witness.scenario", witness);
    (void)folder.write("corpus/near-miss.scenario", text);
    one.hits["textbook"] = hits;
    const CorpusResult result = replay(strange("flag-lost-in-copy"), Deviations({one}));
    EXPECT_THAT(result.findings, IsEmpty());
    return result.unexpected_passes;
  };
  const std::string both = beginning + "net2.eval()\n" + copies;
  EXPECT_THAT(passes(both, 2), IsEmpty());
  EXPECT_THAT(passes(beginning + copies, 2),
              ElementsAre("made-up.toml: corpus/witness.scenario shows it in 1 of 2 observations "
                          "on textbook:flag-lost-in-copy@0.1.0: a case of it conforms now. End "
                          "`versions` before 0.1.0 and give what is left a file of its own; if "
                          "only the witness was edited, set `hits` to { textbook = 1 }"));
  EXPECT_THAT(passes(both, 1),
              ElementsAre(HasSubstr("in 2 observations on textbook:flag-lost-in-copy@0.1.0, "
                                    "expected 1: see what is new with normdiff check, and set "
                                    "`hits` to { textbook = 2 }")));
}

TEST_F(Corpus, OnAVersionThatNothingWasMeasuredOnADeviationThatIsGoneIsNews) {
  (void)folder.write("corpus/witness.scenario", text);
  (void)folder.write("corpus/near-miss.scenario", text);
  Deviation here = deviation(">=7");
  here.verified_on = {"textbook@7.0.0"};
  CorpusResult result = replay(strange("none"), Deviations({here}));
  EXPECT_THAT(result.unexpected_passes, IsEmpty());
  EXPECT_THAT(result.news, ElementsAre("made-up is gone on textbook@0.1.0: corpus/witness.scenario "
                                       "does not show it"));
  // A deviation is not expected if the nearest version that was measured lacks it.
  Deviation gone = here;
  gone.id = "mended-since";
  gone.versions = ">=8";
  gone.verified_on = {"textbook@8.0.0"};
  result = replay(strange("none"), Deviations({here, gone}));
  EXPECT_THAT(result.news, ElementsAre(HasSubstr("made-up is gone")));
}

TEST_F(Corpus, OnAnotherVersionADeviationThatIsTheSameIsNoNews) {
  (void)folder.write("corpus/witness.scenario",
                     "# normdiff-scenario 1\nnet = Sequential()\nnet.eval()\n"
                     "b = copy.deepcopy(net)\n");
  (void)folder.write("corpus/near-miss.scenario", text);
  Deviation elsewhere = deviation(">=7");
  elsewhere.steps = {"deepcopy"};
  elsewhere.prediction = "clone_forgets_sequential_flags";
  elsewhere.verified_on = {"textbook@7.0.0"};
  const CorpusResult result = replay(strange("flag-lost-in-copy"), Deviations({elsewhere}));
  EXPECT_THAT(result.news, IsEmpty());
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_EQ(result.conforming, 2U);
  EXPECT_EQ(result.tally.known_elsewhere.at("made-up"), 1U);
  // A deviation is back if the nearest version that was measured lacks it.
  Deviation other = elsewhere;
  other.id = "measured-since";
  other.steps = {"train"};
  other.versions = ">=0.2,<7";
  other.verified_on = {"textbook@0.2.0"};
  EXPECT_THAT(replay(strange("flag-lost-in-copy"), Deviations({elsewhere, other})).news,
              testing::Contains("made-up is back on textbook:flag-lost-in-copy@0.1.0: "
                                "corpus/witness.scenario shows it in 1 of 1 observations"));
  elsewhere.hits["textbook"] = 2;
  EXPECT_THAT(replay(strange("flag-lost-in-copy"), Deviations({elsewhere})).news,
              ElementsAre("made-up is another on textbook:flag-lost-in-copy@0.1.0: "
                          "corpus/witness.scenario shows it in 1 observations, not in 2"));
}

TEST_F(Corpus, ADeviationOfAnotherVersionIsNotHeldToIt) {
  (void)folder.write("corpus/other.scenario", text);
  EXPECT_THAT(replay(strange("none"), Deviations({deviation(">=7")})).unexpected_passes, IsEmpty());
}

TEST_F(Corpus, AMissingWitnessOrNearMissIsSaid) {
  (void)folder.write("corpus/other.scenario", text);
  EXPECT_THAT(replay(strange("none"), Deviations({deviation()})).unexpected_passes,
              ElementsAre(HasSubstr("its witness"), HasSubstr("its near miss")));
}

TEST_F(Corpus, ScenariosWithStepsThatTheSubjectNeverDoesAreSkipped) {
  (void)folder.write("corpus/script.scenario",
                     "# normdiff-scenario 1\nnet = BatchNorm2d(2)\ns = torch.jit.script(net)\n");
  FoundSubject subject = strange("none");
  subject.family = "libtorch";
  const CorpusResult result = replay(subject, Deviations());
  EXPECT_EQ(result.skipped, 1U);
  EXPECT_EQ(result.files, 0U);
}

TEST_F(Corpus, AFaultIsFoundAndConfirmed) {
  (void)folder.write("corpus/train.scenario",
                     "# normdiff-scenario 1\nnet = BatchNorm2d(2)\n"
                     "x = tensor(2, 2, 2, 2, normal(0, 1), seed=1)\ny = net(x)\n");
  const CorpusResult result = replay(strange("counter-missed"), Deviations());
  ASSERT_EQ(result.findings.size(), 1U);
  EXPECT_EQ(result.findings[0].origin, (folder.path() / "corpus/train.scenario").string())
      << "as it can be opened";
  EXPECT_TRUE(result.findings[0].confirmed);
  EXPECT_EQ(result.conforming, 0U);
}

}  // namespace
}  // namespace normdiff::test
