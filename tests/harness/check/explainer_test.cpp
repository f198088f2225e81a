#include "harness/check/explainer.hpp"

#include <gmock/gmock.h>

#include <map>
#include <utility>

#include "tests/harness/check/checked.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::Checked;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::ToldSubject;
using ::testing::UnorderedElementsAre;

/// Gives the deviation that each discrepancy of a subject is known by, or the verdict of one that
/// is new. A discrepancy is called "outcome", or by its path and slot.
std::map<std::string, std::string> explained(ToldSubject subject, const Deviations& deviations) {
  std::map<std::string, std::string> found;
  for (const Judged& judged : check(subject, {}, deviations).judged) {
    const std::string where = judged.observed_class == ObservationClass::error
                                  ? "outcome"
                                  : subject.scope[judged.key.name].places[judged.key.place].path +
                                        " " + std::string(to_string(judged.key.slot));
    found[where] = judged.deviation.empty() ? to_string(judged.verdict) : judged.deviation;
  }
  return found;
}

/// Picks the deviations of these ids, in this order.
std::vector<Deviation> only(const std::vector<std::string>& ids) {
  std::vector<Deviation> some;
  for (const std::string& id : ids)
    for (const Deviation& deviation : Deviations::built_in().list())
      if (deviation.id == id) some.push_back(deviation);
  EXPECT_EQ(some.size(), ids.size());
  return some;
}

// --- Alone --------------------------------------------------------------------------------------

/// Makes a subject whose cast casts the counter too, as C++ does, and gives it this value.
ToldSubject casts_counter(double value = 0, const std::string& family = "libtorch",
                          const std::string& version = "2.13.0") {
  ToldSubject subject("net = Sequential(bn=BatchNorm2d(2))\nnet.to(float64)\nnet.eval()\n", family,
                      version);
  subject.after[1] = [value](ToldSubject& self) {
    auto& counter = self.module("net", "bn")[TensorSlot::num_batches_tracked];
    counter = counter->to(DType::float64);
    counter->set(0, value);
  };
  return subject;
}

TEST(Explainer, AnHonestDeviatorIsKnownAndAnythingElseInItsPlaceIsNew) {
  ToldSubject honest = casts_counter();
  const Checked known = check(honest, {}, Deviations::built_in());
  ASSERT_EQ(known.judged.size(), 1u);
  EXPECT_EQ(known.judged[0].verdict, Verdict::known_deviation);
  EXPECT_EQ(known.judged[0].deviation, "cpp-to-casts-counter");
  EXPECT_EQ(known.tally.deviations.at("cpp-to-casts-counter"), 1u);
  EXPECT_THAT(known.tally.signatures, IsEmpty());
  EXPECT_THAT(explained(casts_counter(1e-9), Deviations::built_in()),
              UnorderedElementsAre(Pair("bn num_batches_tracked", "diverged")));
}

TEST(Explainer, ADeviationIsOneFamilysAndOfItsVersionsWhereOthersWereMeasured) {
  std::vector<Deviation> catalogue = Deviations::built_in().list();
  for (Deviation& deviation : catalogue)
    if (deviation.id == "cpp-to-casts-counter") deviation.versions = ">=1.13,<1.14";
  const auto counter = [&](const char* family, const char* version) {
    return explained(casts_counter(0, family, version), Deviations(catalogue))
        .at("bn num_batches_tracked");
  };
  EXPECT_EQ(counter("libtorch", "1.13.1"), "cpp-to-casts-counter");
  EXPECT_EQ(counter("libtorch", "2.13.0"), "diverged") << "others were measured there";
  EXPECT_EQ(counter("libtorch", "3.0.0"), "cpp-to-casts-counter") << "nothing was";
  EXPECT_EQ(counter("python", "3.0.0"), "diverged");
}

TEST(Explainer, ADeviationIsAboutStepsOfItsKinds) {
  std::vector<Deviation> catalogue = only({"cpp-to-casts-counter"});
  catalogue[0].steps = {"train"};
  EXPECT_THAT(explained(casts_counter(), Deviations(catalogue)),
              UnorderedElementsAre(Pair("bn num_batches_tracked", "diverged")));
}

TEST(Explainer, ADeviationThatPredictsAnotherOutcomeExplainsNothing) {
  const std::string off =
      "net = BatchNorm2d(2)\nx = tensor(2, 2, 1, 1, [1, 2, 3, 6])\nnet.track_running_stats = "
      "False\n"
      "y = net(x)\n";
  ToldSubject subject(off, "libtorch");
  const auto tracks = [](ToldSubject& self) {  // as C++ does, but for the counter
    auto& options = self.module("net");
    options.track_running_stats = true;
    self.run_through("net", "x");
    options.track_running_stats = false;
    self.module("net")[TensorSlot::num_batches_tracked]->set(0, 0);
  };
  subject.after[3] = tracks;
  EXPECT_EQ(check(subject, {}, Deviations::built_in()).tally.deviations.size(), 1u);
  ToldSubject refuses(off, "libtorch");
  refuses.refuse[3] = {"", "not today"};
  refuses.after[3] = tracks;
  const Checked checked = check(refuses, {}, Deviations::built_in());
  EXPECT_THAT(checked.tally.deviations, IsEmpty());
  EXPECT_EQ(checked.judged.size(), 3u) << "the step, running_mean, running_var";
}

