#include "harness/cli/catalogue.hpp"
#include "checkout.hpp"

#include <gmock/gmock.h>

#include "tests/temporary_folder.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

const std::filesystem::path built_in = NORMDIFF_SOURCE_DIR "/harness/triage/deviations";

TEST(LoadCatalogue, WithoutAFolderItIsTheOneBuiltIn) {
  const auto loaded = load_catalogue("");
  ASSERT_TRUE(std::holds_alternative<Deviations>(loaded));
  EXPECT_EQ(std::get<Deviations>(loaded).list().size(), Deviations::built_in().list().size());
}

TEST(LoadCatalogue, AFolderIsTakenInsteadOfIt) {
  const TemporaryFolder folder;
  EXPECT_EQ(std::get<Deviations>(load_catalogue(folder.path().string())).list().size(), 0U);
  const std::string id = "onnx-export-restores-root-flag";
  (void)folder.write(id + ".toml", read(built_in / (id + ".toml")));
  const auto loaded = load_catalogue(folder.path().string());
  ASSERT_TRUE(std::holds_alternative<Deviations>(loaded));
  ASSERT_EQ(std::get<Deviations>(loaded).list().size(), 1U);
  EXPECT_EQ(std::get<Deviations>(loaded).list().front().id, id);
}

TEST(LoadCatalogue, WhatIsWrongWithAFolderIsASentence) {
  const TemporaryFolder folder;
  (void)folder.write("bad.toml", "id = \n");
  const auto bad = load_catalogue(folder.path().string());
  ASSERT_TRUE(std::holds_alternative<std::string>(bad));
  EXPECT_THAT(std::get<std::string>(bad), HasSubstr("bad.toml"));
  const TemporaryFolder other;
  (void)other.write("a.scenario", "");
  EXPECT_THAT(std::get<std::string>(load_catalogue(other.path().string())),
              HasSubstr("has other files and no *.toml; name a folder that has"));
  const auto none = load_catalogue("/none");
  ASSERT_TRUE(std::holds_alternative<std::string>(none));
  EXPECT_THAT(std::get<std::string>(none), HasSubstr("/none"));
}

}  // namespace
}  // namespace normdiff::test
