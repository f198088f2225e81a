#include "harness/campaign/coordinator.hpp"

#include <gmock/gmock.h>

#include <csignal>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "harness/findings/findings.hpp"
#include "harness/scenario/text/read_scenario.hpp"
#include "harness/scenario/text/text.hpp"
#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const RangeResult& result_of(const CampaignResult& campaign) {
  return campaign.subjects.front().profiles.front().result;
}

/// Everything a report is made from, as text.
std::string digest(const CampaignResult& campaign) {
  nlohmann::json json;
  for (const SubjectResult& subject : campaign.subjects)
    for (const ProfileResult& profile : subject.profiles)
      json["profiles"].push_back(to_json(profile.result));
  for (const Finding& finding : campaign.findings) json["findings"].push_back(to_json(finding));
  return json.dump();
}

TEST(Coordinator, RunsTheNumberAskedFor) {
  const CampaignResult campaign = run(campaign_on({strange("none")}, 150));
  EXPECT_EQ(result_of(campaign).tally.scenarios, 150U);
  EXPECT_THAT(campaign.findings, IsEmpty());
  EXPECT_THAT(campaign.subjects.front().unusable, IsEmpty());
  EXPECT_EQ(campaign.subjects.front().manifest.family, "textbook");
}

TEST(Coordinator, SpreadsTheNumberOverTheProfiles) {
  CampaignOptions options = campaign_on({strange("none")}, 7);
  options.profiles = {Profile::modes, Profile::numerics};
  const CampaignResult campaign = run(options);
  EXPECT_EQ(campaign.subjects.front().profiles[0].result.tally.scenarios, 4U);
  EXPECT_EQ(campaign.subjects.front().profiles[1].result.tally.scenarios, 3U);
}

TEST(Coordinator, AProfileWhoseScenariosTakeLongGetsAHundredthOfThem) {
  CampaignOptions options = campaign_on({strange("none")}, 202);
  options.profiles = {Profile::modes, Profile::dynamo, Profile::numerics};
  const auto scenarios = [&options] {
    std::vector<std::uint64_t> counts;
    const CampaignResult campaign = run(options);
    for (const ProfileResult& profile : campaign.subjects.front().profiles)
      counts.push_back(profile.result.tally.scenarios);
    return counts;
  };
  EXPECT_THAT(scenarios(), testing::ElementsAre(100, 2, 100));
  options.scenarios = 4;
  EXPECT_THAT(scenarios(), testing::ElementsAre(2, 1, 1)) << "but one of them";
  options.profiles = {Profile::dynamo};
  EXPECT_THAT(scenarios(), testing::ElementsAre(4));
}

TEST(Coordinator, DoesNotRunAProfileThatTheSubjectHasNoStepsFor) {
  FoundSubject subject = strange("none");
  subject.family = "libtorch";
  CampaignOptions options = campaign_on({subject}, 10);
  options.profiles = {Profile::modes, Profile::exports};
  const CampaignResult campaign = run(options);
  EXPECT_THAT(campaign.subjects.front().profiles, SizeIs(1));
  EXPECT_THAT(campaign.subjects.front().not_run,
              testing::ElementsAre(HasSubstr("export: Pure C++ LibTorch can't convert")));
}

TEST(Coordinator, AFamilyThatExportsWhatItCanRunsTheProfile) {
  std::string why;
  EXPECT_TRUE(runs_profile("python", Profile::exports, why)) << why;
  EXPECT_FALSE(runs_profile("libtorch", Profile::exports, why));
  EXPECT_FALSE(runs_profile("libtorch", Profile::dynamo, why));
  EXPECT_THAT(why, testing::Not(IsEmpty()));
}

// --- A subject that misbehaves costs one scenario ------------------------------------------------

struct Strange {
  const char* mode;
  const char* verdict;
  const char* says;
};

void PrintTo(const Strange& strange, std::ostream* out) {
  *out << strange.mode;
}

class StrangeHost : public testing::TestWithParam<Strange> {};

TEST_P(StrangeHost, CostsOneScenarioAndTheCampaignGoesOn) {
  CampaignOptions options = campaign_on({strange(GetParam().mode, 70)}, 100);
  options.deadline = std::chrono::milliseconds(400);
  const CampaignResult campaign = run(options);
  EXPECT_EQ(result_of(campaign).tally.scenarios, 100U);
  ASSERT_THAT(campaign.findings, SizeIs(1));
  const Finding& finding = campaign.findings.front();
  EXPECT_THAT(finding.signature, HasSubstr(GetParam().verdict));
  EXPECT_THAT(finding.details, testing::Contains(HasSubstr(GetParam().says)));
  EXPECT_EQ(finding.number, 70U);
  EXPECT_EQ(finding.origin, "seed 1, modes, number 70");
  EXPECT_EQ(finding.step, 2) << "the third statement is where it happens";
  EXPECT_TRUE(finding.confirmed);
  EXPECT_TRUE(std::holds_alternative<Scenario>(parse(finding.scenario)));
}

