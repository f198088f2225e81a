#include "harness/text/unified_diff.hpp"

#include <gmock/gmock.h>

#include <random>

#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

TEST(UnifiedDiff, OfTheSameTextIsEmpty) {
  EXPECT_EQ(unified_diff("a.toml", "one\n", "one\n"), "");
  EXPECT_EQ(unified_diff("a.toml", "", ""), "");
}

TEST(UnifiedDiff, ShowsChangedLinesWithThreeAroundThem) {
  EXPECT_EQ(
      unified_diff("x/a.toml", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"),
      "--- a/x/a.toml\n+++ b/x/a.toml\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

TEST(UnifiedDiff, FarChangesAreHunksOfTheirOwn) {
  const std::string before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
  const std::string patch = unified_diff("a", before, "one\n2\n3\n4\n5\n6\n7\n8\nnine\n");
  EXPECT_THAT(patch, HasSubstr("@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n"));
}

/// A text of few lines, which often repeat; sometimes without its last newline.
std::string some_text(std::mt19937& random, std::size_t lines) {
  std::string text;
  for (std::size_t i = 0; i < lines; ++i)
    text += std::string(1, static_cast<char>('a' + random() % 3)) + "\n";
  if (!text.empty() && random() % 4 == 0) text.pop_back();
  return text;
}

TEST(UnifiedDiff, IsTakenByThePatchProgramAndByGit) {
  std::mt19937 random(1);
  const TemporaryFolder folder;
  std::string commands = "cd " + folder.path().string() + " || exit 1\n";
  std::size_t patches = 0;
  for (int trial = 0; trial < 60; ++trial) {
    const std::size_t lines = random() % 20;
    const std::string before = some_text(random, lines);
    const std::string after = some_text(random, random() % 3 > 0 ? lines : random() % 20);
    if (before.empty() || after.empty()) continue;  // a file that is made or removed
    const std::string name = "f" + std::to_string(trial);
    const std::string patch = unified_diff(name, before, after);
    if (patch.empty()) continue;
    ++patches;
    for (const std::string folder_name : {"by-patch/", "by-git/"})
      (void)folder.write(folder_name + name, before);
    (void)folder.write("after/" + name, after);
    (void)folder.write("patches/" + name, patch);
  }
  EXPECT_GT(patches, 30U);
  const Ran ran =
      run_in_shell(commands +
                   "for f in patches/*; do patch -s -p1 -d by-patch <$f || exit 2; "
                   "(cd by-git && GIT_CEILING_DIRECTORIES=/ git apply ../$f) || exit 3; done; "
                   "diff -r by-patch after && diff -r by-git after");
  EXPECT_EQ(ran.code, 0) << ran.output;
}

}  // namespace
}  // namespace normdiff::test
