#include "harness/cli/cli.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Ran {
  int code = -1;
  std::string output;  ///< of both streams
};

/// The real program, in a pipe and in a folder of its own.
Ran normdiff(const std::string& arguments) {
  const TemporaryFolder here;
  const std::string command = "cd " + here.path().string() +
                              " && " NORMDIFF_BINARY_DIR "/bin/normdiff " + arguments +
                              " 2>&1 </dev/null";
  Ran ran;
  std::FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> block{};
  while (const std::size_t n = std::fread(block.data(), 1, block.size(), pipe))
    ran.output.append(block.data(), n);
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

const std::string seeds = NORMDIFF_SOURCE_DIR "/corpus/seeds/";

struct BadUsage {
  const char* arguments;
  const char* says;
};
void PrintTo(const BadUsage& usage, std::ostream* out) {
  *out << usage.arguments;
}

class Usage : public testing::TestWithParam<BadUsage> {};

TEST_P(Usage, IsOneSentenceAndTwo) {
  const Ran ran = normdiff(GetParam().arguments);
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("normdiff: "), HasSubstr(GetParam().says)));
  EXPECT_EQ(std::count(ran.output.begin(), ran.output.end(), '\n'), 1) << ran.output;
}

INSTANTIATE_TEST_SUITE_P(
    All, Usage,
    testing::Values(
        BadUsage{"", "subcommand is required"},
        BadUsage{"fly", "there is no command fly; there are run, check"},
        BadUsage{"run --seed x", "--seed"}, BadUsage{"run --scenarios 0", "--scenarios"},
        BadUsage{"run --scenarios 5 --time 5s", "can't both be given"},
        BadUsage{"run --time 5x", "--time 5x is no duration; write 60s"},
        BadUsage{"run --deadline -1s", "is no duration"}, BadUsage{"run --jobs 0", "--jobs"},
        BadUsage{"run --profile none", "there is no profile none; there are modes"},
        BadUsage{"run --subject none", "there is no subject none; there are "},
        BadUsage{"run --subject textbook --profile export", "nothing can run"},
        BadUsage{"run --subject textbook --out /proc/none", "can't be made"},
        BadUsage{"run --subject textbook --corpus /none", "the corpus /none"},
        BadUsage{"run --subject textbook --deviations /none", "/none"}, BadUsage{"check", "FILE"},
        BadUsage{"check /none.scenario", "no such file"},
        BadUsage{"check /none.jsonl", "no such file"}, BadUsage{"check /tmp", "this is a folder"},
        BadUsage{"trace /none.scenario", "no such file"},
        BadUsage{"report /none", "/none/report.json: there is no such file"},
        BadUsage{"fmt /none.scenario", "no such file"},
        BadUsage{"host --subject none", "there is no subject none to host"}));

TEST(Help, EverySubcommandHasExamples) {
  for (const char* name : {"", "run", "check", "trace", "report", "subjects", "fmt", "bench"}) {
    const Ran ran = normdiff(std::string(name) + " --help");
    EXPECT_EQ(ran.code, 0) << name;
    EXPECT_THAT(ran.output, AllOf(HasSubstr("Examples:"), HasSubstr("normdiff"))) << name;
  }
  EXPECT_THAT(normdiff("--help").output, Not(HasSubstr("host  "))) << "not for people";
}

TEST(Check, ShowsFlagsAndWhatMoved) {
  const Ran ran = normdiff("check " + seeds + "shared-child.scenario --subject textbook");
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output,
              AllOf(HasSubstr("net T, net.first E"), HasSubstr("moved: bn.running_mean"),
                    HasSubstr("conforms; "), Not(HasSubstr("\033"))));
}

TEST(Check, ADiscrepancyIsOne) {
  const Ran ran =
      normdiff("check " + seeds + "shared-child.scenario --subject textbook:counter-missed");
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.output, AllOf(HasSubstr("num_batches_tracked is 0, expected 2"),
                                HasSubstr("does not conform")));
}

TEST(Check, EverythingShowsWhatWasEqual) {
  const Ran ran =
      normdiff("check " + seeds + "shared-child.scenario --subject textbook --everything");
  EXPECT_THAT(ran.output, HasSubstr("equal"));
}

