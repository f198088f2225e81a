#include "harness/os/farewell.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "tests/temporary_folder.hpp"

namespace normdiff::test {
namespace {

/// A process that listens, says that it does, and leaves a file when it ends.
[[noreturn]] void live(const std::string& file, int ready) {
  end_with_parent();
  {
    const Farewell gone([] { std::_Exit(1); });
  }  // what is destroyed is not said
  const Farewell last([&] { std::ofstream(file) << "bye"; });
  (void)!write(ready, "x", 1);
  for (;;) pause();
}

struct FarewellTest : testing::Test {
  FarewellTest() { EXPECT_EQ(pipe(ready), 0); }
  ~FarewellTest() override {
    for (const int end : ready) close(end);
  }
  void wait_until_ready() {
    char x = 0;
    EXPECT_EQ(::read(ready[0], &x, 1), 1);
  }
  TemporaryFolder folder;
  std::string file = (folder.path() / "bye").string();
  int ready[2] = {-1, -1};
};

TEST_F(FarewellTest, IsSaidBeforeTheSignalEndsTheProcess) {
  const pid_t child = fork();
  if (child == 0) live(file, ready[1]);
  wait_until_ready();
  EXPECT_FALSE(std::filesystem::exists(file));
  kill(child, SIGTERM);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  EXPECT_EQ(read(file), "bye");
}

TEST_F(FarewellTest, IsSaidWhenWhoeverStartedTheProcessIsKilled) {
  const pid_t parent = fork();
  if (parent == 0) {
    if (fork() == 0) live(file, ready[1]);
    for (;;) pause();
  }
  wait_until_ready();
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  while (read(file) != "bye") std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

}  // namespace
}  // namespace normdiff::test
