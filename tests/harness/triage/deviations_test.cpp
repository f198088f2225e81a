#include "harness/triage/deviations.hpp"
#include "checkout.hpp"

#include <gmock/gmock.h>

#include <set>

#include "harness/subject/subject.hpp"
#include "harness/triage/predictions/predictions.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

using ::testing::HasSubstr;

constexpr const char* whole = R"(id = "it"
title = "t"
why = "w"
standing = "derived"
upstream = []
subjects = ["python"]
versions = ">=2.13,<2.14"
verified_on = ["python@2.13.0"]
steps = ["forward"]
observations = ["counter:*"]
prediction = "counter_is_cast"
witness = "a.scenario"
near_miss = "b.scenario"
hits = { python = 2 }
)";

std::string error_of(const std::string& toml, std::string_view file = "it.toml") {
  auto parsed = parse_deviation(toml, file);
  const auto* error = std::get_if<DeviationError>(&parsed);
  return error ? error->message : "";
}
std::string with(const std::string& line, const std::string& instead) {
  std::string text = whole;
  const std::size_t at = text.find(line);
  return text.replace(at, text.find('\n', at) - at, instead);
}

/// Known of Python in those versions and measured on those.
Deviation known(const std::string& id, const std::string& versions,
                std::vector<std::string> verified_on) {
  Deviation one;
  one.id = id;
  one.subjects = {"python"};
  one.versions = versions;
  one.verified_on = std::move(verified_on);
  return one;
}

TEST(Deviations, AreClaimedMeasuredAsGoneOrToBeTried) {
  const Deviation old = known("old", ">=1.13,<1.14", {"python@1.13.1"});
  const Deviation both =
      known("both", ">=1.13,<1.14 || >=2.13,<2.14", {"python@1.13.1", "python@2.13.0"});
  const Deviations catalogue({old, both});
  const auto on = [](const std::string& version, const std::string& family = "python") {
    Manifest subject;
    subject.family = family;
    subject.version = version;
    return subject;
  };
  EXPECT_EQ(catalogue.applies(old, on("1.13.1")), Applies::claimed);
  EXPECT_EQ(catalogue.applies(old, on("2.13.0")), Applies::no) << "a measured gap";
  EXPECT_EQ(catalogue.applies(old, on("2.14.1")), Applies::elsewhere);
  EXPECT_EQ(catalogue.applies(both, on("2.13.5")), Applies::claimed);
  EXPECT_EQ(catalogue.applies(both, on("2.14.1", "libtorch")), Applies::no);
  EXPECT_TRUE(catalogue.is_measured("python", "2.13.0"));
  EXPECT_FALSE(catalogue.is_measured("python", "2.13.5"));
  EXPECT_FALSE(catalogue.is_measured("libtorch", "2.13.0"));
  EXPECT_FALSE(catalogue.is_expected(old, on("2.14.1"))) << "2.13.0 is nearer, and lacks it";
  EXPECT_TRUE(catalogue.is_expected(both, on("2.14.1")));
  EXPECT_TRUE(catalogue.is_expected(old, on("2.6.0")));
  EXPECT_TRUE(catalogue.is_expected(old, on("1.12.0"))) << "nothing before it was measured";
}

TEST(ParseDeviation, TakesAWholeFile) {
  EXPECT_EQ(error_of(whole), "");
  EXPECT_EQ(error_of(whole, "some/folder/it.toml"), "");
}

