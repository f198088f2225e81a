#include "harness/subjects/support.hpp"

#include <gmock/gmock.h>

namespace normdiff {
namespace {

using testing::HasSubstr;

std::size_t kind(std::string_view name) {
  return *step_kind_from(name);
}

TEST(Support, TheTableCoversEveryFamilyAndStep) {
  ASSERT_EQ(support_table().size(), 3U);
  EXPECT_EQ(unsupported_reason("python", kind("torch.jit.script")), nullptr);
  EXPECT_EQ(unsupported_reason("libtorch", kind("forward")), nullptr);
  EXPECT_THAT(unsupported_reason("libtorch", kind("torch.onnx.export")),
              HasSubstr("Pure C++ LibTorch can't"));
  EXPECT_THAT(unsupported_reason("libtorch", kind("set_training")), HasSubstr("partly"));
}

TEST(Support, AFamilyOutsideTheTableMayDeclineAnything) {
  EXPECT_NE(unsupported_reason("somebody's", kind("forward")), nullptr);
}

TEST(Support, ABadTableIsASentence) {
  const auto error = [](std::string_view toml) {
    const auto parsed = parse_support(toml);
    return std::holds_alternative<std::string>(parsed) ? std::get<std::string>(parsed) : "";
  };
  EXPECT_THAT(error("[a"), HasSubstr("support.toml:1:"));
  EXPECT_THAT(error("a = 1"), HasSubstr("must be a table"));
  EXPECT_THAT(error("[a]\nfly = \"yes\""), HasSubstr("no such step: fly"));
  EXPECT_THAT(error("[a]\nforward = \"yes\""), HasSubstr("say \"yes\" or why not for construct"));
  EXPECT_THAT(error("[a]\nconstruct = 3"), HasSubstr("for construct"));
}

}  // namespace
}  // namespace normdiff
