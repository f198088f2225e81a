#pragma once

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <string>

#include "checkout.hpp"
#include "tests/temporary_folder.hpp"

namespace normdiff::test {

struct Ran {
  int code = -1;
  std::string output;  ///< of both streams
};

/// A line of shell, in a folder of its own: what it writes without being told where is gone.
inline Ran run_in_shell(const std::string& line) {
  const TemporaryFolder here;
  const std::string command = "cd " + here.path().string() + " && { " + line + "; } 2>&1";
  Ran ran;
  std::FILE* pipe = popen(command.c_str(), "r");
  std::array<char, 4096> block{};
  while (const std::size_t n = std::fread(block.data(), 1, block.size(), pipe))
    ran.output.append(block.data(), n);
  const int status = pclose(pipe);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

/// The real program.
inline const std::string program = NORMDIFF_BINARY_DIR "/bin/normdiff";
inline Ran normdiff(const std::string& arguments) {
  return run_in_shell(program + " " + arguments + " </dev/null");
}

inline const std::string seeds = NORMDIFF_SOURCE_DIR "/corpus/seeds/";

/// Bad arguments or bad input: one sentence that says so, and the exit code 2.
inline void expect_one_sentence(const Ran& ran, const std::string& says) {
  EXPECT_EQ(ran.code, 2) << ran.output;
  EXPECT_EQ(ran.output.rfind("normdiff: ", 0), 0U) << ran.output;
  EXPECT_THAT(ran.output, testing::HasSubstr(says));
  EXPECT_EQ(ran.output.find('\n'), ran.output.size() - 1) << ran.output;
}
inline void expect_one_sentence(const std::string& arguments, const std::string& says) {
  SCOPED_TRACE(arguments);
  expect_one_sentence(normdiff(arguments), says);
}

}  // namespace normdiff::test
