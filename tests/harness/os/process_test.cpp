#include "harness/os/process.hpp"

#include <gmock/gmock.h>

#include <thread>

namespace normdiff {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

std::unique_ptr<Process> shell(const std::string& script) {
  auto started = Process::start({"sh", "-c", script});
  auto* process = std::get_if<std::unique_ptr<Process>>(&started);
  EXPECT_NE(process, nullptr);
  return std::move(*process);
}

std::string line_of(const Process::Read& read) {
  const auto* line = std::get_if<std::string>(&read);
  return line ? *line : "(no line)";
}

std::string end_of(const Process::Read& read) {
  const auto* ended = std::get_if<Process::Ended>(&read);
  return ended ? ended->status.text() : "(no end)";
}

TEST(Process, IsSpokenToInLines) {
  auto process = shell("while read a; do echo \"got $a\"; done");
  EXPECT_TRUE(process->write("one\ntwo\n", 5s));
  EXPECT_EQ(line_of(process->read_line(5s)), "got one");
  EXPECT_EQ(line_of(process->read_line(5s)), "got two");
  EXPECT_TRUE(process->write("three\n", 5s));
  EXPECT_EQ(line_of(process->read_line(5s)), "got three");
  EXPECT_EQ(process->finish(5s).text(), "exit 0");
}

TEST(Process, EmptyLinesAreLines) {
  auto process = shell("printf '\\n\\nx\\n'");
  EXPECT_EQ(line_of(process->read_line(5s)), "");
  EXPECT_EQ(line_of(process->read_line(5s)), "");
  EXPECT_EQ(line_of(process->read_line(5s)), "x");
  EXPECT_EQ(end_of(process->read_line(5s)), "exit 0");
}

TEST(Process, ALongLineArrivesWhole) {
  auto process = shell("cat");
  const std::string text(5'000'000, 'x');  // much more than a pipe holds, in both directions
  EXPECT_TRUE(process->write(text + "\n", 20s));
  EXPECT_EQ(line_of(process->read_line(20s)), text);
}

TEST(Process, ManyLinesInOneGoAreReadOneByOne) {
  auto process = shell("seq 100000");
  for (int i = 1; i <= 100000; ++i) ASSERT_EQ(line_of(process->read_line(5s)), std::to_string(i));
  EXPECT_EQ(end_of(process->read_line(5s)), "exit 0");
}

TEST(Process, TimesOut) {
  auto process = shell("sleep 100");
  EXPECT_TRUE(std::holds_alternative<Process::TimedOut>(process->read_line(50ms)));
}

TEST(Process, AfterATimeoutTheLineCanStillCome) {
  auto process = shell("read a; echo late");
  EXPECT_TRUE(std::holds_alternative<Process::TimedOut>(process->read_line(20ms)));
  EXPECT_TRUE(process->write("go\n", 5s));
  EXPECT_EQ(line_of(process->read_line(5s)), "late");
}

TEST(Process, ACrashIsNamed) {
  EXPECT_EQ(end_of(shell("kill -SEGV $$")->read_line(5s)), "signal 11 (Segmentation fault)");
  EXPECT_EQ(end_of(shell("exit 3")->read_line(5s)), "exit 3");
}

TEST(Process, WhatDiesMidLineSaidNoLine) {
  auto process = shell("printf 'whole\\nhal'; kill -KILL $$");
  EXPECT_EQ(line_of(process->read_line(5s)), "whole");
  EXPECT_EQ(end_of(process->read_line(5s)), "signal 9 (Killed)");
  EXPECT_EQ(end_of(process->read_line(5s)), "signal 9 (Killed)");
}

TEST(Process, GarbageIsPassedOn) {
  auto process = shell("printf '\\000\\377\\001\\n'");
  EXPECT_EQ(line_of(process->read_line(5s)), std::string("\0\377\1", 3));
}

TEST(Process, AProgramThatIsNotThereIsASentence) {
  auto started = Process::start({"/nowhere/program"});
  ASSERT_TRUE(std::holds_alternative<std::string>(started));
  EXPECT_EQ(std::get<std::string>(started),
            "can't start /nowhere/program: no such file or directory");
  EXPECT_TRUE(std::holds_alternative<std::string>(Process::start({})));
}

TEST(Process, WritingToWhatNoLongerReadsIsFalse) {
  auto process = shell("exec 0<&-; echo closed; sleep 100");
  EXPECT_EQ(line_of(process->read_line(5s)), "closed");
  EXPECT_FALSE(process->write(std::string(1'000'000, 'x'), 5s));
}

TEST(Process, WritingToWhatDoesNotReadTimesOut) {
  auto process = shell("sleep 100");
  EXPECT_FALSE(process->write(std::string(5'000'000, 'x'), 50ms));
  EXPECT_EQ(end_of(process->read_line(5s)), "signal 9 (Killed)");
}

TEST(Process, KeepsTheLastOfItsErrors) {
  auto process = shell("seq 10000 >&2; echo last >&2");
  EXPECT_EQ(end_of(process->read_line(5s)), "exit 0");
  EXPECT_EQ(process->error_output().size(), 4096U);
  EXPECT_THAT(process->error_output(), testing::EndsWith("10000\nlast\n"));
}

TEST(Process, GetsItsEnvironment) {
  auto started =
      Process::start({"sh", "-c", "echo $GIVEN $HOME"}, {{"GIVEN", "a b"}, {"HOME", "h"}});
  EXPECT_EQ(line_of(std::get<0>(started)->read_line(5s)), "a b h");
}

TEST(Process, KillingItKillsItsChildren) {
  // The grandchild holds the output open: an end is only seen when it is gone too.
  auto process = shell("sleep 100 & echo up; wait");
  EXPECT_EQ(line_of(process->read_line(5s)), "up");
  process->kill();
  EXPECT_EQ(end_of(process->read_line(5s)), "signal 9 (Killed)");
}

TEST(Process, WhatItLeavesBehindDoesNotHoldUpItsEnd) {
  auto process = shell("sleep 100 & exit 4");
  EXPECT_EQ(end_of(process->read_line(5s)), "exit 4");
}

TEST(Process, FinishKillsWhatDoesNotEnd) {
  EXPECT_EQ(shell("trap '' TERM; sleep 100")->finish(50ms).text(), "signal 9 (Killed)");
}

TEST(Process, EndsWithTheThreadThatStartedIt) {
  std::unique_ptr<Process> process;
  std::thread([&] { process = shell("echo up; sleep 100"); }).join();
  while (std::holds_alternative<std::string>(process->read_line(60s))) {
  }
  EXPECT_EQ(end_of(process->read_line(60s)), "signal 9 (Killed)");
}

TEST(Process, IsToldToEnd) {
  EXPECT_EQ(shell("echo up; exec sleep 100")->end(60s).text(), "signal 15 (Terminated)");
  EXPECT_EQ(shell("trap '' TERM; echo up; sleep 100 & wait")->end(50ms).signal != 0, true);
}

TEST(ExitStatus, ASignalThatNoFaultRaisesIsFromOutside) {
  for (const char* name : {"KILL", "TERM", "XCPU", "INT", "HUP"}) {
    auto process = shell(std::string("kill -") + name + " $$");
    EXPECT_TRUE(process->finish(60s).is_from_outside()) << name;
  }
  for (const char* script : {"kill -SEGV $$", "kill -ABRT $$", "kill -FPE $$", "exit 3", "exit 0"})
    EXPECT_FALSE(shell(script)->finish(60s).is_from_outside()) << script;
}

TEST(ExitStatus, OutOfProcessorTimeIsFromOutside) {
  EXPECT_TRUE(shell("ulimit -t 1; while :; do :; done")->finish(600s).is_from_outside());
}

TEST(Process, DifferentThreadsHaveDifferentProcesses) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([i] {
      for (int k = 0; k < 20; ++k) {
        auto process = shell("read a; echo $a; exit " + std::to_string(i));
        EXPECT_TRUE(process->write("x\n", 5s));
        EXPECT_EQ(line_of(process->read_line(5s)), "x");
        EXPECT_EQ(process->finish(5s).code, i);
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace normdiff
