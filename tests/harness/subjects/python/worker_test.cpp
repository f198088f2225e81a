#include "harness/subjects/python/worker.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

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
    nlohmann::json steps = nlohmann::json::array();
    for_each_step_type([&]<class S>(TypeTag<S>) {
      if (S::name != without_step) steps.push_back(S::name);
    });
    const nlohmann::json manifest = {{"version", "2.13.0+cpu"}, {"steps", steps}};
    const std::string path = folder_.write(
        "worker.sh", "#!/bin/sh\n" + say(nlohmann::json{{"manifest", manifest}}.dump()) +
                         "while read plan; do\n" + answer + "\ndone\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    PythonOptions options;
    options.step_deadline = 2s;
    return make_python_subject(path, options);
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
    const Ran ran = run(subject, three_steps);
    ASSERT_EQ(ran.trace.steps.size(), 2U);
    EXPECT_EQ(ran.trace.steps[0].outcome, Outcome::ok);
    EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::crashed);
    EXPECT_EQ(ran.trace.steps[1].text, "signal 11 (Segmentation fault); last it said: why it died");
  }
}

TEST_F(FakeWorker, Hangs) {
  const Subject subject = start(say(first_step) + "sleep 100");
  const Ran ran = run(subject, three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::timed_out);
  EXPECT_EQ(ran.trace.steps[1].text, "no answer within 2 s");
}

TEST_F(FakeWorker, WritesGarbage) {
  const Ran ran = run(start("printf '\\001\\377{[\\n'"), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 1U);
  EXPECT_EQ(ran.trace.steps[0].outcome, Outcome::crashed);
  EXPECT_EQ(ran.trace.steps[0].text, "it wrote what is no JSON object");
}

TEST_F(FakeWorker, WritesWhatIsNoTrace) {
  const Ran ran = run(start(say(first_step) + say(first_step)), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].text, "it wrote what is no trace: expected step 1");
}

TEST_F(FakeWorker, DiesInTheMiddleOfAMessage) {
  const Ran ran = run(start(say(first_step) + "printf '{\"step\":1,'; exit 1"), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::crashed);
  EXPECT_EQ(ran.trace.steps[1].text, "exit 1");
}

TEST_F(FakeWorker, EndsTooEarly) {
  const Ran ran = run(start(say(first_step) + say(R"({"end":true})")), three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::crashed);
}

TEST_F(FakeWorker, RunsOutOfMemory) {
  const Ran ran =
      run(start(say(first_step) + say(R"({"step":1,"outcome":"out_of_memory","observed":[]})") +
                say(R"({"end":true})")),
          three_steps);
  ASSERT_EQ(ran.trace.steps.size(), 2U);
  EXPECT_EQ(ran.trace.steps[1].outcome, Outcome::out_of_memory);
}

}  // namespace
}  // namespace normdiff::test
