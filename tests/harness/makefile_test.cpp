#include "tests/harness/cli/program.hpp"

// The Makefile and scripts/setup, as far as they can be asked without installing anything.
namespace normdiff::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// The beginning of a command in the source folder; what a make around the tests hands down is
/// taken away.
const std::string in_source =
    "cd " NORMDIFF_SOURCE_DIR
    " && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u BUILD -u OUT -u TORCH -u NORMDIFF_NO_VENV ";

TEST(Makefile, AnotherReleaseOfTorchHasPlacesOfItsOwnAndIsTheOneThatIsTested) {
  const Ran ran = run_in_shell(in_source + "make -n TORCH=2.14.1 conformance");
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output,
              AllOf(HasSubstr("-DNORMDIFF_VENV=" NORMDIFF_SOURCE_DIR "/.venv-2.14.1"),
                    HasSubstr("-B build-2.14.1 "), HasSubstr("--subject libtorch@2.14.1"),
                    HasSubstr("--subject python@2.14.1 --subject textbook"),
                    HasSubstr("--out reports/out/torch-2.14.1")));
}

TEST(Makefile, WithoutOneThePinnedReleaseIs) {
  const Ran ran = run_in_shell(in_source + "make -n conformance");
  EXPECT_EQ(ran.code, 0) << ran.output;
  EXPECT_THAT(ran.output, AllOf(HasSubstr("-DNORMDIFF_VENV=" NORMDIFF_SOURCE_DIR "/.venv\""),
                                HasSubstr("-B build "), HasSubstr("reports/out/latest"),
                                Not(HasSubstr("--subject"))));
}

TEST(Setup, WhatIsNoReleaseOfTorchIsASentenceBeforeAnythingIsInstalled) {
  const auto expect_setup = [](const std::string& with, const std::string& says) {
    const Ran ran = run_in_shell(in_source + with + " scripts/setup build");
    EXPECT_EQ(ran.code, 2) << with;
    EXPECT_EQ(ran.output, "setup: " + says + "\n");
  };
  for (const std::string torch : {"2.14", "latest", "2.14.1rc1", "../x"})
    expect_setup("TORCH=" + torch, "TORCH=" + torch +
                                       " is no release of PyTorch; write all three numbers, as "
                                       "TORCH=2.14.1");
  expect_setup("TORCH=2.14.1 NORMDIFF_NO_VENV=1",
               "TORCH=2.14.1 asks for a virtual environment and NORMDIFF_NO_VENV=1 for none; leave "
               "one out");
}

}  // namespace
}  // namespace normdiff::test
