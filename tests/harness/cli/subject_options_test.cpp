#include "harness/cli/subject_options.hpp"

#include <gmock/gmock.h>

#include "tests/temporary_folder.hpp"

namespace normdiff {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct SubjectOptionsTest : ::testing::Test {
  /// The ids that are chosen of libtorch and textbook, or the sentence that says why none are.
  std::vector<std::string> chosen(const SubjectOptions& options) {
    const auto result = chosen_subjects(options, {"libtorch", "textbook"}, places);
    if (const auto* sentence = std::get_if<std::string>(&result)) return {*sentence};
    std::vector<std::string> ids;
    for (const FoundSubject& subject : std::get<std::vector<FoundSubject>>(result))
      ids.push_back(subject.problem.empty() ? subject.id : subject.id + ": " + subject.problem);
    return ids;
  }
  test::TemporaryFolder folder;  // without a host of any LibTorch
  SubjectPlaces places{folder.path() / "normdiff"};
};

TEST_F(SubjectOptionsTest, WithoutAnyOneOfEachFamilyIsChosenAndAMissingOneHasItsProblem) {
  EXPECT_THAT(chosen({}), ElementsAre(HasSubstr("libtorch: none was found"), "textbook"));
}

TEST_F(SubjectOptionsTest, AFamilyThatIsLeftOutNeedNotBeThere) {
  EXPECT_THAT(chosen({{}, {"libtorch"}}), ElementsAre("textbook"));
  EXPECT_THAT(chosen({{}, {"libtorch", "libtorch"}}), ElementsAre("textbook"));
}

TEST_F(SubjectOptionsTest, ThoseThatAreNamedAreChosenAndNoOthers) {
  EXPECT_THAT(chosen({{"textbook:counter-missed"}, {}}), ElementsAre("textbook:counter-missed"));
  EXPECT_THAT(chosen({{"libtorch"}, {}}), ElementsAre(HasSubstr("there is no subject 'libtorch'")));
}

TEST_F(SubjectOptionsTest, WhatCannotBeMeantIsASentence) {
  EXPECT_THAT(chosen({{"textbook"}, {"libtorch"}}), ElementsAre(HasSubstr("can't both be given")));
  EXPECT_THAT(chosen({{}, {"nobody"}}),
              ElementsAre("there is no family nobody to leave out; there are libtorch, textbook"));
  EXPECT_THAT(chosen({{}, {"libtorch", "textbook"}}),
              ElementsAre(HasSubstr("leaves nothing to run on")));
}

}  // namespace
}  // namespace normdiff
