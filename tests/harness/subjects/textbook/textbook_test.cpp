#include "harness/subjects/textbook/textbook.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "harness/check/check.hpp"
#include "harness/check/tally.hpp"
#include "harness/profiles/generate.hpp"
#include "harness/triage/deviations.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

/// New discrepancies of one scenario, as text.
class Judge {
 public:
  explicit Judge(std::string_view fault)
      : subject_(make_textbook_subject(fault)), checker_(subject_.manifest, none_) {}

  std::vector<std::string> discrepancies(const Scenario& scenario) {
    const Scope scope = resolve(scenario);
    subject_.run(scenario, scope, trace_);
    EXPECT_EQ(trace_.steps.size(), scenario.statements.size());
    Tally tally;
    checker_.check(scenario, scope, trace_, tally, result_);
    std::vector<std::string> found;
    for (const Judged& judged : result_.judged)
      if (is_new_discrepancy(judged.verdict))
        found.push_back(signature(subject_.manifest, scenario, judged) + ": expected " +
                        judged.expected + ", observed " + judged.observed);
    return found;
  }
  std::vector<std::string> discrepancies(const std::string& text) {
    return discrepancies(testing::scenario(text));
  }
  [[nodiscard]] const Trace& trace() const { return trace_; }

 private:
  Subject subject_;
  Deviations none_;
  Checker checker_;
  Trace trace_;
  CheckResult result_;
};

// The textbook is the reference's documentation in other words: it needs no deviation.
TEST(Textbook, IsRight) {
  Judge judge("");
  Scenario scenario;
  for (const Profile profile :
       {Profile::modes, Profile::numerics, Profile::exports, Profile::dynamo})
    for (std::uint64_t i = 0; i < 300; ++i) {
      generate(profile, 11, i, scenario);
      const auto found = judge.discrepancies(scenario);
      ASSERT_TRUE(found.empty()) << found.front() << "\n" << print(scenario);
    }
}

struct Planted {
  const char* fault;
  const char* scenario;  ///< a few lines that show it, and that the right textbook passes
};

class PlantedFault : public ::testing::TestWithParam<Planted> {};

TEST_P(PlantedFault, IsSeen) {
  EXPECT_TRUE(Judge("").discrepancies(GetParam().scenario).empty());
  EXPECT_FALSE(Judge(GetParam().fault).discrepancies(GetParam().scenario).empty());
}

constexpr const char* train_forward = R"(
bn = BatchNorm1d(2)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
y = bn(x)
)";
constexpr const char* eval_forward = R"(
bn = BatchNorm1d(2)
bn.eval()
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
y = bn(x)
)";
constexpr const char* train_backward = R"(
bn = BatchNorm1d(2)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32, requires_grad=True)
y = bn(x)
backward(y, [1, 2, -3, 4, 5, 7])
)";
constexpr const char* export_forward = R"(
bn = BatchNorm1d(2)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
m = torch.onnx.export(bn, x, training=EVAL, dynamo=False, opset_version=17)
w = m(x)
)";

