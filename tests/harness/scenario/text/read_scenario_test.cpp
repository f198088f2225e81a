#include "harness/scenario/text/read_scenario.hpp"

#include <gmock/gmock.h>

#include "tests/temporary_folder.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

std::string error_of(const std::filesystem::path& path) {
  const auto read = read_scenario(path);
  return std::holds_alternative<InputError>(read) ? std::get<InputError>(read).message : "";
}

TEST(ReadScenario, EveryBadInputIsOneSentenceWithPlaceAndRemedy) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(folder.path() / "none"), HasSubstr("there is no such file; check"));
  EXPECT_THAT(error_of(folder.path()), HasSubstr("this is a folder; name the files"));
  EXPECT_THAT(error_of("/dev/zero"), HasSubstr("larger than 1048576 bytes"));
  EXPECT_THAT(error_of(folder.write("empty", "")),
              HasSubstr("it is empty; a scenario is a text with the first line"));
  EXPECT_THAT(error_of(folder.write("huge", std::string((1 << 20) + 1, '#'))),
              HasSubstr("larger than 1048576 bytes"));
  EXPECT_THAT(error_of(folder.write("latin", "# normdiff-scenario 1\n# \xE9t\xE9\n")),
              HasSubstr("line 2: this is not text in UTF-8"));
  EXPECT_THAT(error_of(folder.write("binary", std::string("\0\1\2", 3))),
              HasSubstr("line 1: this is not text"));
  EXPECT_THAT(error_of(folder.write("cut", "# normdiff-scenario 1\nnet = Sequ")),
              HasSubstr("cut:2:"));
  EXPECT_THAT(error_of(folder.write("newer", "# normdiff-scenario 99\n")), HasSubstr("newer:1:"));
  EXPECT_THAT(error_of(folder.write("comment", "# normdiff-scenario 1\n# cut he\n")),
              HasSubstr("it has no steps"));
  std::filesystem::create_symlink("loop", folder.path() / "loop");
  EXPECT_THAT(error_of(folder.path() / "loop"), HasSubstr("can't be read (Too many levels"));
  EXPECT_THAT(error_of(folder.write("file", "x") + "/below"), HasSubstr("there is no such file"));
}

}  // namespace
}  // namespace normdiff::test