TEST(ParseDeviation, AFileThatIsEmptyCutOrNotTomlIsOneSentenceWithItsPlace) {
  EXPECT_THAT(error_of(""), HasSubstr("it.toml: 'id' is missing, empty or no text; write id ="));
  const std::string text = whole;
  for (std::size_t n = 0; n + 1 < text.size(); ++n) {
    const std::string error = error_of(text.substr(0, n));
    EXPECT_THAT(error, ::testing::StartsWith("it.toml:")) << n;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
  EXPECT_THAT(error_of(with("why", "why = ")), HasSubstr("it.toml:3: "));
}

TEST(ParseDeviation, EveryFieldMustBeThereAndOfItsType) {
  for (const char* key :
       {"id", "title", "why", "standing", "versions", "prediction", "witness", "near_miss"}) {
    const std::string k = key;
    for (const std::string& bad : {std::string(), k + " = 3", k + " = \"\"", k + " = [\"x\"]"})
      EXPECT_THAT(error_of(with(k + " =", bad)),
                  HasSubstr("'" + k + "' is missing, empty or no text"))
          << bad;
  }
  for (const char* key : {"upstream", "subjects", "verified_on", "steps", "observations"}) {
    const std::string k = key;
    for (const std::string& bad : {std::string(), k + " = \"x\"", k + " = [3]"})
      EXPECT_THAT(error_of(with(k + " =", bad)),
                  HasSubstr("'" + k + "' is missing or no list of texts"))
          << bad;
  }
  for (const char* key : {"subjects", "verified_on", "steps", "observations"})
    EXPECT_THAT(error_of(with(std::string(key) + " =", std::string(key) + " = []")),
                HasSubstr("must not be empty"));
}

TEST(ParseDeviation, NamesMustBeKnown) {
  EXPECT_THAT(error_of(with("why", "why = \"w\"\nwhen = \"x\"")), HasSubstr("unknown key 'when'"));
  EXPECT_THAT(error_of(with("standing", "standing = \"sure\"")), HasSubstr("'standing' must be"));
  EXPECT_THAT(error_of(with("prediction", "prediction = \"magic\"")),
              HasSubstr("no prediction is called 'magic'"));
  EXPECT_THAT(error_of(with("steps", "steps = [\"jump\"]")), HasSubstr("'jump'"));
  EXPECT_THAT(error_of(with("observations", "observations = [\"counter\"]")),
              HasSubstr("'counter' is not an observation"));
  EXPECT_THAT(error_of(with("observations", "observations = [\"count:*\"]")),
              HasSubstr("'count:*' is not an observation"));
  EXPECT_THAT(error_of(with("versions", "versions = \"about 2\"")),
              HasSubstr("no range of versions; write one like"));
  EXPECT_THAT(error_of(with("id", "id = \"other\"")), HasSubstr("its id is 'other'; correct it"));
}

TEST(ParseDeviation, WhatIsDocumentedHasAPage) {
  const auto documented = [](const std::string& docs) {
    return error_of(with("standing", "standing = \"documented\"\n" + docs));
  };
  EXPECT_EQ(documented("docs = \"https://docs.pytorch.org/docs/stable/a.html\""), "");
  for (const char* bad : {"", "docs = \"\"", "docs = 3", "docs = \"https://example.org/a.html\""})
    EXPECT_THAT(documented(bad),
                HasSubstr("it.toml: 'docs' must be the page that documents it, "
                          "https://docs.pytorch.org/...; add the link, or change 'standing'"))
        << bad;
  EXPECT_THAT(error_of(with("standing", "standing = \"derived\"\ndocs = \"a page\"")),
              HasSubstr("'docs' must be"));
}

TEST(ParseDeviation, ItWasVerifiedOnEachFamilyAndInEachRangeThatItNames) {
  const auto verified = [](const std::string& on, const std::string& versions) {
    std::string text = with("verified_on", "verified_on = [" + on + "]");
    text.replace(text.find(">=2.13,<2.14"), 12, versions);
    return text;
  };
  const auto error = [&](const std::string& on, const std::string& versions = ">=2.13,<2.14") {
    return error_of(verified(on, versions));
  };
  for (const char* bad : {"2.13.0", "python", "python@", "python@new", "@"})
    EXPECT_THAT(
        error("\"" + std::string(bad) + "\""),
        HasSubstr("'verified_on' has '" + std::string(bad) + "'; write family and version"));
  EXPECT_THAT(error("\"python@2.13.0\", \"libtorch@2.13.0\""),
              HasSubstr("'libtorch@2.13.0', but 'subjects' has no libtorch; correct either"));
  EXPECT_THAT(error("\"python@2.13.0\", \"python@2.14.0\""),
              HasSubstr("'python@2.14.0', which is not in '>=2.13,<2.14'; correct either"));
  const char* both = ">=1.13,<1.14 || >=2.13,<2.14";
  EXPECT_EQ(error("\"python@1.13.1\", \"python@2.13.0\"", both), "");
  EXPECT_THAT(error("\"python@2.13.0\"", both),
              HasSubstr("'verified_on' has nothing in '>=1.13,<1.14'; run the witness there"));
  std::string two = whole;
  two.replace(two.find("[\"python\"]"), 10, "[\"python\", \"libtorch\"]");
  EXPECT_THAT(error_of(two), HasSubstr("'verified_on' has no libtorch; run the witness there"));
}

TEST(ParseDeviation, SubjectsAreFamiliesThatThereAre) {
  EXPECT_THAT(error_of(with("subjects", "subjects = [\"python\", \"nosuch\"]")),
              HasSubstr("'subjects' has 'nosuch', which is no family; normdiff subjects lists"));
}

TEST(ParseDeviation, HitsAreCountedForEachFamily) {
  for (const char* bad :
       {"", "hits = 2", "hits = {}", "hits = { libtorch = 2 }", "hits = { python = 0 }",
        "hits = { python = -1 }", "hits = { python = \"2\" }"})
    EXPECT_THAT(error_of(with("hits", bad)),
                HasSubstr("it.toml: 'hits' must have the number of observations"))
        << bad;
  EXPECT_THAT(error_of(with("hits", "hits = { python = 2, libtorch = 2 }")),
              HasSubstr("'hits' has more than 'subjects'; correct either"));
}

TEST(Load, AFolderThatIsNotThereIsAnError) {
  auto loaded = Deviations::load("/no/such/folder");
  ASSERT_TRUE(std::holds_alternative<DeviationError>(loaded));
  EXPECT_THAT(
      std::get<DeviationError>(loaded).message,
      ::testing::AllOf(HasSubstr("/no/such/folder"), HasSubstr("name a folder of *.toml files")));
}

TEST(Load, ABadFileIsNeverSkipped) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "normdiff-deviations-test";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "it.toml") << whole;
  std::ofstream(folder / "notes.txt") << "not a deviation";
  auto loaded = Deviations::load(folder);
  ASSERT_TRUE(std::holds_alternative<Deviations>(loaded));
  EXPECT_EQ(std::get<Deviations>(loaded).list().size(), 1u);
  std::ofstream(folder / "empty.toml").close();
  loaded = Deviations::load(folder);
  ASSERT_TRUE(std::holds_alternative<DeviationError>(loaded));
  EXPECT_THAT(std::get<DeviationError>(loaded).message, HasSubstr("empty.toml"));
  std::filesystem::remove_all(folder);
}

