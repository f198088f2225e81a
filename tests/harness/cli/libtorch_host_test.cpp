#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

/// The hosts that were built beside the program: one for each LibTorch that was found.
std::vector<std::string> hosts() {
  std::vector<std::string> found;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(program).parent_path()))
    if (entry.path().filename().string().starts_with("normdiff-host-"))
      found.push_back(entry.path().string());
  return found;
}

TEST(LibTorchHost, SaysWhatItIsUnderTheNameThatItWasGiven) {
  if (hosts().empty()) GTEST_SKIP() << "no LibTorch was found, so no host was built";
  for (const std::string& host : hosts()) {
    const auto subject = [&](const std::string& arguments) {
      const Ran ran = run_in_shell("echo '{\"do\":\"manifest\"}' | " + host + arguments);
      EXPECT_EQ(ran.code, 0) << ran.output;
      return nlohmann::json::parse(ran.output).at("manifest").at("subject").get<std::string>();
    };
    EXPECT_EQ(subject(""), "libtorch") << host;
    EXPECT_EQ(subject(" --as libtorch:/opt/host"), "libtorch:/opt/host") << host;
  }
}

}  // namespace
}  // namespace normdiff::test