INSTANTIATE_TEST_SUITE_P(All, StrangeHost,
                         testing::Values(Strange{"crash", "crashed", "signal 11"},
                                         Strange{"exit", "crashed", "exit 3"},
                                         Strange{"hang", "timed_out", "no answer for 400 ms"},
                                         Strange{"garbage", "crashed", "no answer"},
                                         Strange{"halfway", "crashed", "exit 0"}),
                         [](const auto& named) { return std::string(named.param.mode); });

TEST(Coordinator, AHostThatDoesNotComeBackLeavesItsCrash) {
  const TemporaryFolder folder;
  const CampaignResult campaign =
      run(campaign_on({strange("once", 30, (folder.path() / "crashed").string())}, 50));
  EXPECT_THAT(campaign.subjects.front().unusable, HasSubstr("failed before it began"));
  ASSERT_THAT(campaign.findings, SizeIs(1));
  EXPECT_THAT(campaign.findings.front().signature, HasSubstr("crashed"));
  EXPECT_EQ(campaign.findings.front().number, 30U);
}

TEST(Coordinator, WhatIsKilledFromOutsideAtEveryTryIsAFailureOfTheHarness) {
  const CampaignResult campaign = run(campaign_on({strange("killed", 70)}, 100));
  EXPECT_THAT(campaign.findings, IsEmpty());
  EXPECT_THAT(campaign.subjects.front().unusable, IsEmpty());
  EXPECT_EQ(result_of(campaign).tally.scenarios, 100U);
  ASSERT_THAT(result_of(campaign).harness_errors, SizeIs(1));
  const Finding& error = result_of(campaign).harness_errors.front();
  EXPECT_EQ(error.number, 70U);
  EXPECT_THAT(error.details, testing::Contains(HasSubstr("killed from outside, signal 9")));
}

TEST(Coordinator, WhatIsKilledFromOutsideOnceLeavesNoTrace) {
  const TemporaryFolder folder;
  const FoundSubject killed = strange("killed-once", 70, (folder.path() / "killed").string());
  EXPECT_EQ(digest(run(campaign_on({killed}, 100))),
            digest(run(campaign_on({strange("none")}, 100))));
  EXPECT_TRUE(std::filesystem::exists(folder.path() / "killed"));
}

TEST(Coordinator, WhatALibraryPrintsIsNoAnswer) {
  const CampaignResult campaign = run(campaign_on({strange("noisy")}, 50));
  EXPECT_EQ(result_of(campaign).tally.scenarios, 50U);
  EXPECT_THAT(campaign.findings, IsEmpty());
}

TEST(Coordinator, AHostThatNeverBeginsIsNoFinding) {
  CampaignOptions options = campaign_on({strange("none")}, 50);
  options.subjects.push_back({"gone", "libtorch", "2.13.0", "", {"/no/such/host"}});
  const CampaignResult campaign = run(options);
  EXPECT_EQ(result_of(campaign).tally.scenarios, 50U);
  EXPECT_THAT(campaign.subjects[1].unusable, HasSubstr("/no/such/host"));
  EXPECT_THAT(campaign.findings, IsEmpty());
}

TEST(Coordinator, AHostThatIsNoHostIsNoFinding) {
  const CampaignResult campaign =
      run(campaign_on({{"true", "libtorch", "2.13.0", "", {"/bin/true"}}}, 50));
  EXPECT_THAT(campaign.subjects.front().unusable, HasSubstr("did not say what it is"));
}

// --- The same result, however the work was cut up
// -------------------------------------------------

TEST(Coordinator, ResultsDoNotDependOnJobsOrChunks) {
  CampaignOptions options = campaign_on({strange("momentum-swapped"), strange("crash", 70)}, 400);
  options.profiles = {Profile::modes, Profile::numerics};
  const std::string one = digest(run(options));
  options.jobs = 3;
  EXPECT_EQ(digest(run(options)), one);
  options.chunk_seconds = 0.001;
  EXPECT_EQ(digest(run(options)), one);
}

TEST(Coordinator, AnotherSeedIsAnotherCampaign) {
  CampaignOptions options = campaign_on({strange("none")}, 50);
  const std::string one = digest(run(options));
  options.seed = 2;
  EXPECT_NE(digest(run(options)), one);
}

