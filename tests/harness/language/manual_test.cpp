#include "harness/language/manual.hpp"

#include <gmock/gmock.h>

#include "checkout.hpp"
#include "harness/os/read_file.hpp"

namespace normdiff {
namespace {

using testing::HasSubstr;

TEST(Manual, TheReferenceInDocsIsWhatTheTablesSay) {
  EXPECT_EQ(std::get<std::string>(read_text(NORMDIFF_SOURCE_DIR "/docs/language.md", 1 << 20,
                                            "it is part of the tree")),
            language_reference())
      << "write it anew: normdiff language > docs/language.md";
}

TEST(Manual, ShowsEachSpellingOfAStepWithItsArguments) {
  const std::string text = language_reference();
  EXPECT_THAT(text, HasSubstr("result = torch.jit.trace(module, input, *, check_trace=True)\n"));
  EXPECT_THAT(text, HasSubstr("module.train(mode=True)\nmodule.eval()\n"));
  EXPECT_THAT(text, HasSubstr("module.momentum = value\n"));
  EXPECT_THAT(text, HasSubstr("result = module(input)\nresult = no_grad(module, input)\n"));
  EXPECT_THAT(text, HasSubstr("BatchNorm2d(num_features, eps=1e-5, momentum=0.1, affine=True, "
                              "track_running_stats=True)\n"));
}

TEST(Manual, SaysWhatAnArgumentTakes) {
  EXPECT_THAT(language_reference(),
              HasSubstr("| `training` | `EVAL`, `PRESERVE`, `TRAINING` |  |\n"));
}

}  // namespace
}  // namespace normdiff
