#include "harness/host/host.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "harness/os/process.hpp"
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
  const std::string nowhere =
      R"({"do":"range","profile":"modes","seed":1,"first":0,"count":1,"number_file":"/no/such"})";
  for (const char* bad : {"", "nonsense", "[]", "{}", R"({"do":7})", R"({"do":"fly"})",
                          R"({"do":"trace"})", R"({"do":"trace","scenario":"nonsense"})",
                          R"({"do":"range","profile":"none"})", nowhere.c_str()})
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

}  // namespace
}  // namespace normdiff::test