TEST(Explainer, TwoDeviationsThatPredictOneDiscrepancyAreAHarnessError) {
  std::vector<Deviation> catalogue = Deviations::built_in().list();
  Deviation twin = only({"cpp-to-casts-counter"}).at(0);
  twin.id = "twin";
  catalogue.push_back(twin);
  ToldSubject subject = casts_counter();
  const Checked checked = check(subject, {}, Deviations(catalogue));
  ASSERT_EQ(checked.judged.size(), 1u);
  EXPECT_EQ(checked.judged[0].verdict, Verdict::harness_error);
  EXPECT_EQ(checked.judged[0].observed, "predicted by both cpp-to-casts-counter and twin");
  EXPECT_THAT(checked.tally.deviations, IsEmpty());
}

// --- Together -----------------------------------------------------------------------------------

/// Makes a subject that runs three channels without elements through a batch norm of two and one of
/// a bad eps. The documentation has the first one refuse; this subject goes past it, and the second
/// one counts `moves` times and refuses.
ToldSubject refuses_behind_what_is_not_checked(double moves = 1,
                                               const std::string& version = "2.13.0") {
  ToldSubject subject(
      "net = Sequential(bn=BatchNorm2d(2), bn2=BatchNorm2d(3, eps=-1))\n"
      "x = tensor(0, 3, 2, 2, [])\n"
      "y = net(x)\n",
      "python", version);
  subject.refuse[2] = subject.wording(reference::ErrorKind::bad_eps);
  subject.after[2] = [moves](ToldSubject& self) {
    self.module("net", "bn")[TensorSlot::num_batches_tracked]->set(0, 1);
    self.module("net", "bn2")[TensorSlot::num_batches_tracked]->set(0, moves);
  };
  return subject;
}

const std::string counts = "counter-moves-before-refusal";
const std::string skips = "empty-input-is-not-checked";

TEST(Explainer, TogetherTwoExplainWhatNeitherPredictsAlone) {
  EXPECT_THAT(explained(refuses_behind_what_is_not_checked(), Deviations::built_in()),
              UnorderedElementsAre(Pair("outcome", skips), Pair("bn num_batches_tracked", skips),
                                   Pair("bn2 num_batches_tracked", counts)));
}

TEST(Explainer, TogetherTheyExplainAVersionThatNothingWasMeasuredOn) {
  ToldSubject subject = refuses_behind_what_is_not_checked(1, "2.12.0");
  const Checked checked = check(subject, {}, Deviations::built_in());
  EXPECT_EQ(checked.tally.known_elsewhere, (Counts{{counts, 1}, {skips, 2}}));
  EXPECT_THAT(checked.tally.signatures, IsEmpty());
}

TEST(Explainer, WithoutOneOfTheTwoTheRestIsNew) {
  EXPECT_THAT(explained(refuses_behind_what_is_not_checked(), Deviations(only({skips}))),
              UnorderedElementsAre(Pair("outcome", skips), Pair("bn num_batches_tracked", skips),
                                   Pair("bn2 num_batches_tracked", "diverged")));
  const auto all_new = UnorderedElementsAre(Pair("outcome", "rejected_differently"),
                                            Pair("bn num_batches_tracked", "diverged"),
                                            Pair("bn2 num_batches_tracked", "diverged"));
  EXPECT_THAT(explained(refuses_behind_what_is_not_checked(), Deviations(only({counts}))), all_new);
  EXPECT_THAT(explained(refuses_behind_what_is_not_checked(), Deviations()), all_new);
}

TEST(Explainer, TogetherTheyExplainAllThatIsNewOrNothing) {
  const std::vector<std::pair<std::string, Slot>> lies = {{"", Slot::training},
                                                          {"bn", Slot::eps},
                                                          {"bn", Slot::num_batches_tracked},
                                                          {"bn", Slot::running_mean},
                                                          {"bn2", Slot::num_batches_tracked},
                                                          {"bn2", Slot::weight}};
  for (const auto& [path, slot] : lies) {
    ToldSubject liar = refuses_behind_what_is_not_checked();
    liar.lie(2, liar.key("net", path, slot));
    const auto found = explained(std::move(liar), Deviations::built_in());
    const std::string where = path + " " + std::string(to_string(slot));
    ASSERT_EQ(found.count(where), 1u) << where;
    EXPECT_EQ(found.at(where), "diverged") << where;
    EXPECT_EQ(found.at("bn2 num_batches_tracked"), "diverged") << where;
  }
}

TEST(Explainer, AsManyAreTakenAsAreNeededAndTheFirstThatIsNeededIsNamed) {
  std::vector<Deviation> catalogue = only({counts, counts, skips});
  catalogue[1].id = "counts once more";
  const auto known =
      UnorderedElementsAre(Pair("outcome", skips), Pair("bn num_batches_tracked", skips),
                           Pair("bn2 num_batches_tracked", counts));
  EXPECT_THAT(explained(refuses_behind_what_is_not_checked(1), Deviations(catalogue)), known);
  EXPECT_THAT(explained(refuses_behind_what_is_not_checked(2), Deviations(catalogue)), known);
  EXPECT_EQ(explained(refuses_behind_what_is_not_checked(3), Deviations(catalogue))
                .at("bn2 num_batches_tracked"),
            "diverged");
}

}  // namespace
}  // namespace normdiff
