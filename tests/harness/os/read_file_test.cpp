#include "harness/os/read_file.hpp"

#include <gmock/gmock.h>

#include "tests/temporary_folder.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

std::string error_of(const std::filesystem::path& path) {
  const auto read = read_text(path, 8, "write something");
  return std::holds_alternative<InputError>(read) ? std::get<InputError>(read).message : "";
}

TEST(ReadText, GivesAFileWhole) {
  const TemporaryFolder folder;
  const auto read = read_text(folder.write("file", "12345678"), 8, "");
  ASSERT_TRUE(std::holds_alternative<std::string>(read));
  EXPECT_EQ(std::get<std::string>(read), "12345678");
}

TEST(ReadText, RefusesWhatItCannotUseAndSaysWhatToDo) {
  const TemporaryFolder folder;
  EXPECT_THAT(error_of(folder.path() / "none"), HasSubstr("there is no such file; check"));
  EXPECT_THAT(error_of(folder.write("empty", "")), HasSubstr("it is empty; write something"));
  EXPECT_THAT(error_of(folder.write("long", "123456789")), HasSubstr("larger than 8 bytes"));
}

}  // namespace
}  // namespace normdiff::test
