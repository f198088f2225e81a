#include <filesystem>

#include "tests/harness/installed.hpp"

// cmake/install.cmake: a tree that needs neither the clone nor the build folder.
namespace normdiff::test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

/// Every text of printable characters that begins with one of the clone's folders. What asserts of
/// a build without optimisation say names sources and opens nothing.
std::vector<std::string> paths_of_the_clone_in(const fs::path& file) {
  const std::string bytes = read(file);
  std::vector<std::string> found;
  for (const std::string folder : {NORMDIFF_SOURCE_DIR "/", NORMDIFF_BINARY_DIR "/"})
    for (std::size_t at = 0; (at = bytes.find(folder, at)) != std::string::npos; ++at) {
      const std::string text = bytes.substr(at, bytes.find('\0', at) - at);
      if (!text.ends_with(".hpp") && !text.ends_with(".cpp")) found.push_back(text);
    }
  return found;
}

TEST_F(Installed, TheCommandKnowsNoPlaceOfTheClone) {
  EXPECT_THAT(paths_of_the_clone_in(prefix_ / "bin" / "normdiff"), testing::IsEmpty());
  EXPECT_THAT(paths_of_the_clone_in(folder_.write("with", NORMDIFF_SOURCE_DIR "/data")),
              testing::SizeIs(testing::Ge(1U)));
}

TEST_F(Installed, ItRunsWithTheCorpusThatCameAlong) {
  const std::string corpus = "'" + (prefix_ / "share" / "normdiff" / "corpus").string() + "'";
  const Ran ran = normdiff("run --subject textbook --scenarios 20 --out out --corpus " + corpus);
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("corpus on textbook"));
  EXPECT_EQ(normdiff("language").output, read(NORMDIFF_SOURCE_DIR "/docs/language.md"));
}

}  // namespace
}  // namespace normdiff::test
