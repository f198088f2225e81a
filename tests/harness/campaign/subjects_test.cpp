#include "harness/campaign/subjects.hpp"

#include <gmock/gmock.h>

#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Subjects : testing::Test {
  Subjects() {
    for (const char* name : {"normdiff", "normdiff-host-1.13.1", "normdiff-host-2.9.1",
                             "normdiff-host-2.13.0", "normdiff-host-notes.txt"})
      (void)folder.write(name, "");
    places.program = folder.path() / "normdiff";
  }
  std::vector<std::string> ids(const std::vector<std::string>& names) {
    const auto resolved = resolve_subjects(names, places);
    if (const auto* error = std::get_if<SubjectError>(&resolved)) return {error->message};
    std::vector<std::string> list;
    for (const FoundSubject& subject : std::get<std::vector<FoundSubject>>(resolved))
      list.push_back(subject.id);
    return list;
  }
  TemporaryFolder folder;
  SubjectPlaces places;
};

TEST_F(Subjects, LibtorchAloneIsTheNewest) {
  EXPECT_THAT(ids({"libtorch"}), ElementsAre("libtorch@2.13.0")) << "13 is more than 9";
  EXPECT_THAT(ids({"libtorch@1.13.1"}), ElementsAre("libtorch@1.13.1"));
}

TEST_F(Subjects, OfAnInstalledTreeTheHostsLieInLibexecAndThePlacesMoveWithTheProgram) {
  (void)folder.write("p/libexec/normdiff/normdiff-host-2.14.1", "");
  (void)folder.write("p/bin/normdiff-host-2.6.0", "");
  std::filesystem::rename(folder.path() / "p", folder.path() / "q");
  const SubjectPlaces moved{folder.path() / "q" / "bin" / "normdiff"};
  const auto found = find_libtorch(moved);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].path, folder.path() / "q/libexec/normdiff/normdiff-host-2.14.1");
  EXPECT_EQ(found[1].path, folder.path() / "q/bin/normdiff-host-2.6.0");
  EXPECT_EQ(moved.venv(), folder.path() / "q/libexec/normdiff/venv");
  EXPECT_EQ(moved.corpus(), folder.path() / "q/share/normdiff/corpus");
}

TEST_F(Subjects, EachOnceInTheOrderNamed) {
  EXPECT_THAT(ids({"textbook", "libtorch", "libtorch@2.13.0"}),
              ElementsAre("textbook", "libtorch@2.13.0"));
}

TEST_F(Subjects, ATextbookIsNamedByItsFaultWithItsVersionOrWithout) {
  EXPECT_THAT(ids({"textbook:counter-missed"}), ElementsAre("textbook:counter-missed"));
  EXPECT_THAT(ids({"textbook:counter-missed@" NORMDIFF_VERSION}),
              ElementsAre("textbook:counter-missed"));
}

TEST_F(Subjects, AnUnknownNameListsWhatThereIs) {
  for (const char* name : {"tensorflow", "", "@", ":"})
    EXPECT_THAT(ids({name}), ElementsAre(testing::AllOf(
                                 HasSubstr("there is no subject"), HasSubstr("libtorch@2.13.0"),
                                 HasSubstr("textbook"), testing::Not(HasSubstr("textbook:")))));
}

TEST_F(Subjects, ANameWithAMistakeIsAnsweredWithTheNearest) {
  EXPECT_THAT(ids({"pyhton"}), ElementsAre(HasSubstr("did you mean python?")));
  EXPECT_THAT(ids({"libtorch@2.13.1"}), ElementsAre(HasSubstr("did you mean libtorch@2.13.0?")));
  EXPECT_THAT(ids({"textbook:counter-mised"}),
              ElementsAre(HasSubstr("did you mean textbook:counter-missed?")));
}

TEST_F(Subjects, AnInterpreterOrAHostIsNamedByItsPath) {
  const std::string python = folder.write("bin/python", "#!/bin/sh\necho 2.14.1+cu130\n");
  const std::string host = folder.write("host", "#!/bin/sh\n");
  for (const std::string& program : {python, host})
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  EXPECT_THAT(ids({"python:" + python, "libtorch:" + host}),
              ElementsAre("python:" + python, "libtorch:" + host));
  EXPECT_THAT(ids({"python:" + python + "@2.14.1"}), ElementsAre("python:" + python))
      << "as reports write it";
  const auto resolved = resolve_subjects({"python:" + python}, places);
  const FoundSubject& subject = std::get<std::vector<FoundSubject>>(resolved).front();
  EXPECT_EQ(subject.version, "2.14.1");
  EXPECT_EQ(subject.command.back(), "python:" + python) << "its manifest says which it is";
}

