#include "harness/cli/trace_file.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "harness/scenario/scope.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/subjects/textbook/textbook.hpp"
#include "harness/trace/json.hpp"
#include "tests/temporary_folder.hpp"

namespace normdiff::test {
namespace {

using testing::HasSubstr;

/// Reads a file with the first `steps` steps of a run; step `ended` has this outcome.
std::variant<TraceFile, InputError> read_back(
    std::size_t steps, std::size_t ended, Outcome outcome, Trace& trace,
    const std::function<void(nlohmann::json&)>& change = [](nlohmann::json&) {}) {
  const Scenario scenario = std::get<Scenario>(
      parse("# normdiff-scenario 1\nnet = BatchNorm2d(2)\nnet.eval()\nnet.train()\n"));
  const Subject subject = make_textbook_subject("");
  Trace whole;
  subject.run(scenario, resolve(scenario), whole);
  whole.steps[ended].outcome = outcome;
  const TemporaryFolder folder;
  std::ofstream file(folder.path() / "t.jsonl");
  nlohmann::json header = trace_header(subject.manifest, scenario);
  change(header);
  file << header << "\n";
  for (std::size_t i = 0; i < steps; ++i)
    file << to_json(whole, i, scenario, resolve(scenario)) << "\n";
  file.close();
  return read_trace(folder.path() / "t.jsonl", trace);
}

std::string refusal(const std::variant<TraceFile, InputError>& read) {
  const auto* error = std::get_if<InputError>(&read);
  return error ? error->message : "it was read";
}

TEST(TraceFile, MayEndEarlyWithTheStepThatEndedTheProcess) {
  for (const Outcome outcome :
       {Outcome::crashed, Outcome::timed_out, Outcome::out_of_memory, Outcome::disturbed}) {
    Trace trace;
    EXPECT_EQ(refusal(read_back(2, 1, outcome, trace)), "it was read");
    ASSERT_EQ(trace.steps.size(), 2U);
    EXPECT_EQ(trace.steps[1].outcome, outcome);
  }
}

TEST(TraceFile, ASubjectsNameIsOnePrintableLine) {
  // Other control characters are written out when the file is read, and can't reach the name.
  for (const char* name : {"textbook\nconforms", "text\tbook"}) {
    Trace trace;
    const auto read = read_back(3, 2, Outcome::ok, trace, [&](nlohmann::json& header) {
      header["subject"]["subject"] = name;
    });
    EXPECT_THAT(refusal(read), HasSubstr("is no printable line")) << name;
  }
}

TEST(TraceFile, OneFromElsewhereNeedNotSayItsKernelsAndFacts) {
  Trace trace;
  const auto read = read_back(3, 2, Outcome::ok, trace, [](nlohmann::json& header) {
    header["subject"].erase("kernels");
    header["subject"].erase("facts");
  });
  ASSERT_EQ(refusal(read), "it was read");
  const Manifest& subject = std::get<TraceFile>(read).subject;
  EXPECT_EQ(subject.kernels, reference::Kernels::stable) << "as a port's are";
  EXPECT_TRUE(subject.facts.empty());
  const auto wrong = read_back(3, 2, Outcome::ok, trace, [](nlohmann::json& header) {
    header["subject"]["kernels"] = "fast";
  });
  EXPECT_THAT(refusal(wrong), HasSubstr("no header of a trace"));
}

TEST(TraceFile, AFamilyThatNobodyKnowsIsWelcome) {
  Trace trace;
  const auto read = read_back(3, 2, Outcome::ok, trace, [](nlohmann::json& header) {
    header["subject"]["subject"] = "my port";
    header["subject"]["family"] = "port";
  });
  ASSERT_EQ(refusal(read), "it was read");
  EXPECT_EQ(std::get<TraceFile>(read).subject.family, "port");
}

TEST(TraceFile, OneThatWasCutIsRefused) {
  Trace trace;
  EXPECT_THAT(refusal(read_back(2, 1, Outcome::ok, trace)),
              HasSubstr("the trace was cut: it has 2 of 3 steps"));
}

TEST(TraceFile, NothingComesAfterTheEndOfTheProcess) {
  Trace trace;
  EXPECT_THAT(refusal(read_back(3, 1, Outcome::crashed, trace)),
              HasSubstr("t.jsonl:4: a step after the one that the process ended with"));
}

}  // namespace
}  // namespace normdiff::test
