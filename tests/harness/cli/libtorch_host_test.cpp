#include <nlohmann/json.hpp>

#include "tests/harness/cli/program.hpp"

namespace normdiff::test {
namespace {

/// The host of this LibTorch calls its subject so.
std::string subject(const std::string& arguments) {
  const Ran ran = run_in_shell("echo '{\"do\":\"manifest\"}' | " NORMDIFF_HOST + arguments);
  EXPECT_EQ(ran.code, 0) << ran.output;
  return nlohmann::json::parse(ran.output).at("manifest").at("subject").get<std::string>();
}

TEST(LibTorchHost, SaysWhatItIsUnderTheNameThatItWasGiven) {
  EXPECT_EQ(subject(""), "libtorch");
  EXPECT_EQ(subject(" --as libtorch:/opt/host"), "libtorch:/opt/host");
}

}  // namespace
}  // namespace normdiff::test
