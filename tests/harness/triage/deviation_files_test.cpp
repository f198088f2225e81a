#include "harness/triage/deviation_files.hpp"

#include <gmock/gmock.h>

#include "checkout.hpp"
#include "tests/temporary_folder.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

constexpr const char* head = R"(# A comment with Ü, é and 日本.
id = "it"
title = "größer"
why = "w"
standing = "derived"
upstream = []
subjects = ["python", "libtorch"]
)";
constexpr const char* tail = R"(steps = ["forward"]
observations = ["counter:*"]
prediction = "counter_is_cast"
witness = "a.scenario"
near_miss = "b.scenario"
)";

DeviationFile file(const std::string& middle, const std::string& hits) {
  return {"it.toml", head + middle + tail + hits};
}

Measured measured() {
  return {">=2.13,<2.15",
          {"python@2.13.0", "libtorch@2.13.0", "python@2.14.1"},
          {{"python", 12}, {"libtorch", 3}}};
}

TEST(WithMeasured, ChangesWhatIsSaidOtherwiseAndNothingElse) {
  const DeviationFile before = file(
      "versions = '>=2.13,<2.14'  # measured\n"
      "verified_on = [ \"python@2.13.0\", \"libtorch@2.13.0\" ]  # by hand\n",
      "hits = { python = 2, libtorch = 3 }  # both\n");
  const std::string after = with_measured(before, measured());
  EXPECT_EQ(after, file("versions = \">=2.13,<2.15\"  # measured\n"
                        "verified_on = [ \"python@2.13.0\", \"libtorch@2.13.0\", "
                        "\"python@2.14.1\" ]  # by hand\n",
                        "hits = { python = 12, libtorch = 3 }  # both\n")
                       .text);
  EXPECT_EQ(with_measured({"it.toml", after}, measured()), after);
}

TEST(WithMeasured, KeepsAListOfSeveralLinesOne) {
  const DeviationFile before = file(
      "versions = \">=2.13,<2.15\"\n"
      "verified_on = [\n  \"python@2.13.0\",\n  \"libtorch@2.13.0\",  # a comment\n]\n",
      "\n[hits]\npython = 12\nlibtorch = 3\n");
  EXPECT_EQ(with_measured(before, measured()),
            file("versions = \">=2.13,<2.15\"\n"
                 "verified_on = [\n  \"python@2.13.0\",\n  \"libtorch@2.13.0\",\n  "
                 "\"python@2.14.1\",  # a comment\n]\n",
                 "\n[hits]\npython = 12\nlibtorch = 3\n")
                .text);
}

TEST(WithMeasured, WhatIsMadeCanBeReadAndSaysIt) {
  for (const char* list : {"[\"python@2.13.0\", \"libtorch@2.13.0\"]",
                           "[\n  \"libtorch@2.13.0\",  # one\n  \"python@2.13.0\",\n]",
                           "['python@2.13.0','libtorch@2.13.0','python@2.13.7',]"}) {
    const DeviationFile before =
        file("versions = \">=2.13,<2.14\"\nverified_on = " + std::string(list) + "\n",
             "hits.python = 2\nhits.libtorch = 2\n");
    ASSERT_TRUE(std::holds_alternative<Deviation>(parse_deviation(before.text, before.path)))
        << list;
    const std::string after = with_measured(before, measured());
    const auto parsed = parse_deviation(after, before.path);
    ASSERT_TRUE(std::holds_alternative<Deviation>(parsed)) << after;
    EXPECT_EQ(Measured::of(std::get<Deviation>(parsed)), measured()) << after;
  }
}

TEST(WithMeasured, OfTheBuiltInFilesIsTheFileItself) {
  const auto files = built_in_deviation_files();
  EXPECT_GT(files.size(), 20U);
  const auto parsed = parse_deviations(files);
  for (std::size_t i = 0; i < files.size(); ++i)
    EXPECT_EQ(with_measured(files[i], Measured::of(std::get<Deviations>(parsed).list()[i])),
              files[i].text)
        << files[i].path;
}

TEST(DeviationFiles, HaveThePathThatARepositoryOrAFolderKnowsThemBy) {
  for (const DeviationFile& built_in : built_in_deviation_files())
    EXPECT_EQ(read(std::filesystem::path(NORMDIFF_SOURCE_DIR) / built_in.path), built_in.text);
  const TemporaryFolder folder;
  (void)folder.write("it.toml", "text");
  const auto files = read_deviation_files(folder.path());
  ASSERT_TRUE(std::holds_alternative<std::vector<DeviationFile>>(files));
  const auto& list = std::get<std::vector<DeviationFile>>(files);
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0].path, (folder.path() / "it.toml").string());
  EXPECT_THAT(std::get<DeviationError>(parse_deviations(list)).message, HasSubstr("it.toml:1:"));
}

}  // namespace
}  // namespace normdiff::test
