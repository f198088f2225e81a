#include "harness/subjects/python/worker.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "checkout.hpp"
#include "harness/language/steps.hpp"
#include "harness/subjects/python/python.hpp"
#include "tests/harness/subjects/python/python_run.hpp"
#include "tests/temporary_folder.hpp"

// Workers that misbehave: a few lines of sh in the place of the interpreter.
namespace normdiff::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr const char* three_steps = "a = ReLU()\nb = ReLU()\nc = ReLU()\n";
constexpr const char* first_step = R"({"step":0,"outcome":"ok","observed":[]})";

class FakeWorker : public ::testing::Test {
 protected:
  std::variant<Subject, std::string> try_start(const std::string& answer,
                                               std::string_view without_step = "") {
    PythonOptions options;
    options.step_deadline = 2s;
    return make_python_subject(write_worker(answer, without_step), options);
  }
  std::string write_worker(const std::string& answer, std::string_view without_step = "") {
    nlohmann::json steps = nlohmann::json::array();
    for_each_step_type([&]<class S>(TypeTag<S>) {
      if (S::name != without_step) steps.push_back(S::name);
    });
    const nlohmann::json manifest = {{"version", "2.13.0+cpu"}, {"steps", steps}};
    std::string path =
        folder_.write("worker.sh", "#!/bin/sh\nif [ \"$1\" = -c ]; then echo 2.13.0; exit; fi\n" +
                                       say(nlohmann::json{{"manifest", manifest}}.dump()) +
                                       "while read plan; do\n" + answer + "\ndone\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  Subject start(const std::string& answer) {
    auto made = try_start(answer);
    EXPECT_TRUE(std::holds_alternative<Subject>(made));
    return std::get<Subject>(std::move(made));
  }
  static std::string say(const std::string& text) { return "echo '" + text + "'\n"; }

 private:
  TemporaryFolder folder_;
};

TEST_F(FakeWorker, SaysWhatItIs) {
  const Manifest manifest = start("").manifest;
  EXPECT_EQ(manifest.id(), "python@2.13.0");
  EXPECT_EQ(manifest.family, "python");
}

TEST_F(FakeWorker, IsNotStartedWithoutAFunctionForEachStepThatIsNotDoneAsItIsSpelled) {
  EXPECT_THAT(std::get<std::string>(try_start("", "torch.jit.trace")),
              HasSubstr("worker.py has no function for torch.jit.trace; add one to steps.py"));
  EXPECT_TRUE(std::holds_alternative<Subject>(try_start("", "train")));
}

TEST(BuiltInWorker, IsGivenToTheInterpreterInAPrivateFolderThatGoesWithIt) {
  const TemporaryFolder folder;
  const std::string path = folder.write(
      "python", "#!/bin/sh\ncp -r \"$(dirname \"$2\")\" " + (folder.path() / "seen").string() +
                    "\nstat -c %a \"$(dirname \"$2\")\" >" + (folder.path() / "mode").string() +
                    "\necho \"$2\" >" + (folder.path() / "path").string() + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  EXPECT_TRUE(std::holds_alternative<std::string>(make_python_subject(path)));
  EXPECT_EQ(read(folder.path() / "mode"), "700\n");
  for (const char* file : {"worker.py", "steps.py", "trees.py", "observe.py", "onnx_files.py"})
    EXPECT_EQ(read(folder.path() / "seen" / file),
              read(std::filesystem::path(NORMDIFF_SOURCE_DIR "/harness/subjects/python") / file))
        << file;
  std::string there = read(folder.path() / "path");
  there.pop_back();
  EXPECT_EQ(std::filesystem::path(there).filename(), "worker.py");
  EXPECT_FALSE(std::filesystem::exists(there));
}

TEST_F(FakeWorker, DiesInAStep) {
  const Subject subject =
      start(say(first_step) + "echo first >&2; echo 'why it died' >&2; kill -SEGV $$");
  for (int again = 0; again < 2; ++again) {  // it is started anew
    const RunOfSubject ran = run(subject, three_steps);
    ASSERT_EQ(ran.trace.steps.size(), 2U);
    EXPECT_EQ(ran.trace.steps[0].outcome, Outcome::ok);
    EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::crashed);
    EXPECT_EQ(ran.trace.steps[1].text, "signal 11 (Segmentation fault); last it said: why it died");
  }
}

TEST_F(FakeWorker, IsKilledFromOutside) {
  const RunOfSubject ran = run(start(say(first_step) + "kill -KILL $$"), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::disturbed);
  EXPECT_THAT(std::string(ran.trace.steps[1].text), HasSubstr("from outside, signal 9 (Killed)"));
}

TEST_F(FakeWorker, IsStoppedFromOutside) {
  const RunOfSubject ran = run(start(say(first_step) + "kill -STOP $$"), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::disturbed);
}

TEST_F(FakeWorker, ThatDoesNotStartAgainProvesNothing) {
  const Subject subject = start("rm \"$0\"; exit 1");
  EXPECT_EQ(run(subject, three_steps).trace.steps.back().outcome, Outcome::crashed);
  EXPECT_EQ(run(subject, three_steps).trace.steps.back().outcome, Outcome::disturbed);
}

/// `normdiff check` on a worker that hangs, once that is so.
class HungWorker : public FakeWorker {
 protected:
  HungWorker() {
    const std::string interpreter = write_worker("echo $$ > '" + hung.string() + "'\nsleep 1000");
    const std::string scenario =
        files.write("a.scenario", std::string("# normdiff-scenario 1\n") + three_steps);
    auto started = Process::start({NORMDIFF_BINARY_DIR "/bin/normdiff", "check", scenario,
                                   "--subject", "python:" + interpreter},
                                  {{"TMPDIR", temporary.path().string()}});
    command = std::move(std::get<std::unique_ptr<Process>>(started));
    while (read(hung).empty()) std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(std::filesystem::is_empty(temporary.path()));
  }
  /// Waits until nothing is left: for ever, where something is.
  void wait_for_the_end() {
    const int worker = std::stoi(read(hung));
    while (kill(-worker, 0) == 0 || !std::filesystem::is_empty(temporary.path()))
      std::this_thread::sleep_for(10ms);
  }
  TemporaryFolder files, temporary;
  std::filesystem::path hung = files.path() / "hung";
  std::unique_ptr<Process> command;
};

TEST_F(HungWorker, AndItsFolderAreGoneWhenTheCommandIsKilled) {
  kill(command->pid(), SIGKILL);
  wait_for_the_end();
}

TEST_F(HungWorker, AndItsFolderAreGoneWhenTheCommandIsInterrupted) {
  kill(command->pid(), SIGINT);
  wait_for_the_end();
}

TEST_F(FakeWorker, Hangs) {
  const Subject subject = start(say(first_step) + "sleep 100");
  const RunOfSubject ran = run(subject, three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::timed_out);
  EXPECT_EQ(ran.trace.steps[1].text, "no answer within 2 s");
}

TEST_F(FakeWorker, WritesGarbage) {
  const RunOfSubject ran = run(start("printf '\\001\\377{[\\n'"), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 1U);
  EXPECT_EQ(ran.trace.steps[0].outcome, Outcome::crashed);
  EXPECT_EQ(ran.trace.steps[0].text, "it wrote what is no JSON object");
}

TEST_F(FakeWorker, WritesWhatIsNoTrace) {
  const RunOfSubject ran = run(start(say(first_step) + say(first_step)), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].text, "it wrote what is no trace: expected step 1");
}

TEST_F(FakeWorker, DiesInTheMiddleOfAMessage) {
  const RunOfSubject ran =
      run(start(say(first_step) + "printf '{\"step\":1,'; exit 1"), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::crashed);
  EXPECT_EQ(ran.trace.steps[1].text, "exit 1");
}

TEST_F(FakeWorker, EndsTooEarly) {
  const RunOfSubject ran = run(start(say(first_step) + say(R"({"end":true})")), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::crashed);
}

TEST_F(FakeWorker, RunsOutOfMemory) {
  const RunOfSubject ran =
      run(start(say(first_step) + say(R"({"step":1,"outcome":"out_of_memory","observed":[]})") +
                say(R"({"end":true})")),
          three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::out_of_memory);
}

}  // namespace
}  // namespace normdiff::test
