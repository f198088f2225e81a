#include <gmock/gmock.h>

#include <cstring>

#include "checkout.hpp"
#include "harness/os/process.hpp"
#include "harness/subjects/python/python.hpp"
#include "tests/harness/subjects/python/python_run.hpp"
#include "tests/temporary_folder.hpp"

// worker.py on the PyTorch of .venv; CMake leaves this file out where there is none.
namespace normdiff::test {
namespace {

using ::testing::HasSubstr;

class RealWorker : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto made = make_python_subject(NORMDIFF_VENV_PYTHON);
    if (const auto* why = std::get_if<std::string>(&made)) FAIL() << *why;
    subject_ = std::get<Subject>(std::move(made));
  }
  static void TearDownTestSuite() { subject_.reset(); }
  void SetUp() override { ASSERT_TRUE(subject_) << NORMDIFF_VENV_PYTHON " cannot be used"; }
  static inline std::optional<Subject> subject_;
};

constexpr const char* network = R"(
net = Sequential(
    conv1=Conv2d(3, 2, kernel_size=3, bias=False),
    bn=BatchNorm2d(2),
    relu=ReLU(),
    flatten=Flatten(),
    fc1=Linear(18, 10, bias=False),
)
net.bn.eval()
x = tensor(1, 3, 5, 5, normal(0, 1), seed=2, dtype=float32)
)";

// torch.jit.script takes both networks for one type, and would run the second in the first's order.
TEST_F(RealWorker, ForgetsWhatAnEarlierScenarioScripted) {
  const auto scripted = [](const std::string& children) {
    return run(*subject_, "net = Sequential(" + children + R"()
x = tensor(3, 2, normal(0, 1), seed=1)
s = torch.jit.script(net)
y = s(x)
)");
  };
  const auto shape = [](const RunOfSubject& ran) {
    const auto y = ran.at<ObservedTensor>(ran.trace.steps.size() - 1, "y", 0, Slot::value);
    return y ? y->shape : Shape{};
  };
  EXPECT_EQ(shape(scripted("bn=BatchNorm1d(2), fc=Linear(2, 1, bias=False)")), (Shape{3, 1}));
  // A batch norm of two channels refuses the one column that is left of them.
  const RunOfSubject other = scripted("fc=Linear(2, 1, bias=False), bn=BatchNorm1d(2)");
  EXPECT_EQ(other.trace.steps.back().outcome, Outcome::error);
}

TEST_F(RealWorker, ShowsWhatAnExportDoesToFlags) {
  const RunOfSubject ran = run(*subject_, std::string(network) + R"(
y = net(x)
m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)
w = m(x)
)");
  ASSERT_EQ(ran.trace.steps.size(), 6U);
  for (const StepRecord& step : ran.trace.steps) EXPECT_EQ(step.outcome, Outcome::ok) << step.text;
  EXPECT_EQ(ran.at<bool>(1, "net", 2, Slot::training), false);
  EXPECT_EQ(ran.at<bool>(3, "net", 2, Slot::training), false);
  EXPECT_EQ(ran.at<bool>(4, "net", 2, Slot::training), true);             // the thread's complaint
  EXPECT_EQ(ran.at<std::int64_t>(4, "m", 0, Slot::onnx_batch_norms), 0);  // folded
  // The leaf calls before the last; the last one is the value.
  EXPECT_EQ(ran.elements(3, "y", 0, Slot::leaf_output).size(), 18U);
  EXPECT_EQ(ran.elements(3, "y", 3, Slot::leaf_output).size(), 18U);
  EXPECT_TRUE(ran.elements(3, "y", 4, Slot::leaf_output).empty());
  // onnxruntime computes what the eager module did in eval.
  const auto eager = ran.elements(3, "y", 0, Slot::value);
  const auto exported = ran.elements(5, "w", 0, Slot::value);
  ASSERT_EQ(eager.size(), 10U);
  ASSERT_EQ(exported.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(eager[i], exported[i], 1e-5);
}