INSTANTIATE_TEST_SUITE_P(
    Textbook, PlantedFault,
    ::testing::Values(
        Planted{"biased-running-var", train_forward}, Planted{"momentum-swapped", train_forward},
        Planted{"eps-outside-root", R"(
bn = BatchNorm1d(2, eps=0.1)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
y = bn(x)
)"},
        Planted{"running-statistics-in-training", train_forward},
        Planted{"batch-statistics-in-eval", eval_forward}, Planted{"counter-missed", train_forward},
        Planted{"output-off-by-1e-5", eval_forward},
        Planted{"statistic-off-by-1e-5", train_forward}, Planted{"gradient-off-by-1e-5", R"(
bn = BatchNorm1d(2)
bn.eval()
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32, requires_grad=True)
y = bn(x)
backward(y, [1, 2, -3, 4, 5, 7])
)"},
        Planted{"cumulative-average-off-by-one", R"(
bn = BatchNorm1d(2, momentum=None)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
y = bn(x)
)"},
        Planted{"weight-gradient-without-normalisation", train_backward},
        Planted{"input-gradient-without-mean-term", train_backward},
        Planted{"flag-lost-in-copy", R"(
bn = BatchNorm1d(2)
bn.eval()
b = copy.deepcopy(bn)
)"},
        Planted{"shared-child-unshared", R"(
bn = BatchNorm1d(2)
net = Sequential(bn, bn)
b = copy.deepcopy(net)
)"},
        Planted{"statistics-moved-under-eval", eval_forward}, Planted{"stale-graph", R"(
bn = BatchNorm1d(2)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32, requires_grad=True)
y = bn(x)
bn.eval()
backward(y, [1, 2, -3, 4, 5, 7])
)"},
        Planted{"script-loses-a-flag", R"(
bn = BatchNorm1d(2)
bn.eval()
s = torch.jit.script(bn)
)"},
        Planted{"trace-check-moves-state", R"(
bn = BatchNorm1d(2)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
s = torch.jit.trace(bn, x)
)"},
        Planted{"root-flag-restored-everywhere", R"(
net = Sequential(bn=BatchNorm1d(2))
net.bn.eval()
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)
)"},
        Planted{"exported-in-the-wrong-mode", export_forward},
        Planted{"folded-with-batch-statistics", R"(
net = Sequential(conv=Conv2d(1, 2, kernel_size=1), bn=BatchNorm2d(2))
x = tensor(2, 1, 2, 2, [1, 2, 3, 5, 8, 13, 21, 34], dtype=float32)
m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)
w = m(x)
)"},
        Planted{"momentum-complement-forgotten", R"(
bn = BatchNorm1d(2)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
m = torch.onnx.export(bn, x, training=TRAINING, dynamo=False, opset_version=17)
)"},
        Planted{"frozen-gets-gradients", R"(
bn = BatchNorm1d(2)
bn.requires_grad_(False)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32, requires_grad=True)
y = bn(x)
backward(y, [1, 2, -3, 4, 5, 7])
)"},
        Planted{"result-detached", R"(
bn = BatchNorm1d(2)
last = BatchNorm1d(2)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
y = bn(x)
z = last(y)
backward(z, [1, 2, -3, 4, 5, 7])
)"},
        Planted{"replaced-by-a-copy", R"(
net = Sequential(bn=BatchNorm1d(2))
bn = BatchNorm1d(2)
replace(net.bn, bn)
)"},
        Planted{"norm-lost-in-export", R"(
net = Sequential(conv=Conv2d(1, 2, kernel_size=1), bn=BatchNorm2d(2))
fill(net.bn.running_var, [0.25, 4])
x = tensor(2, 1, 2, 2, [1, 2, 3, 5, 8, 13, 21, 34], dtype=float32)
m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)
w = m(x)
)"}),
    [](const auto& test) {
      std::string name = test.param.fault;
      for (char& c : name)
        if (c == '-') c = '_';
      return name;
    });

constexpr const char* instance_norm = R"(
norm = InstanceNorm1d(2, affine=True, track_running_stats=True)
fill(norm.weight, [2, -0.5])
x = tensor(2, 2, 3, [1, 2, 3, 5, 8, 13, 0, 1, -3, 8, 8, 9], dtype=float32, requires_grad=True)
single = tensor(2, 3, [1, 2, 3, 5, 8, 13], dtype=float32)
wrong = tensor(2, 3, 3, arange(0, 1))
y = norm(x)
backward(y, [1, 2, -3, 4, 5, 7, 0, 0, 1, 2, 3, 4])
y2 = norm(single)
y3 = norm(wrong)
s = torch.jit.trace(norm, single)
y4 = s(single)
norm.eval()
y5 = norm(x)
norm.track_running_stats = False
y6 = norm(x)
m = torch.onnx.export(norm, x, training=EVAL, dynamo=False, opset_version=17)
w = m(x)
)";

TEST(Textbook, AnInstanceNormIsRightAndAFaultOfItShows) {
  EXPECT_TRUE(Judge("").discrepancies(instance_norm).empty());
  for (const char* fault : {"biased-running-var", "momentum-swapped", "eps-outside-root",
                            "running-statistics-in-training", "batch-statistics-in-eval",
                            "weight-gradient-without-normalisation",
                            "input-gradient-without-mean-term", "statistics-moved-under-eval"})
    EXPECT_FALSE(Judge(fault).discrepancies(instance_norm).empty()) << fault;
}

TEST(Textbook, EveryFaultHasAScenario) {
  EXPECT_EQ(textbook_faults().size(), 26U);
  EXPECT_EQ(textbook_faults().front(), "biased-running-var");
  EXPECT_EQ(textbook_faults().back(), "norm-lost-in-export");
}

TEST(Textbook, AFaultThatIsNotThereIsRefused) {
  EXPECT_THROW((void)make_textbook_subject("gamma-forgotten"), std::invalid_argument);
  EXPECT_EQ(make_textbook_subject("counter-missed").manifest.subject, "textbook:counter-missed");
  EXPECT_EQ(make_textbook_subject("counter-missed").manifest.family, "textbook");
}