TEST_F(Subjects, OneThatIsNamedAndCannotBeUsedIsNotReplaced) {
  const std::string text = folder.write("notes.txt", "");
  EXPECT_THAT(
      ids({"python:/no/such/python"}),
      ElementsAre("python:/no/such/python can't be used: there is no such file; correct the "
                  "path"));
  EXPECT_THAT(ids({"libtorch:/no/such/host"}), ElementsAre(HasSubstr("there is no such file")));
  EXPECT_THAT(ids({"libtorch:" + text}), ElementsAre(HasSubstr("it is no program")));
  for (const char* name : {"python:", "libtorch:"})
    EXPECT_THAT(ids({name}), ElementsAre(HasSubstr("no path is named"))) << name;
  const std::string python = folder.write("bin/python", "#!/bin/sh\necho 2.14.1+cu130\n");
  std::filesystem::permissions(python, std::filesystem::perms::owner_all);
  EXPECT_THAT(ids({"python:" + python + "@2.13.0"}),
              ElementsAre(HasSubstr("its torch is 2.14.1, not 2.13.0")));
  setenv("NORMDIFF_PYTHON", (python + ":/no/such/python").c_str(), 1);
  EXPECT_THAT(ids({"python"}), ElementsAre(HasSubstr("python:/no/such/python can't be used")));
  EXPECT_THAT(ids({"python@2.14.1", "python:" + python}), ElementsAre("python@2.14.1"))
      << "each subject once";
  setenv("NORMDIFF_PYTHON", "/no/such/python", 1);
  EXPECT_THAT(ids({"python"}), ElementsAre(HasSubstr("python:/no/such/python can't be used")));
  const auto by_default = default_subjects(places, {"libtorch", "python", "textbook"});
  unsetenv("NORMDIFF_PYTHON");
  ASSERT_EQ(by_default.size(), 3U);
  EXPECT_EQ(by_default[0].problem, "");
  EXPECT_THAT(by_default[1].problem, HasSubstr("there is no such file"));
}

TEST_F(Subjects, AHostThatIsNamedWithAVersionIsAskedWhichItHas) {
  // A host that calls itself 0.1.0.
  const std::string host =
      folder.write("host", "#!/bin/sh\nexec " NORMDIFF_BINARY_DIR "/bin/strange-host none 0\n");
  const std::string silent = folder.write("silent", "#!/bin/sh\nexit 3\n");
  for (const std::string& program : {host, silent})
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  EXPECT_THAT(ids({"libtorch:" + host + "@0.1.0"}), ElementsAre("libtorch:" + host));
  EXPECT_THAT(ids({"libtorch:" + host + "@0.1.0+cpu"}), ElementsAre("libtorch:" + host));
  EXPECT_THAT(ids({"libtorch:" + host + "@0.2.0"}),
              ElementsAre(HasSubstr("its torch is 0.1.0, not 0.2.0; leave the version out")));
  EXPECT_THAT(ids({"libtorch:" + silent + "@0.1.0"}), ElementsAre(HasSubstr("exit 3")));
}

TEST_F(Subjects, OfEachFamilyEveryNameIsFollowed) {
  for (const SubjectFamily& family : subject_families()) {
    const std::string name(family.name);
    EXPECT_EQ(subject_family(name), &family);
    for (const FoundSubject& found : family.find(places)) {
      EXPECT_EQ(found.family, name);
      if (found.problem.empty()) {
        EXPECT_THAT(ids({found.id}), ElementsAre(found.id));
      }
    }
    if (family.at != nullptr) {
      EXPECT_THAT(ids({name + ":/no/such"}), ElementsAre(HasSubstr("there is no such file")));
    }
    EXPECT_TRUE(family.at != nullptr || family.make != nullptr) << "it can be run by nothing";
  }
  EXPECT_EQ(subject_family("tensorflow"), nullptr);
  EXPECT_THAT(family_names(false), ElementsAre("libtorch", "python", "textbook"));
  EXPECT_THAT(family_names(true), ElementsAre("libtorch", "python"));
  EXPECT_THAT(ids({"all"}), testing::Contains("textbook").Times(1));
  EXPECT_THAT(ids({"all"}), testing::Not(testing::Contains("textbook:counter-missed")));
}

TEST_F(Subjects, TwoInterpretersOfOneVersionAreToldApart) {
  std::string list;
  for (const char* name : {"a/python", "b/python"}) {
    const std::string program = folder.write(name, "#!/bin/sh\necho 2.13.0\n");
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    list += program + ":";
  }
  setenv("NORMDIFF_PYTHON", list.c_str(), 1);
  const auto found = find_python(places);
  unsetenv("NORMDIFF_PYTHON");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "python@2.13.0");
  EXPECT_THAT(found[1].id, testing::EndsWith("b/python"));
}

TEST_F(Subjects, AFamilyOfTheDefaultSetThatIsNotThereHasAProblem) {
  places.program = folder.path() / "elsewhere" / "normdiff";
  const auto subjects = default_subjects(places, {"libtorch"});
  ASSERT_EQ(subjects.size(), 1U);
  EXPECT_EQ(subjects[0].id, "libtorch");
  EXPECT_THAT(subjects[0].problem, HasSubstr("--without libtorch"));
}

TEST_F(Subjects, OnlyItsOwnSubjectsAreHosted) {
  EXPECT_TRUE(std::holds_alternative<Subject>(make_own_subject("textbook")));
  EXPECT_TRUE(std::holds_alternative<Subject>(make_own_subject("textbook:counter-missed")));
  EXPECT_TRUE(std::holds_alternative<SubjectError>(make_own_subject("libtorch")));
  EXPECT_TRUE(std::holds_alternative<SubjectError>(make_own_subject("textbook:none")));
  EXPECT_TRUE(std::holds_alternative<SubjectError>(make_own_subject("python:/no/such/python")));
}

}  // namespace
}  // namespace normdiff::test