TEST_F(RealWorker, ShowsTheNodesOfAnExport) {
  const RunOfSubject ran = run(*subject_, R"(
net = Sequential(bn=BatchNorm2d(2, momentum=0.25))
x = tensor(2, 2, 3, 3, normal(0, 1), dtype=float32)
m = torch.onnx.export(net, x, training=TRAINING, dynamo=False, opset_version=17)
)");
  EXPECT_EQ(ran.at<std::int64_t>(2, "m", 0, Slot::onnx_batch_norms), 1);
  EXPECT_EQ(ran.at<std::int64_t>(2, "m", 0, Slot::onnx_training_mode), 1);
  EXPECT_EQ(ran.at<std::int64_t>(2, "m", 0, Slot::onnx_outputs), 3);
  EXPECT_EQ(ran.at<double>(2, "m", 0, Slot::onnx_momentum), 0.75);
  EXPECT_NEAR(*ran.at<double>(2, "m", 0, Slot::onnx_epsilon), 1e-5, 1e-9);
}

TEST_F(RealWorker, ShowsWhatARefusedStepLeft) {
  const RunOfSubject ran = run(*subject_, R"(
net = Sequential(relu=ReLU(), bn=BatchNorm2d(2))
x = tensor(1, 2, 1, 1, normal(0, 1), dtype=float32)
y = net(x)
backward(y, normal(0, 1))
)");
  ASSERT_EQ(ran.trace.steps.size(), 4U);
  EXPECT_EQ(ran.trace.steps[2].outcome, Outcome::error);
  EXPECT_EQ(ran.trace.steps[2].error_class, "ValueError");
  EXPECT_THAT(std::string(ran.trace.steps[2].text), HasSubstr("more than 1 value per channel"));
  EXPECT_EQ(ran.elements(2, "y", 0, Slot::leaf_output).size(), 2U);
  EXPECT_EQ(ran.trace.steps[3].outcome, Outcome::unsupported);
  EXPECT_EQ(ran.trace.steps[3].text, "needs y, which was not made");
}

TEST_F(RealWorker, GoesOnFromAnEarlierResult) {
  const RunOfSubject ran = run(*subject_, R"(
a = Linear(1, 1, bias=False)
fill(a.weight, [3])
x = tensor(2, 1, [1, 2], requires_grad=True)
y = a(x)
z = a(y)
backward(z, constant(1))
backward(y, constant(1))
)");
  EXPECT_EQ(ran.elements(4, "z", 0, Slot::value), (std::vector<double>{9, 18}));
  EXPECT_EQ(ran.elements(5, "a", 0, Slot::weight_grad), (std::vector<double>{18}));
  EXPECT_EQ(ran.elements(5, "x", 0, Slot::grad), (std::vector<double>{9, 9}));
  EXPECT_EQ(ran.trace.steps[6].outcome, Outcome::error);
}

TEST_F(RealWorker, SetsWhichParametersRequireGradients) {
  const RunOfSubject ran = run(*subject_, R"(
net = Sequential(fc=Linear(3, 2), bn=BatchNorm1d(2))
net.requires_grad_(False)
net.bn.requires_grad_(True)
)");
  EXPECT_FALSE(ran.at<ObservedTensor>(1, "net", 1, Slot::weight)->requires_grad);
  EXPECT_TRUE(ran.at<ObservedTensor>(2, "net", 2, Slot::bias)->requires_grad);
}

TEST_F(RealWorker, ShowsGradients) {
  const RunOfSubject ran = run(*subject_, R"(
net = Sequential(bn=BatchNorm1d(2), relu=ReLU())
x = tensor(3, 2, [1, 2, 3, 4, 5, 6.5], dtype=float64, requires_grad=True)
net.to(float64)
y = net(x)
backward(y, [1, -2, 3, 0.5, 1, 1])
net.zero_grad()
)");
  for (const StepRecord& step : ran.trace.steps) EXPECT_EQ(step.outcome, Outcome::ok) << step.text;
  // ReLU lets through what was above zero.
  EXPECT_EQ(ran.elements(4, "y", 0, Slot::leaf_output_grad),
            (std::vector<double>{0, 0, 0, 0, 1, 1}));
  EXPECT_EQ(ran.elements(4, "net", 1, Slot::bias_grad), (std::vector<double>{1, 1}));
  EXPECT_EQ(ran.elements(4, "x", 0, Slot::grad).size(), 6U);
  EXPECT_FALSE(ran.at<ObservedTensor>(5, "net", 1, Slot::bias_grad));
}

