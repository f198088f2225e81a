#include "harness/subjects/python/python.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "tests/temporary_folder.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

TEST(PythonSubject, AnInterpreterThatIsNotThereIsASentence) {
  const auto made = make_python_subject("/nowhere/python");
  ASSERT_TRUE(std::holds_alternative<std::string>(made));
  EXPECT_THAT(std::get<std::string>(made), HasSubstr("/nowhere/python"));
}

struct Interpreters : testing::Test {
  std::string program(const std::string& name, const std::string& script) {
    std::string path = folder.write(name, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  ~Interpreters() override { unsetenv("NORMDIFF_PYTHON"); }
  TemporaryFolder folder;
};

TEST_F(Interpreters, ThoseThatAreNamedAreLookedAtAndNoOthers) {
  const std::string with = program("with", "echo 2.13.0+cpu");
  const std::string without = program("without", "exit 1");
  setenv("NORMDIFF_PYTHON", (without + ":" + with + "::/none:" + with).c_str(), 1);
  const auto found = find_interpreters("/none");
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].path, without);
  EXPECT_THAT(found[0].problem, HasSubstr("it has no torch"));
  EXPECT_EQ(found[1].path, with);
  EXPECT_EQ(found[1].version, "2.13.0");
  EXPECT_EQ(found[1].problem, "");
  EXPECT_THAT(found[2].problem, HasSubstr("there is no such file"));
}

TEST_F(Interpreters, AFolderOrAFileThatIsNoProgramIsASentence) {
  EXPECT_THAT(look_at(folder.path()).problem, HasSubstr("it is a folder; name the program in it"));
  EXPECT_THAT(look_at(folder.write("text", "hello")).problem, HasSubstr("it can't be started"));
}

TEST_F(Interpreters, WhereNoneIsNamedThoseWithTorchAreFound) {
  const std::string with = program("real/bin/python", "echo 2.13.0+cpu");
  (void)program("without/bin/python", "exit 1");
  std::filesystem::create_directory_symlink(folder.path() / "real", folder.path() / "link");
  for (const char* nothing : {"unset", ""}) {
    nothing == std::string("unset") ? unsetenv("NORMDIFF_PYTHON")
                                    : setenv("NORMDIFF_PYTHON", nothing, 1);
    const auto found = find_interpreters(folder.path() / "link");
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found.front().path, with) << "where it really is";
    for (const char* venv : {"link", "without", "none"})
      for (const Interpreter& other : find_interpreters(folder.path() / venv))
        EXPECT_EQ(other.problem, "") << other.path;
  }
}

}  // namespace
}  // namespace normdiff::test