TEST(BuiltIn, IsTheFolderOfTheSource) {
  auto loaded = Deviations::load(NORMDIFF_SOURCE_DIR "/harness/triage/deviations");
  ASSERT_TRUE(std::holds_alternative<Deviations>(loaded))
      << std::get<DeviationError>(loaded).message;
  const auto& files = std::get<Deviations>(loaded).list();
  const auto& built_in = Deviations::built_in().list();
  ASSERT_EQ(files.size(), built_in.size());
  for (std::size_t i = 0; i < files.size(); ++i) EXPECT_EQ(files[i].id, built_in[i].id);
}

TEST(BuiltIn, EveryDeviationHasAWitnessAndANearMissInCanonicalForm) {
  for (const Deviation& deviation : Deviations::built_in().list()) {
    EXPECT_NE(deviation.witness, deviation.near_miss) << deviation.id;
    for (const std::string& path : {deviation.witness, deviation.near_miss}) {
      std::ifstream file(std::string(NORMDIFF_SOURCE_DIR "/") + path);
      ASSERT_TRUE(file) << path;
      std::stringstream text;
      text << file.rdbuf();
      const Scenario scenario = testing::parsed(text.str());
      EXPECT_EQ(print(scenario), text.str()) << path;
    }
  }
}

TEST(BuiltIn, EveryPredictionIsUsed) {
  std::set<std::string_view> used;
  for (const Deviation& deviation : Deviations::built_in().list())
    used.insert(deviation.prediction);
  for (std::string_view name : prediction_names()) EXPECT_EQ(used.count(name), 1u) << name;
}

TEST(ParseDeviation, KeysNestedDeeperThanAnyStackAreASentence) {
  std::string deep = "a = 1\n[";
  for (int i = 0; i < 300'000; ++i) deep += "a.";
  const auto parsed = parse_deviation(deep + "b]\n", "x.toml");
  ASSERT_TRUE(std::holds_alternative<DeviationError>(parsed));
  EXPECT_THAT(std::get<DeviationError>(parsed).message,
              HasSubstr("x.toml:2: more than 40 dots in a line; write plain keys"));
}

}  // namespace
}  // namespace normdiff