TEST(Textbook, ARefusalMovesNothingAndNamesItsKind) {
  Judge judge("");
  EXPECT_TRUE(judge
                  .discrepancies(R"(
net = Sequential(relu=ReLU(), bn=BatchNorm2d(2))
one = tensor(1, 2, 1, 1, normal(0, 1), dtype=float32)
flat = tensor(3, 2, normal(0, 1), dtype=float32)
wide = tensor(3, 3, 2, 2, normal(0, 1), dtype=float32)
double = tensor(3, 2, 2, 2, normal(0, 1), dtype=float64)
x = tensor(3, 2, 2, 2, normal(0, 1), dtype=float32)
y1 = net(one)
y2 = net(flat)
y3 = net(wide)
y4 = net(double)
net.bn.eps = 0
y5 = net(x)
net.bn.eps = 0.001
y6 = net(x)
backward(y6, normal(0, 1))
backward(y6, normal(0, 1))
backward(y5, normal(0, 1))
)")
                  .empty());
  const auto& steps = judge.trace().steps;
  EXPECT_EQ(steps[6].error_class, "single_value_per_channel");
  EXPECT_EQ(steps[7].error_class, "wrong_rank");
  EXPECT_EQ(steps[8].error_class, "channel_mismatch");
  EXPECT_EQ(steps[9].error_class, "dtype_mismatch");
  EXPECT_EQ(steps[11].error_class, "bad_eps");
  EXPECT_EQ(steps[13].outcome, Outcome::ok);
  EXPECT_EQ(steps[14].outcome, Outcome::ok);
  EXPECT_EQ(steps[15].error_class, "graph_freed");
  EXPECT_EQ(steps[16].text, "needs y5, which was not made");
}

// What an example input or an opset is refused for is refused by an export, and leaves the flags.
TEST(Textbook, AnExportRefusesWhatItsForwardRefuses) {
  Judge judge("");
  EXPECT_TRUE(judge
                  .discrepancies(R"(
bn = BatchNorm2d(2)
flat = tensor(3, 2, normal(0, 1), dtype=float32)
one = tensor(1, 2, 1, 1, normal(0, 1), dtype=float32)
x = tensor(3, 2, 2, 2, normal(0, 1), dtype=float32)
m1 = torch.onnx.export(bn, flat, training=EVAL, dynamo=False, opset_version=17)
m2 = torch.onnx.export(bn, one, training=TRAINING, dynamo=False, opset_version=17)
m3 = torch.onnx.export(bn, x, training=EVAL, dynamo=False, opset_version=99)
bn.eps = -0.001
m4 = torch.onnx.export(bn, x, training=EVAL, dynamo=False, opset_version=17)
m5 = torch.onnx.export(bn, one, training=EVAL, dynamo=False, opset_version=17)
bn.eps = 0.001
m6 = torch.onnx.export(bn, one, training=EVAL, dynamo=False, opset_version=17)
w1 = m6(one)
w2 = m6(x)
w3 = m5(one)
)")
                  .empty());
  const auto& steps = judge.trace().steps;
  EXPECT_EQ(steps[4].error_class, "wrong_rank");
  EXPECT_EQ(steps[5].error_class, "single_value_per_channel");
  EXPECT_EQ(steps[6].error_class, "bad_opset");
  EXPECT_EQ(steps[8].error_class, "bad_eps");
  EXPECT_EQ(steps[9].error_class, "bad_eps");
  EXPECT_EQ(steps[11].outcome, Outcome::ok);
  EXPECT_EQ(steps[12].outcome, Outcome::ok);
  EXPECT_EQ(steps[13].error_class, "shape_mismatch");
  EXPECT_EQ(steps[14].text, "needs m5, which was not made");
}

// A script holds the parameters of its original, so a gradient or a cast of one is of both.
TEST(Textbook, AScriptSharesTensorsAndASavedOneDoesNot) {
  Judge judge("");
  EXPECT_TRUE(judge
                  .discrepancies(R"(
bn = BatchNorm1d(2)
x = tensor(3, 2, [1, 2, 3, 5, 8, 13], dtype=float32)
s = torch.jit.script(bn)
t = torch.jit.trace(bn, x)
u = torch.jit.save_load(t)
t.eval()
y = s(x)
backward(y, [1, 2, -3, 4, 5, 7])
z = t(x)
v = u(x)
bn.to(float64)
bn.zero_grad()
)")
                  .empty());
}

TEST(Textbook, AConvolutionPadsNoImagesWithoutElements) {
  Judge judge("");
  EXPECT_TRUE(judge
                  .discrepancies(R"(
conv = Conv2d(3, 2, kernel_size=1, padding=1)
low = tensor(2, 3, 0, 3, normal(0, 1), dtype=float32)
thin = tensor(3, 3, 0, normal(0, 1), dtype=float32)
none = tensor(0, 3, 0, 3, normal(0, 1), dtype=float32)
y1 = conv(low)
y2 = conv(thin)
y3 = conv(none)
)")
                  .empty());
  const auto& steps = judge.trace().steps;
  EXPECT_EQ(steps[4].error_class, "shape_mismatch");
  EXPECT_EQ(steps[5].error_class, "shape_mismatch");
  EXPECT_EQ(steps[6].outcome, Outcome::ok);
}

}  // namespace
}  // namespace normdiff