TEST(Coordinator, EachSubjectHasAWitnessOfItsOwn) {
  FoundSubject other = strange("counter-missed");
  other.id = "the other";
  const CampaignResult campaign = run(campaign_on({strange("counter-missed"), other}, 100));
  std::multiset<std::string> signatures;
  for (const Finding& finding : campaign.findings) signatures.insert(finding.signature);
  ASSERT_FALSE(signatures.empty());
  for (const std::string& signature : signatures) EXPECT_EQ(signatures.count(signature), 2U);
}

TEST(Coordinator, FindsAPlantedFaultAndKeepsTheFirstOfEachSignature) {
  const CampaignResult campaign = run(campaign_on({strange("biased-running-var")}, 300));
  ASSERT_FALSE(campaign.findings.empty());
  std::set<std::string> signatures;
  for (const Finding& finding : campaign.findings) {
    EXPECT_TRUE(signatures.insert(finding.signature).second);
    EXPECT_TRUE(finding.confirmed) << finding.signature;
    EXPECT_GT(result_of(campaign).tally.signatures.at(finding.signature), 0U);
  }
}

TEST(Coordinator, ACheckerThatSaysEqualFindsNothing) {
  CampaignOptions options = campaign_on({strange("biased-running-var")}, 300);
  options.always_equal = true;
  EXPECT_THAT(run(options).findings, IsEmpty());
}

// --- On disk before it is told
// --------------------------------------------------------------------

TEST(Coordinator, FindingsAreOnDiskBeforeTheyAreTold) {
  const TemporaryFolder out;
  auto log = FindingsLog::open(out.path());
  const std::atomic<int> stop{0};
  std::size_t told = 0;
  CampaignListener listener;
  listener.found = [&](const Finding& finding, const std::string& file) {
    ++told;
    EXPECT_THAT(read(out.path() / "unreported.jsonl"), HasSubstr(finding.signature));
    EXPECT_EQ(read(out.path() / file), finding.scenario);
    EXPECT_TRUE(std::holds_alternative<Scenario>(read_scenario(out.path() / file)));
  };
  const CampaignResult campaign = run_campaign(campaign_on({strange("counter-missed")}, 200),
                                               std::get<FindingsLog>(log), listener, stop);
  EXPECT_GE(told, 1U);
  EXPECT_EQ(told, campaign.findings.size());
}

/// A host that holds up whoever tries a finding alone, until there is a file.
TEST(Coordinator, GoesOnWhileAFindingIsTriedAlone) {
  const TemporaryFolder folder;
  const std::string go = (folder.path() / "go").string();
  FoundSubject slow = strange("counter-missed");
  std::string program;
  for (const std::string& word : slow.command) program += " '" + word + "'";
  // The first host runs the ranges; each later one, which tries findings, waits.
  slow.command = {"/bin/sh", "-c",
                  "if mkdir '" + go + ".first' 2>/dev/null; then exec" + program +
                      "; fi; while ! [ -e '" + go + "' ]; do sleep 0.05; done; exec" + program};
  CampaignListener listener;
  std::uint64_t done_before = 0;
  std::size_t told = 0;
  listener.progress = [&](const Progress& progress) {
    if (progress.scenarios < 300) return;
    EXPECT_TRUE(told == 0 || std::filesystem::exists(go));
    done_before = progress.scenarios;
    std::ofstream{go};
  };
  listener.found = [&](const Finding& finding, const std::string&) {
    ++told;
    EXPECT_TRUE(finding.confirmed);
  };
  const CampaignResult campaign = run(campaign_on({slow}, 300), listener);
  EXPECT_EQ(done_before, 300U);
  EXPECT_EQ(told, campaign.findings.size());
  EXPECT_GE(told, 1U);
}

// --- Time, and Ctrl-C
// -----------------------------------------------------------------------------

TEST(Coordinator, StopsWhenTheTimeIsOver) {
  CampaignOptions options = campaign_on({strange("none")}, 0);
  options.scenarios.reset();
  options.time = std::chrono::milliseconds(500);
  const auto begin = std::chrono::steady_clock::now();
  const CampaignResult campaign = run(options);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_GT(result_of(campaign).tally.scenarios, 0U);
}

TEST(Coordinator, AnInterruptKeepsWhatThereIs) {
  CampaignOptions options = campaign_on({strange("none")}, 0);
  options.scenarios.reset();
  options.chunk_seconds = 0.05;
  const TemporaryFolder out;
  auto log = FindingsLog::open(out.path());
  std::atomic<int> stop{0};
  CampaignListener listener;
  listener.progress = [&](const Progress& progress) {
    if (progress.scenarios > 0) stop = SIGINT;
  };
  const CampaignResult campaign = run_campaign(options, std::get<FindingsLog>(log), listener, stop);
  EXPECT_EQ(campaign.interrupted_by, SIGINT);
  EXPECT_GT(result_of(campaign).tally.scenarios, 0U);
}

}  // namespace
}  // namespace normdiff::test