TEST(Trace, IsCheckedWithoutTheSubject) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "t.jsonl").string();
  EXPECT_EQ(normdiff("trace " + seeds + "shared-child.scenario --subject textbook >" + file).code,
            0);
  EXPECT_THAT(read(file), HasSubstr("{\"normdiff-trace\":1"));
  const Ran ran = normdiff("check " + file);
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("conforms"));
  // Cut, and damaged.
  const std::string text = read(file);
  const std::string cut = folder.write("cut.jsonl", text.substr(0, text.size() / 2));
  EXPECT_EQ(normdiff("check " + cut).code, 2);
  const std::string other = folder.write("other.jsonl", "{\"normdiff-trace\":2}\n");
  EXPECT_THAT(normdiff("check " + other).output,
              HasSubstr("other.jsonl:1: a trace of another format"));
}

TEST(Fmt, MakesCanonicalAndCheckOnlySays) {
  const TemporaryFolder folder;
  const std::string file =
      folder.write("a.scenario", "# normdiff-scenario 1\nnet=BatchNorm2d( 2, eps = 1e-5 )\n");
  EXPECT_EQ(normdiff("fmt --check " + file).code, 1);
  EXPECT_EQ(normdiff("fmt " + file).code, 0);
  EXPECT_EQ(read(file), "# normdiff-scenario 1\nnet = BatchNorm2d(2)\n");
  EXPECT_EQ(normdiff("fmt --check " + file).code, 0);
}

TEST(Run, SeedFirstVerdictLast) {
  const TemporaryFolder out;
  const Ran ran =
      normdiff("run --subject textbook --seed 5 --scenarios 60 --out " + out.path().string());
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_EQ(ran.output.rfind("seed 5; subjects: textbook\n", 0), 0U);
  const std::string last = ran.output.substr(ran.output.rfind('\n', ran.output.size() - 2) + 1);
  EXPECT_THAT(last, HasSubstr("conforms: 1 subject, 60 scenarios"));
  for (const char* name : {"report.json", "report.md", "report.html"})
    EXPECT_TRUE(std::filesystem::exists(out.path() / name));
}

TEST(Run, APlantedFaultIsOneAndItsReplayCommandShowsIt) {
  const TemporaryFolder out;
  const Ran ran =
      normdiff("run --subject textbook:counter-missed --profile modes --scenarios 100 --out " +
               out.path().string());
  EXPECT_EQ(ran.code, 1);
  const std::size_t begin = ran.output.find("normdiff check ");
  ASSERT_NE(begin, std::string::npos);
  const std::string command = ran.output.substr(begin, ran.output.find('\n', begin) - begin);
  const Ran replayed = normdiff(command.substr(std::string("normdiff ").size()));
  EXPECT_EQ(replayed.code, 1) << replayed.output;
}

TEST(Run, TheSameSettingsGiveTheSameReportByteForByte) {
  const TemporaryFolder one;
  const TemporaryFolder two;
  const std::string run =
      "run --subject textbook:counter-missed --scenarios 200 --power "
      "--power-scenarios 300 --out latest";
  (void)std::system(("cd " + one.path().string() + " && " NORMDIFF_BINARY_DIR "/bin/normdiff " +
                     run + " >/dev/null")
                        .c_str());
  (void)std::system(("cd " + two.path().string() + " && " NORMDIFF_BINARY_DIR "/bin/normdiff " +
                     run + " --jobs 3 >/dev/null")
                        .c_str());
  for (const char* name : {"latest/report.json", "latest/report.md", "latest/report.html"}) {
    EXPECT_FALSE(read(one.path() / name).empty());
    EXPECT_EQ(read(one.path() / name), read(two.path() / name)) << name;
  }
}

TEST(Report, IsRenderedAgainFromItsJson) {
  const TemporaryFolder out;
  const std::string folder = out.path().string();
  EXPECT_EQ(normdiff("run --subject textbook --scenarios 30 --out " + folder).code, 0);
  const std::string page = read(out.path() / "report.html");
  std::filesystem::remove(out.path() / "report.html");
  EXPECT_EQ(normdiff("report " + folder).code, 0);
  EXPECT_EQ(read(out.path() / "report.html"), page);
  (void)out.write("report.json", "{}");
  EXPECT_EQ(normdiff("report " + folder).code, 2);
}

TEST(SubjectsCommand, ListsWhatIsThereAndWhatEachDoes) {
  const Ran ran = normdiff("subjects");
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.output,
              AllOf(HasSubstr("textbook:counter-missed"), HasSubstr("torch.onnx.export"),
                    HasSubstr("Pure C++ LibTorch can't")));
}

}  // namespace
}  // namespace normdiff::test
