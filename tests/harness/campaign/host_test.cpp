#include "harness/campaign/host.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/campaign/host_link.hpp"
#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::HasSubstr;

/// One host spoken to by hand.
class Spoken {
 public:
  Spoken() {
    auto started = Process::start(strange("none").command);
    process_ = std::get<std::unique_ptr<Process>>(std::move(started));
  }
  std::string ask(const std::string& line) {
    process_->write(line + "\n", seconds(5));
    return next();
  }
  std::string next() {
    auto read = process_->read_line(seconds(5));
    return std::holds_alternative<std::string>(read) ? std::get<std::string>(read) : "(nothing)";
  }

 private:
  std::unique_ptr<Process> process_;
};

TEST(Host, SaysWhatItIs) {
  Spoken host;
  EXPECT_EQ(json::parse(host.ask(R"({"do":"manifest"})"))["manifest"]["family"], "textbook");
}

TEST(Host, ARequestThatCannotBeReadIsAnErrorAndTheHostGoesOn) {
  Spoken host;
  for (const char* bad :
       {"", "nonsense", "[]", "{}", R"({"do":7})", R"({"do":"fly"})", R"({"do":"trace"})",
        R"({"do":"trace","scenario":"nonsense"})", R"({"do":"range","profile":"none"})",
        R"({"do":"range","profile":"modes","seed":1,"first":0,"count":1,)"
        R"("number_file":"/no/such/file"})"})
    EXPECT_THAT(host.ask(bad), HasSubstr("\"error\"")) << bad;
  EXPECT_THAT(host.ask(R"({"do":"manifest"})"), HasSubstr("manifest"));
}

TEST(Host, TracesAScenarioStepByStep) {
  Spoken host;
  const json request = {{"do", "trace"},
                        {"scenario", "# normdiff-scenario 1\nnet = BatchNorm2d(2)\nnet.eval()\n"}};
  EXPECT_EQ(json::parse(host.ask(request.dump()))["step"], 0);
  EXPECT_EQ(json::parse(host.next())["step"], 1);
  EXPECT_EQ(json::parse(host.next())["end"], true);
}

TEST(HostLink, ARefusedStepIsAStepAndNoErrorOfTheHost) {
  HostOptions options;
  options.command = strange("none").command;
  HostLink host(options);
  Trace trace;
  const auto failure = host.trace(
      "# normdiff-scenario 1\nnet = BatchNorm2d(2)\nx = tensor(2, normal(0, 1), seed=1)\ny = "
      "net(x)\n",
      3, trace);
  ASSERT_FALSE(failure) << failure->text;
  ASSERT_EQ(trace.steps.size(), 3U);
  EXPECT_EQ(trace.steps[2].outcome, Outcome::error);
}

TEST(HostLink, AHostThatNeverSaysWhatItIsIsGivenUp) {
  HostOptions options;
  options.command = strange("mute").command;
  options.start_deadline = std::chrono::milliseconds(200);
  HostLink host(options);
  const auto manifest = host.manifest();
  ASSERT_TRUE(std::holds_alternative<HostFailure>(manifest));
  EXPECT_EQ(std::get<HostFailure>(manifest).kind, HostFailure::Kind::timed_out);
}

TEST(HostLink, ARangeEndsEarlyWithAWholeScenario) {
  HostOptions options;
  options.command = strange("none").command;
  HostLink host(options);
  const auto result = host.run({Profile::modes, 1, 0, 1'000'000'000}, 0.05);
  ASSERT_TRUE(std::holds_alternative<RangeResult>(result));
  const RangeResult& range = std::get<RangeResult>(result);
  EXPECT_GT(range.done, 0U);
  EXPECT_EQ(range.done, range.tally.scenarios);
}

}  // namespace
}  // namespace normdiff::test
