#include "harness/os/watch.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <string>

namespace normdiff {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;
using Seen = Watch::Seen;

std::unique_ptr<Process> shell(const std::string& script) {
  auto started = Process::start({"sh", "-c", script});
  return std::move(std::get<std::unique_ptr<Process>>(started));
}

/// What a watch with this deadline sees in the end of a process that does not answer.
Seen seen_of(Process& process, milliseconds deadline) {
  Watch watch(process, deadline);
  Seen seen = Seen::in_time;
  while ((seen = watch.look()) == Seen::in_time) (void)process.read_line(20ms);
  return seen;
}

TEST(Watch, WhatSleepsIsLate) {
  const auto process = shell("echo up; read nothing");
  (void)process->read_line(10s);
  EXPECT_EQ(seen_of(*process, 1s), Seen::late);
}

TEST(Watch, WhatIsStoppedIsHeldUp) {
  const auto process = shell("echo up; read nothing");
  (void)process->read_line(10s);
  kill(process->pid(), SIGSTOP);
  EXPECT_EQ(seen_of(*process, 300ms), Seen::held_up);
}

TEST(Watch, WhatWaitsForAChildThatIsStoppedIsHeldUp) {
  const auto process = shell("sh -c 'kill -STOP $$' & wait");
  EXPECT_EQ(seen_of(*process, 2s), Seen::held_up);
}

TEST(Watch, BeginsAgain) {
  const auto process = shell("echo up; read nothing");
  (void)process->read_line(10s);
  Watch watch(*process, 1h);
  EXPECT_EQ(watch.look(), Seen::in_time);
  Watch short_one(*process, 0ms);
  short_one.begin_again();
  EXPECT_NE(short_one.look(), Seen::in_time);
}

}  // namespace
}  // namespace normdiff
