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

TEST(FindInterpreters, ThoseNamedThatHaveTorchComeFirstEachOnce) {
  const TemporaryFolder folder;
  const auto program = [&](const std::string& name, const std::string& script) {
    std::string path = folder.write(name, "#!/bin/sh\n" + script + "\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  };
  const std::string with = program("with", "exit 0"), without = program("without", "exit 1");
  const std::string also = program("also", "exit 0");
  setenv("NORMDIFF_PYTHON", (without + ":" + with + "::/none:" + also + ":" + with).c_str(), 1);
  const auto found = find_interpreters();
  ASSERT_GE(found.size(), 2U);
  EXPECT_EQ(found[0], with);
  EXPECT_EQ(found[1], also);
  for (const std::string& other : {with, without, std::string("/none")})
    EXPECT_EQ(std::count(found.begin(), found.end(), other), other == with ? 1 : 0) << other;
}

}  // namespace
}  // namespace normdiff::test