TEST_F(RealWorker, ShowsWhatIsShared) {
  const RunOfSubject ran = run(*subject_, R"(
bn = BatchNorm2d(2)
net = Sequential(a=bn, b=bn)
s = torch.jit.script(net)
t = torch.jit.save_load(s)
)");
  EXPECT_EQ(ran.at<std::int64_t>(3, "net", 1, Slot::identity), ran.key("bn", 0));
  EXPECT_EQ(ran.at<std::int64_t>(3, "net", 2, Slot::identity), ran.key("bn", 0));
  EXPECT_EQ(ran.at<std::int64_t>(3, "s", 1, Slot::identity), ran.key("s", 1));
  EXPECT_EQ(ran.at<std::int64_t>(3, "s", 2, Slot::identity), ran.key("s", 2));  // two now
  const auto storage = [&](std::string_view name, int place) {
    return ran.at<ObservedTensor>(3, name, place, Slot::weight)->storage;
  };
  EXPECT_EQ(storage("net", 2), storage("bn", 0));
  EXPECT_EQ(storage("s", 2), storage("bn", 0));
  EXPECT_NE(storage("t", 1), storage("bn", 0));
  EXPECT_EQ(storage("t", 2), storage("t", 1));
}

TEST_F(RealWorker, SaysWhatABugReportAsksFor) {
  const Facts& facts = subject_->manifest.facts;
  for (const char* name : {"torch", "git", "python", "numpy", "onnx", "onnxscript", "onnxruntime",
                           "capability", "threads", "system", "normdiff"})
    EXPECT_EQ(std::count_if(facts.begin(), facts.end(),
                            [&](const auto& fact) { return fact.first == name; }),
              1)
        << name;
}

TEST_F(RealWorker, ShowsAReplacementUnderAllItsNames) {
  const RunOfSubject ran = run(*subject_, R"(
net = Sequential(bn=BatchNorm2d(2))
outer = Sequential(net=net)
norm = InstanceNorm2d(2)
replace(net.bn, norm)
c = copy.deepcopy(outer)
id = Identity()
replace(outer.net.bn, id)
)");
  EXPECT_EQ(ran.at<std::int64_t>(3, "norm", 0, Slot::identity), ran.key("net", 1));
  EXPECT_EQ(ran.at<std::int64_t>(3, "outer", 2, Slot::identity), ran.key("net", 1));
  EXPECT_EQ(ran.at<bool>(3, "net", 1, Slot::track_running_stats), false);
  EXPECT_TRUE(ran.shows<None>(3, "net", 1, Slot::running_mean));
  EXPECT_EQ(ran.at<bool>(4, "c", 2, Slot::track_running_stats), false);
  EXPECT_EQ(ran.at<std::int64_t>(6, "norm", 0, Slot::identity), ran.key("norm", 0));
  EXPECT_TRUE(ran.shows<None>(6, "net", 1, Slot::eps));
  EXPECT_TRUE(ran.shows<None>(6, "outer", 2, Slot::eps));
  EXPECT_FALSE(ran.shows<None>(6, "c", 2, Slot::eps));
}

TEST_F(RealWorker, CountsTheForwardsOfATrace) {
  const RunOfSubject ran = run(*subject_, R"(
net = Sequential(bn=BatchNorm2d(2))
x = tensor(2, 2, 3, 3, normal(0, 1), dtype=float32)
s = torch.jit.trace(net, x, check_trace=False)
t = torch.jit.trace(net, x)
u = torch.jit.script(net)
y = u(x)
)");
  const auto counter = [&](std::size_t step) {
    const auto tensor = ran.at<ObservedTensor>(step, "net", 1, Slot::num_batches_tracked);
    std::int64_t value = -1;
    if (tensor) std::memcpy(&value, tensor->data, sizeof value);
    return value;
  };
  EXPECT_EQ(counter(2), 1);
  EXPECT_GE(counter(3), 2);
  EXPECT_EQ(counter(5), counter(4) + 1);  // the script module shares its buffers
  EXPECT_EQ(ran.at<bool>(5, "u", 1, Slot::training), true);
}

