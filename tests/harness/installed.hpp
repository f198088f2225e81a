#pragma once

#include <filesystem>
#include <string>

#include "tests/harness/cli/program.hpp"

namespace normdiff::test {

/// The command with its data, installed and then moved elsewhere.
class Installed : public testing::Test {
 protected:
  Installed() {
    const std::string first = (folder_.path() / "first").string();
    const Ran ran = run_in_shell(NORMDIFF_CMAKE " --install " NORMDIFF_BINARY_DIR
                                                " --component command --strip --prefix " +
                                 first);
    EXPECT_EQ(ran.code, 0) << ran.output;
    std::filesystem::rename(first, prefix_);
  }
  [[nodiscard]] Ran normdiff(const std::string& arguments) const {
    return run_in_shell("'" + (prefix_ / "bin" / "normdiff").string() + "' " + arguments);
  }
  TemporaryFolder folder_;
  const std::filesystem::path prefix_ = folder_.path() / "moved here";
};

}  // namespace normdiff::test
