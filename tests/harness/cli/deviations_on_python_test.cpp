#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tests/harness/cli/program.hpp"

// `normdiff deviations update` on the real PyTorch.
namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

const std::string conforming = seeds + "forum-thread-deepcopy.scenario";

/// The PyTorch of .venv under the name of a version that nothing was measured on, and a copy of the
/// catalogue.
class AnotherTorch : public testing::Test {
 protected:
  void SetUp() override {
    const std::string worker = folder_.write("renamed.py",
                                             "import os, runpy, sys, torch\n"
                                             "torch.__version__ = '2.99.1'\n"
                                             "sys.argv = sys.argv[2:]\n"
                                             "sys.path[0] = os.path.dirname(sys.argv[0])\n"
                                             "runpy.run_path(sys.argv[0], run_name='__main__')\n");
    python_ = folder_.write("python", fmt::format("#!/bin/sh\n"
                                                  "[ \"$1\" != -c ] || exec echo 2.99.1\n"
                                                  "exec {} -B {} \"$@\"\n",
                                                  NORMDIFF_VENV_PYTHON, worker));
    fs::permissions(python_, fs::perms::owner_all);
    fs::copy(NORMDIFF_SOURCE_DIR "/harness/triage/deviations", folder_.path() / "deviations");
    fs::create_directories(folder_.path() / "corpus/seeds");
    fs::copy(NORMDIFF_SOURCE_DIR "/corpus/deviations", folder_.path() / "corpus/deviations");
    fs::copy(conforming, folder_.path() / "corpus/seeds");
  }
  /// In the folder of the copy, on this torch.
  [[nodiscard]] Ran normdiff(const std::string& command, const std::string& rest = "") const {
    return run_in_shell(
        fmt::format("cd {} && {} {} --deviations deviations --corpus corpus --subject python:{} {}",
                    folder_.path().string(), program, command, python_, rest));
  }
  TemporaryFolder folder_;
  std::string python_;
};

TEST_F(AnotherTorch, IsMeasuredByThePatchAndARunIsThenStrictAndGreen) {
  // A deviation that the torch of .venv, and so this one, has not.
  std::string gone = read(folder_.path() / "deviations/onnx-export-restores-root-flag.toml");
  const auto replace = [&gone](const std::string& from, const std::string& to) {
    for (std::size_t at = 0; (at = gone.find(from, at)) != std::string::npos; at += to.size())
      gone.replace(at, from.size(), to);
  };
  replace("\"onnx-export-restores-root-flag\"", "\"made-up\"");
  const std::size_t line = gone.find("versions = ");
  gone.replace(line, gone.find('\n', line) - line, "versions = \">=2.6\"");
  const std::size_t next = gone.find("verified_on = ");
  gone.replace(next, gone.find('\n', next) - next, "verified_on = [\"python@2.6.0\"]");
  replace("corpus/deviations/onnx-export-restores-root-flag.scenario",
          "corpus/seeds/forum-thread-deepcopy.scenario");
  const std::string made_up = folder_.write("deviations/made-up.toml", gone);

  const Ran update = normdiff("deviations update", ">patch");
  EXPECT_EQ(update.code, 0) << update.output;
  EXPECT_THAT(update.output,
              AllOf(HasSubstr("proposed: onnx-export-restores-root-flag: versions "),
                    HasSubstr("seen on python@2.99.1"), Not(HasSubstr("not proposed")),
                    HasSubstr("made-up: versions >=2.6,<2.99 for >=2.6")));
  EXPECT_EQ(read(made_up), gone) << "it writes no files";

  const Ran patched = run_in_shell("cd " + folder_.path().string() + " && patch -s -p1 <patch");
  EXPECT_EQ(patched.code, 0) << patched.output;
  const Ran again = normdiff("deviations update", ">second");
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.output, HasSubstr("the files say what was measured"));
  EXPECT_EQ(read(folder_.path() / "second"), "");

  const Ran ran = normdiff("run", "--profile modes --scenarios 1 --out out");
  EXPECT_EQ(ran.code, 0) << ran.output;
  const auto report = nlohmann::json::parse(read(folder_.path() / "out" / "report.json"));
  EXPECT_TRUE(report.at("news").empty());
  const auto& tally = report.at("subjects").at(0).at("corpus").at("tally");
  EXPECT_TRUE(tally.at("known_elsewhere").empty()) << tally.at("known_elsewhere");
  EXPECT_GT(tally.at("deviations").size(), 5U);

  // On a version that was measured a deviation that is not seen is an unexpected pass.
  std::string text = read(made_up);
  text.replace(text.find(">=2.6,<2.99"), 11, ">=2.6");
  (void)folder_.write("deviations/made-up.toml", text);
  EXPECT_THAT(normdiff("run", "--profile modes --scenarios 1 --out out").output,
              HasSubstr("unexpected pass: made-up.toml"));
}

TEST_F(AnotherTorch, ANearMissThatDeviatesIsSaidAndNothingIsProposedForIt) {
  const std::string path = "deviations/onnx-export-restores-root-flag.toml";
  std::string text = read(folder_.path() / path);
  const std::size_t near_miss = text.find("near_miss = ");
  const std::size_t witness = text.find("witness = ") + 10;
  text.replace(near_miss, text.find('\n', near_miss) - near_miss,
               "near_miss = " + text.substr(witness, text.find('\n', witness) - witness));
  for (const auto& entry : fs::directory_iterator(folder_.path() / "deviations"))
    if (entry.path().filename() != fs::path(path).filename()) fs::remove(entry.path());
  (void)folder_.write(path, text);
  const Ran update = normdiff("deviations update", ">patch");
  EXPECT_EQ(update.code, 1) << update.output;
  EXPECT_THAT(update.output, HasSubstr("not proposed: onnx-export-restores-root-flag on "
                                       "python@2.99.1: its near miss"));
  EXPECT_EQ(read(folder_.path() / "patch"), "");
}

}  // namespace
}  // namespace normdiff::test
