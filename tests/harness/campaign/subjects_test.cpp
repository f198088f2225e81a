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
  for (const char* name : {"libtorch@9.9", "tensorflow", "textbook:none", "", "@", ":"})
    EXPECT_THAT(ids({name}), ElementsAre(testing::AllOf(HasSubstr("there is no subject"),
                                                        HasSubstr("libtorch@2.13.0"),
                                                        HasSubstr("textbook:counter-missed"))));
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