TEST_F(RealWorker, SaysWhyTheNewerExporterRefuses) {
  const RunOfSubject ran = run(*subject_, R"(
bn = BatchNorm1d(2)
x = tensor(1, 2, normal(0, 1), dtype=float32)
m = torch.onnx.export(bn, x, training=PRESERVE, dynamo=True, opset_version=18)
)");
  EXPECT_EQ(ran.trace.steps[2].outcome, Outcome::error);
  EXPECT_EQ(ran.trace.steps[2].error_class, "ValueError");
  EXPECT_THAT(std::string(ran.trace.steps[2].text), HasSubstr("more than 1 value per channel"));
}

TEST_F(RealWorker, ABadOpsetIsAnError) {
  const RunOfSubject ran =
      run(*subject_,
          std::string(network) +
              "m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=99)\n");
  EXPECT_EQ(ran.trace.steps[3].outcome, Outcome::error);
  EXPECT_THAT(std::string(ran.trace.steps[3].text), HasSubstr("99"));
}

/// The real interpreter, which does not find a package.
struct RealWorkerWithout : ::testing::TestWithParam<std::pair<const char*, const char*>> {
  std::variant<Subject, std::string> without(const std::string& package) {
    (void)folder.write("sitecustomize.py", R"(from importlib.machinery import PathFinder

find_spec = PathFinder.find_spec


def find_others(name, path=None, target=None):
    return None if name == ")" + package + R"(" else find_spec(name, path, target)


PathFinder.find_spec = find_others
)");
    const std::string interpreter =
        folder.write("python", "#!/bin/sh\nPYTHONPATH=" + folder.path().string() +
                                   " exec " NORMDIFF_VENV_PYTHON " \"$@\"\n");
    std::filesystem::permissions(interpreter, std::filesystem::perms::owner_all);
    return make_python_subject(interpreter);
  }
  TemporaryFolder folder;
};
TEST_P(RealWorkerWithout, APackageTheStepThatNeedsItIsUnsupportedAndNoOther) {
  const auto& [package, needs_it] = GetParam();
  const auto made = without(package);
  ASSERT_TRUE(std::holds_alternative<Subject>(made)) << std::get<std::string>(made);
  const RunOfSubject ran = run(std::get<Subject>(made), std::string(network) + R"(
m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)
d = torch.onnx.export(net, x, training=EVAL, dynamo=True, opset_version=18)
y = m(x)
z = net(x)
)");
  ASSERT_EQ(ran.trace.steps.size(), 7U);
  for (std::size_t i = 0; i < ran.trace.steps.size(); ++i) {
    const StepRecord& step = ran.trace.steps[i];
    const bool needs = std::string(needs_it).find(std::to_string(i)) != std::string::npos;
    EXPECT_EQ(step.outcome, needs ? Outcome::unsupported : Outcome::ok) << i << step.text;
  }
  const std::size_t first = std::stoul(std::string(needs_it).substr(0, 1));
  EXPECT_EQ(ran.trace.steps[first].text,
            "needs the " + std::string(package) + " package: No module named '" + package + "'");
}
INSTANTIATE_TEST_SUITE_P(All, RealWorkerWithout,
                         ::testing::Values(std::pair{"onnx", "345"}, std::pair{"onnxscript", "4"},
                                           std::pair{"onnxruntime", "5"}));

TEST_F(RealWorkerWithout, NumpyNothingCanBeSeen) {
  const auto made = without("numpy");
  ASSERT_TRUE(std::holds_alternative<std::string>(made));
  EXPECT_THAT(std::get<std::string>(made), HasSubstr("needs the numpy package"));
}

TEST(RealWorkerFolder, IsGoneWhenWhoeverStartedTheWorkerIsGone) {
  const TemporaryFolder folder;
  const std::string files = folder.write("files/left.txt", "of a scenario");
  auto started =
      Process::start({NORMDIFF_VENV_PYTHON, "-B",
                      std::string(NORMDIFF_SOURCE_DIR) + "/harness/subjects/python/worker.py",
                      "--folder", (folder.path() / "files").string()});
  const auto& worker = std::get<std::unique_ptr<Process>>(started);
  const auto manifest = worker->read_line(std::chrono::minutes(2));
  ASSERT_TRUE(std::holds_alternative<std::string>(manifest));
  EXPECT_TRUE(std::filesystem::exists(files));
  EXPECT_EQ(worker->finish(std::chrono::minutes(1)).code, 0);
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "files"));
}

}  // namespace
}  // namespace normdiff::test
