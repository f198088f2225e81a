#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

/// The program alone in a folder, where it looks for its neighbour normdiff-bench.
class BenchCommand : public testing::Test {
 protected:
  BenchCommand() { fs::copy_file(program, folder_.path() / "normdiff"); }
  [[nodiscard]] Ran bench(const std::string& arguments) const {
    return run_in_shell((folder_.path() / "normdiff").string() + " bench " + arguments);
  }
  void put_beside(const std::string& script, fs::perms perms) const {
    fs::permissions(folder_.write("normdiff-bench", "#!/bin/sh\n" + script), perms);
  }
  TemporaryFolder folder_;
};

TEST_F(BenchCommand, PassesOnItsArgumentsAndTheExitCode) {
  put_beside("echo \"$@\"; exit 7\n", fs::perms::owner_all);
  const Ran ran = bench("--benchmark_filter=campaign --seed 3 plain");
  EXPECT_EQ(ran.code, 7);
  EXPECT_EQ(ran.output, "--benchmark_filter=campaign --seed 3 plain\n");
}

TEST_F(BenchCommand, WhereItIsNotBuiltSaysHowToBuildIt) {
  const Ran ran = bench("");
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.output, HasSubstr("normdiff-bench is not there; make bench builds it"));
}

TEST_F(BenchCommand, WhatCannotBeStartedIsASentence) {
  fs::permissions(folder_.write("normdiff-bench", std::string("\177ELF, but no program")),
                  fs::perms::owner_all);
  const Ran ran = bench("");
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.output, HasSubstr("can't be started"));
}

}  // namespace
}  // namespace normdiff::test
