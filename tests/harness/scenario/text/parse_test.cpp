#include <gmock/gmock.h>

#include "tests/harness/scenario/samples.hpp"
#include "tests/harness/scenario/text/bad_statements.hpp"

namespace normdiff {
namespace {

using testing::Bad;
using ::testing::HasSubstr;

/// Written so, printed so.
struct Spelled {
  const char* given;
  const char* canonical;
};

TEST(Parse, AListThatFitsAnOutputIsTaken) {
  const std::string text =
      "# normdiff-scenario 1\nc = Conv2d(1, 2, kernel_size=2, stride=2)\n"
      "x = tensor(1, 1, 3, 4, normal(0, 1))\ny = c(x)\nbackward(y, [1, 2, 3, 4])\n"
      "none = tensor(0, 1, 3, 4, [])\nz = c(none)\nbackward(z, [])\n";
  EXPECT_EQ(print(testing::parsed(text)), text);
}

TEST(Parse, ManySpellingsOneText) {
  const std::string setup =
      "net = Sequential(a=Sequential(BatchNorm2d(2)))\nx = tensor(2, 2, 3, 3, normal(0, 1))\n";
  for (const Spelled& s : {
           Spelled{"net.train(False)", "net.eval()"},
           Spelled{"net.train(True)", "net.train()"},
           Spelled{"net.train(mode=False)", "net.eval()"},
           Spelled{"net['a'][\"0\"].eval()", "net.a[0].eval()"},
           Spelled{"net.a[0].eps=1.0", "net.a[0].eps = 1"},
           Spelled{"net.a[0].eps = 0.00001", "net.a[0].eps = 1e-5"},
           Spelled{"net.a[0].eps = -0.0", "net.a[0].eps = -0.0"},
           Spelled{"net.a[0].eps = -inf", "net.a[0].eps = -inf"},
           Spelled{"net.a[0].momentum = nan", "net.a[0].momentum = nan"},
           Spelled{"net.a[0].momentum = None", "net.a[0].momentum = None"},
           Spelled{"net.a.requires_grad_(requires_grad=False)", "net.a.requires_grad_(False)"},
           Spelled{"replace(replacement=net.a[0], module=net.a[0])", "replace(net.a[0], net.a[0])"},
           Spelled{"y = no_grad( net ,x, )", "y = no_grad(net, x)"},
           Spelled{"y = net.a(\n  x\n)", "y = net.a(x)"},
           Spelled{"x2 = tensor(constant(1))", "x2 = tensor(constant(1))"},
           Spelled{"x2 = tensor(2, [1, 2.50], seed=0, dtype=float32, requires_grad=False)",
                   "x2 = tensor(2, [1, 2.5])"},
           Spelled{"c = Conv2d(2, 3, 1, 1, 0, bias=True)", "c = Conv2d(2, 3, kernel_size=1)"},
           Spelled{"c = Conv2d(kernel_size=1, out_channels=3, in_channels=2, stride=2)",
                   "c = Conv2d(2, 3, kernel_size=1, stride=2)"},
           Spelled{"b = BatchNorm1d(4, 0.1, None, False, False)",
                   "b = BatchNorm1d(4, eps=0.1, momentum=None, affine=False, "
                   "track_running_stats=False)"},
           Spelled{"e = Sequential()", "e = Sequential()"},
           Spelled{"net.load_state_dict(net.state_dict())",
                   "net.load_state_dict(net.state_dict())"},
           Spelled{"fill(net.a[0].num_batches_tracked, [3])",
                   "fill(net.a[0].num_batches_tracked, [3])"},
           Spelled{"fill(net.a[0].num_batches_tracked, [9223372036854775807])",
                   "fill(net.a[0].num_batches_tracked, [9223372036854775807])"},
           Spelled{"fill(net.a[0].num_batches_tracked, constant(9007199254740991.0))",
                   "fill(net.a[0].num_batches_tracked, constant(9007199254740991))"},
           Spelled{"x2 = tensor(0, 3, [])", "x2 = tensor(0, 3, [])"},
           Spelled{"x2 = tensor(5, [9007199254740993, 1e3, -0, -7, 1e19])",
                   "x2 = tensor(5, [9007199254740993, 1000, -0.0, -7, 1e19])"},
           Spelled{
               "m = torch.onnx.export(net, x, opset_version=17, dynamo=False, training=TRAINING, "
               "do_constant_folding=True)",
               "m = torch.onnx.export(net, x, training=TRAINING, dynamo=False, "
               "opset_version=17)"},
       }) {
    const Scenario scenario = testing::scenario(setup + s.given + "\n");
    ASSERT_EQ(scenario.statements.size(), 3u) << s.given;
    EXPECT_EQ(print(scenario, scenario.statements.back().step), s.canonical);
    const std::string text = print(scenario);
    EXPECT_EQ(print(testing::parsed(text)), text);
  }
}

TEST(Parse, CommentsAndSeedSurvive) {
  const std::string text =
      "# normdiff-scenario 1\n# seed 7\n# Title\n#\n#  indented é\nnet = ReLU()\n# about eval\n"
      "net.eval()\n";
  const Scenario scenario = testing::parsed(text);
  EXPECT_EQ(scenario.seed, 7u);
  EXPECT_EQ(scenario.title, (std::vector<std::string>{"Title", "", " indented é"}));
  EXPECT_EQ(scenario.statements[1].comments, std::vector<std::string>{"about eval"});
  EXPECT_EQ(print(scenario), text);
}

class ParseErrors : public ::testing::TestWithParam<Bad> {};

TEST_P(ParseErrors, SaysWhatAndWhere) {
  testing::expect_error(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Arguments, ParseErrors,
    ::testing::Values(
        Bad{"net", 1, 1, "expected a call, found 'net'"},
        Bad{"z = net.eval()", 1, 1, "'eval' gives no result; remove 'z ='"},
        Bad{"tensor(2, normal(0, 1))", 1, 1, "needs a name; write name = ..."},
        Bad{"net[0] = 3", 1, 1, "expected a name or an attribute of a module before '='"},
        Bad{"net.eval(True)", 1, 10, "takes no further argument here, found 'True'"},
        Bad{"net.eval(mode=True)", 1, 10, "has no keyword 'mode'; it takes nothing"},
        Bad{"net.train(2)", 1, 11, "expected True or False for 'mode', found the number 2"},
        Bad{"net.bn.training = 1", 1, 19,
            "expected True or False for 'training', found the number 1"},
        Bad{"net.bn.momentum = \"a\"", 1, 19, "expected a number for 'momentum', found"},
        Bad{"net.relu.eps = 1", 1, 1, "this is a ReLU; a norm is needed here"},
        Bad{"net.reset_running_stats()", 1, 1, "this is a Sequential; a norm is needed"},
        Bad{"x.eval()", 1, 1, "'x' is a tensor; a module or script module is needed here"},
        Bad{"x.a.eval()", 1, 3, "'x' is no module, and has no parts"},
        Bad{"s.training = True", 1, 1, "'s' is a script module; a module is needed here"},
        Bad{"net.to(int64)", 1, 8, "float32 or float64, not int64"},
        Bad{"net.to(float16)", 1, 8,
            "float16 is a word of later versions, not of this; write float32"},
        Bad{"net.to(float31)", 1, 8, "expected float32 or float64 or int64 for 'dtype'"},
        Bad{"net.to()", 1, 1, "'to' needs 'dtype', which is missing"},
        Bad{"y2 = net(net)", 1, 10, "'net' is a module; a tensor or the result of a forward is"},
        Bad{"t2 = torch.jit.trace(net, y)", 1, 27, "'y' is the result of a forward; a tensor is"},
        Bad{"y2 = net()", 1, 6, "a forward needs 'input', which is missing"},
        Bad{"y2 = net(3)", 1, 10, "expected a name for 'input', found the number 3"},
        Bad{"y2 = net(x, x)", 1, 13, "takes no further argument"},
        Bad{"y2 = net(x, input=x)", 1, 13, "'input' is given twice"},
        Bad{"y2 = s.bn(x)", 1, 6, "only the whole of a script module or artefact"},
        Bad{"y2 = no_grad(m, x)", 1, 14, "an exported artefact records no gradients"},
        Bad{"y2 = no_grad(net(x), x)", 1, 14, "expected a path, as net.bn, found a call"},
        Bad{"backward(n, normal(0, 1))", 1, 10, "'n' has no gradients"},
        Bad{"backward(x, normal(0, 1))", 1, 10, "'x' is a tensor; the result of a forward"},
        Bad{"backward(y)", 1, 1, "'backward' needs 'gradient', which is missing"},
        Bad{"backward(y, [])", 1, 13, "the list has 0 numbers, and the output 36"},
        Bad{"backward(y, normal(0, 1), True)", 1, 27, "takes no further argument"},
        Bad{"backward(y, normal(0, 1), seed=1, seed=2)", 1, 35, "'seed' is given twice"},
        Bad{"backward(y, normal(0, 1), keep=True)", 1, 27,
            "has no keyword 'keep'; it takes output, gradient, seed, retain_graph"},
        Bad{"backward(y, normal(0, 1), seed=-1)", 1, 32, "a whole number from 0 to 2^64 - 1"},
        Bad{"backward(y, normal(0))", 1, 13, "normal takes 2 numbers, found 1"},
        Bad{"backward(y, constant(0, 1))", 1, 13, "constant takes 1 number, found 2"},
        Bad{"backward(y, normal(mean=0, std=1))", 1, 20, "have no keywords"},
        Bad{"backward(y, gauss(0, 1))", 1, 13, "expected a list of numbers or a rule"},
        Bad{"backward(y, log_uniform(0, 1))", 1, 13, "two finite numbers above 0"},
        Bad{"backward(y, special(2))", 1, 13, "a share from 0 to 1, and has 2"},
        Bad{"backward(y, [1, [2]])", 1, 17, "a list has numbers alone in it"},
        Bad{"b = copy.deepcopy(s)", 1, 19, "'s' is a script module; a module is needed"},
        Bad{"b = torch.jit.save_load(net)", 1, 25, "'net' is a module; a script module is needed"},
        Bad{"net.load_state_dict(net)", 1, 21, "expected a state dict, as net.state_dict()"},
        Bad{"fill(net.bn, normal(0, 1))", 1, 6, "expected a tensor of a module"},
        Bad{"fill(net.relu.weight, normal(0, 1))", 1, 15, "this ReLU has no weight"},
        Bad{"replace(net, net.bn)", 1, 9, "this is no part of another module"},
        Bad{"b = Sequential(a=net)\nreplace(b.a, net.bn)", 2, 9, "this module has children"},
        Bad{"replace(net.bn, net)", 1, 17, "replace by one that has none"},
        Bad{"replace(s.bn, net.bn)", 1, 9, "'s' is a script module; a module is needed"},
        Bad{"fill(net.bn.weight, [1, 2, 3])", 1, 21, "the list has 3 numbers, and the tensor 2"},
        Bad{"k = torch.onnx.export(net, x, dynamo=False, opset_version=17)", 1, 5,
            "needs 'training', which is missing"},
        Bad{"k = torch.onnx.export(net, x, training=EVAL, opset_version=17)", 1, 5,
            "needs 'dynamo', which is missing"},
        Bad{"k = torch.onnx.export(net, x, training=EVAL, dynamo=False)", 1, 5,
            "needs 'opset_version', which is missing"},
        Bad{"k = torch.onnx.export(net, x, training=eval, dynamo=False, opset_version=1)", 1, 40,
            "expected EVAL or PRESERVE or TRAINING for 'training', found 'eval'"},
        Bad{"k = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=1.5)", 1, 74,
            "expected a whole number for 'opset_version'"}));

std::string error_of(const std::string& statements) {
  const auto result = parse("# normdiff-scenario 1\n" + statements);
  const auto* error = std::get_if<ParseError>(&result);
  return error == nullptr ? "" : error->message;
}

TEST(Parse, SizeHasLimits) {
  std::string many;
  for (int i = 0; i < 10'001; ++i) many += i == 0 ? "net = ReLU()\n" : "net.eval()\n";
  EXPECT_THAT(error_of(many), HasSubstr("at most 10000 statements"));
  EXPECT_THAT(error_of(std::string(std::size_t{1} << 20, '\n')), HasSubstr("at most 1048576"));
  EXPECT_THAT(error_of("x = tensor(" + std::string(500'000, '[')), HasSubstr("nested more than"));
  EXPECT_THAT(error_of("x = " + std::string(500'000, '(')), HasSubstr("found '('"));
  std::string chain = "net";
  for (int i = 0; i < 200'000; ++i) chain += ".a";
  EXPECT_THAT(error_of(chain + "()"), HasSubstr("not defined above"));
  std::string calls = "net";
  for (int i = 0; i < 200'000; ++i) calls += "()";
  EXPECT_NE(error_of(calls), "");
  std::string deep;
  for (int i = 0; i < 35; ++i) deep += "Sequential(";
  EXPECT_THAT(error_of("net = " + deep + std::string(35, ')')), HasSubstr("at most 32 deep"));
}

TEST(Parse, SharingCanNotGrowATreeWithoutBound) {
  std::string text = "a0 = ReLU()\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + " = Sequential(" + before + ", " + before + ")\n";
  }
  EXPECT_THAT(error_of(text), HasSubstr("at most 1024 places"));
}

TEST(Parse, MutatedTextNeverCrashes) {
  const auto samples = testing::corpus();
  Random random(1);
  const std::string pieces = "()[],.=-#\"'\n 0123456789abcnx_\xc3\xff";
  int valid = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string text = samples[random.below(samples.size())].text;
    for (std::uint64_t edits = 1 + random.below(4); edits > 0; --edits) {
      const std::size_t at = random.below(text.size());
      const char piece = pieces[random.below(pieces.size())];
      const std::uint64_t how = random.below(4);
      if (how == 0) text[at] = piece;
      if (how == 1) text.insert(at, 1, piece);
      if (how == 2) text.erase(at, 1 + random.below(8));
      if (how == 3) text.insert(at, text.substr(random.below(text.size()), random.below(40)));
      if (text.empty()) text = "#";
    }
    const auto result = parse(text);
    if (const auto* scenario = std::get_if<Scenario>(&result)) {
      ++valid;
      const std::string canonical = print(*scenario);
      EXPECT_EQ(print(testing::parsed(canonical)), canonical) << text;
    } else {
      const auto& error = std::get<ParseError>(result);
      EXPECT_FALSE(error.message.empty());
      EXPECT_GE(error.line, 1);
      EXPECT_LE(error.line, 1 + std::count(text.begin(), text.end(), '\n')) << text;
    }
  }
  EXPECT_GT(valid, 100);
}

}  // namespace
}  // namespace normdiff
