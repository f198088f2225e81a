#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

constexpr const char* loose = "# normdiff-scenario 1\nnet=BatchNorm2d( 2, eps = 1e-5 )\n";
constexpr const char* canonical = "# normdiff-scenario 1\nnet = BatchNorm2d(2)\n";

TEST(FmtCommand, MakesCanonical) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.scenario", loose);
  const Ran ran = normdiff("fmt " + file);
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.output, file + "\n");
  EXPECT_EQ(read(file), canonical);
}

TEST(FmtCommand, SaysNothingOfWhatIsCanonicalAlready) {
  const Ran ran = normdiff("fmt --check " + seeds + "*.scenario");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.output, "");
}

TEST(FmtCommand, CheckOnlySays) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.scenario", loose);
  const std::string good = folder.write("b.scenario", canonical);
  const Ran ran = normdiff("fmt --check " + file + " " + good);
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.output, file + " is not canonical; normdiff fmt " + file + " makes it so\n");
  EXPECT_EQ(read(file), loose);
}

TEST(FmtCommand, LeavesAloneWhatItCannotRead) {
  const TemporaryFolder folder;
  const std::string file = folder.write("a.scenario", "# normdiff-scenario 1\nnet = Fly(2)\n");
  expect_one_sentence("fmt /none.scenario", "no such file");
  const Ran ran = normdiff("fmt " + file);
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.output, HasSubstr("a.scenario:2:"));
  EXPECT_EQ(read(file), "# normdiff-scenario 1\nnet = Fly(2)\n");
}

}  // namespace
}  // namespace normdiff::test
