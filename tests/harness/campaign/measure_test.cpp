#include "harness/campaign/measure.hpp"

#include <gmock/gmock.h>

#include "tests/harness/campaign/measured_support.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

using Measuring = OneDeviation;

TEST_F(Measuring, RunsTheEvidenceOfTheFamilyAndNothingElse) {
  (void)corpus_.write("corpus/other.scenario", witness);
  const Measurement measurement = measured("7.0.0", true);
  EXPECT_EQ(measurement.files.size(), 2U);
  EXPECT_EQ(measurement.files.count("corpus/witness.scenario"), 1U);
  EXPECT_EQ(measurement.verified(), "textbook@7.0.0");
}

TEST_F(Measuring, IsJudgedByAnyCatalogue) {
  Measurement shows = measured("7.0.0", true);
  const Deviations claimed = catalogue(file(">=7,<8", "\"textbook@7.0.0\""));
  const auto hits = [&](const Deviations& deviations) {
    return hits_in(judge(shows, deviations).seen, "corpus/witness.scenario", "made-up");
  };
  EXPECT_EQ(hits(claimed), 2U);
  EXPECT_THAT(judge(shows, claimed).unpredicted, IsEmpty());
  EXPECT_EQ(hits(Deviations()), 0U);
  EXPECT_THAT(judge(shows, Deviations()).unpredicted.at("corpus/witness.scenario"),
              HasSubstr("training is True, expected False"));
}

TEST_F(Measuring, WhereNothingIsMeasuredEveryDeviationIsTried) {
  Deviation gap = catalogue(file(">=7,<8", "\"textbook@7.0.0\"")).list().front();
  Deviation another = gap;
  another.id = "another";
  another.steps = {"train"};
  another.versions = ">=9,<10";
  another.verified_on = {"textbook@9.0.0"};
  const Deviations both({gap, another});
  Measurement shows = measured("9.0.0", true);
  EXPECT_THAT(judge(shows, both).unpredicted, testing::SizeIs(1)) << "a measured gap";
  const Deviations tried = with_unmeasured(both, shows.subject);
  EXPECT_THAT(judge(shows, tried).unpredicted, IsEmpty());
  for (const Deviation& deviation : tried.list())
    EXPECT_EQ(tried.applies(deviation, shows.subject), Applies::elsewhere) << deviation.id;
}

TEST_F(Measuring, AHostThatCannotBeUsedIsASentence) {
  HostOptions options;
  options.command = {"/no/such/host"};
  HostLink host(options);
  const auto made = measure(host, Deviations(), {});
  EXPECT_THAT(std::get<std::string>(made), HasSubstr("/no/such/host"));
}

}  // namespace
}  // namespace normdiff::test
