#include <gmock/gmock.h>

#include <cmath>

#include "harness/scenario/number.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff {
namespace {

using ::testing::HasSubstr;

TEST(Parse, CorpusIsCanonical) {
  const auto samples = testing::corpus();
  ASSERT_GE(samples.size(), 14u);
  for (const auto& sample : samples)
    EXPECT_EQ(print(testing::parsed(sample.text)), sample.text) << sample.name;
}

/// Written so, printed so.
struct Spelled {
  const char* given;
  const char* canonical;
};

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
           Spelled{"y = no_grad( net ,x, )", "y = no_grad(net, x)"},
           Spelled{"y = net.a(\n  x\n)", "y = net.a(x)"},
           Spelled{"x2 = tensor(constant(1))", "x2 = tensor(constant(1))"},
           Spelled{"x2 = tensor(2, [1, 2.50], seed=0, dtype=float32, requires_grad=False)",
                   "x2 = tensor(2, [1, 2.5])"},
           Spelled{"c = Conv2d(2, 3, 1, 1, 0, True)", "c = Conv2d(2, 3, kernel_size=1)"},
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

TEST(Parse, ATitleThatLooksLikeASeedStaysATitle) {
  Scenario scenario;
  scenario.title = {"seed 5"};
  const Scenario again = testing::parsed(print(scenario));
  EXPECT_EQ(again.seed, 0u);
  EXPECT_EQ(again.title, scenario.title);
}

TEST(Parse, ALongSequentialHasALineForEachChild) {
  const std::string text =
      "# normdiff-scenario 1\n"
      "net = Sequential(\n"
      "    block=Sequential(\n"
      "        conv=Conv2d(3, 2, kernel_size=3, bias=False),\n"
      "        bn=BatchNorm2d(2, momentum=None),\n"
      "    ),\n"
      "    relu=ReLU(),\n"
      ")\n";
  EXPECT_EQ(print(testing::parsed(text)), text);
}

TEST(Parse, NumbersReadBackTheSame) {
  for (const double value : {0.1, 1e22, 1e23, 5e-324, 1.7976931348623157e308, 123456789.0, 1e-5,
                             100000.0, -2.5, 1.0 / 3.0}) {
    const Scenario scenario =
        testing::scenario("bn = BatchNorm1d(1)\nbn.eps = " + number_text(value) + "\n");
    EXPECT_EQ(std::get<SetEps>(scenario.statements[1].step).value, value) << number_text(value);
  }
}

struct Bad {
  const char* statements;
  int line;  ///< of the statements, from 1
  int column;
  const char* fragment;
};

class ParseErrors : public ::testing::TestWithParam<Bad> {};

TEST_P(ParseErrors, SaysWhatAndWhere) {
  const Bad& bad = GetParam();
  const std::string setup =
      "# normdiff-scenario 1\nnet = Sequential(bn=BatchNorm2d(2), relu=ReLU())\n"
      "x = tensor(2, 2, 3, 3, normal(0, 1))\ny = net(x)\ns = torch.jit.script(net)\n"
      "m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)\n"
      "n = no_grad(net, x)\n";
  const auto result = parse(setup + bad.statements);
  const auto* error = std::get_if<ParseError>(&result);
  ASSERT_NE(error, nullptr) << bad.statements;
  EXPECT_THAT(error->message, HasSubstr(bad.fragment)) << bad.statements;
  EXPECT_EQ(error->line, bad.line + 7) << bad.statements << "\n" << error->message;
  EXPECT_EQ(error->column, bad.column) << bad.statements << "\n" << error->message;
}

INSTANTIATE_TEST_SUITE_P(
    Syntax, ParseErrors,
    ::testing::Values(Bad{"net.eval() # why", 1, 12, "a comment stands on lines of its own"},
                      Bad{"net.eval(\n# why\n)", 2, 1, "a comment stands on lines of its own"},
                      Bad{" net.eval()", 1, 1, "a line begins in column 1"},
                      Bad{"net.eval(); net.eval()", 1, 11, "';' is not used"},
                      Bad{"net.eval() net.eval()", 1, 12,
                          "expected the end of the statement, found 'net'"},
                      Bad{"a = b = net(x)", 1, 7, "expected the end of the statement, found '='"},
                      Bad{"net.eval(", 1, 10, "found the end of the text"},
                      Bad{"net.eval(]", 1, 10, "found ']'"},
                      Bad{"y2 = (net)(x)", 1, 6, "expected a name or a value, found '('"},
                      Bad{"y2 = net(x", 1, 11, "expected ',' or ')'"},
                      Bad{"y2 = ", 1, 6, "found the end of the text"},
                      Bad{"net[bn].eval()", 1, 5, "a child's number or name in quotes"},
                      Bad{"net.bn.eps = 0x10", 1, 14, "'0x10' is not a number"},
                      Bad{"net.bn.eps = 010", 1, 14, "'010' is not a number"},
                      Bad{"net.bn.eps = 1e", 1, 14, "'1e' is not a number"},
                      Bad{"net.bn.eps = +1", 1, 14, "'+' is not used"},
                      Bad{"net.bn.eps = -x", 1, 15, "expected a number after '-'"},
                      Bad{"net.bn.eps = 1e999", 1, 14, "does not fit a double"},
                      Bad{"net['bn", 1, 5, "this string has no end"},
                      Bad{"net['b\\n'].eval()", 1, 7, "a backslash"},
                      Bad{"y2 = n\xc3\xa9t(x)", 1, 7, "byte 0xc3 is allowed in a comment only"},
                      Bad{"y2 = lambda", 1, 6, "'lambda' is a keyword of Python"},
                      Bad{"y2 = net(input=x, 3)", 1, 19, "behind a keyword argument"},
                      Bad{"y2 = net(x.a=3)", 1, 10, "expected a keyword before '='"},
                      Bad{"# left over", 1, 1, "a comment belongs to the statement below it"}));

INSTANTIATE_TEST_SUITE_P(
    Names, ParseErrors,
    ::testing::Values(
        Bad{"y = net(x)", 1, 1, "'y' is assigned in line 4 already"},
        Bad{"for = net(x)", 1, 1, "'for' is a keyword of Python"},
        Bad{"True = net(x)", 1, 1, "'True' is a keyword of Python"},
        Bad{"torch = net(x)", 1, 1, "'torch' is a word of the language"},
        Bad{"tensor = net(x)", 1, 1, "'tensor' is a word of the language"},
        Bad{"EVAL = net(x)", 1, 1, "'EVAL' is a word of the language"},
        Bad{"float32 = net(x)", 1, 1, "'float32' is a word of the language"},
        Bad{"normal = net(x)", 1, 1, "'normal' is a word of the language"},
        Bad{"ReLU = net(x)", 1, 1, "'ReLU' is a word of the language"},
        Bad{"a23456789012345678901234567890123456789012345678901234567890abcde = net(x)", 1, 1,
            "a name has at most 64 characters"},
        Bad{"k = Sequential(training=ReLU())", 1, 16, "'training' is an attribute or method"},
        Bad{"k = Sequential(weight=ReLU())", 1, 16, "'weight' is an attribute or method"},
        Bad{"k = Sequential(_a=ReLU())", 1, 16, "starts with _"},
        Bad{"k = Sequential(a=ReLU(), a=ReLU())", 1, 26, "two children 'a'"},
        Bad{"k = Sequential(ReLU(), a=ReLU())", 1, 24, "all named or all not"},
        Bad{"k = Sequential(3)", 1, 16, "expected a module or the name of one, found the number 3"},
        Bad{"k = Sequential(gone)", 1, 16, "'gone' is not defined above"},
        Bad{"k = Sequential(x)", 1, 16, "'x' is a tensor; a module is needed here"},
        Bad{"k = Sequential(a=s)", 1, 18, "'s' is a script module; a module is needed here"},
        Bad{"y2 = gone(x)", 1, 6, "'gone' is neither a function nor a module"},
        Bad{"gone.eval()", 1, 1, "'gone' is not defined above"},
        Bad{"gone.x = 3", 1, 6, "'x' can't be assigned"},
        Bad{"y2 = torch.jit.freeze(s)", 1, 6, "'torch.jit.freeze' is not a function of format 1"},
        Bad{"net.gone.eval()", 1, 5, "has no child 'gone'; its children are bn, relu"},
        Bad{"net.bn.gone.eval()", 1, 8, "this BatchNorm2d has no child 'gone'; it has none"},
        Bad{"y2 = y2(x)", 1, 6, "'y2' is neither a function nor a module"},
        Bad{"y2 = net(y2)", 1, 10, "'y2' is not defined above"}));

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
        Bad{"net.relu.eps = 1", 1, 1, "this is a ReLU; a BatchNorm is needed here"},
        Bad{"net.reset_running_stats()", 1, 1, "this is a Sequential; a BatchNorm is needed"},
        Bad{"x.eval()", 1, 1, "'x' is a tensor; a module or script module is needed here"},
        Bad{"x.a.eval()", 1, 3, "'x' is no module, and has no parts"},
        Bad{"s.training = True", 1, 1, "'s' is a script module; a module is needed here"},
        Bad{"net.to(int64)", 1, 8, "float32 or float64, not int64"},
        Bad{"net.to(float16)", 1, 8, "expected float32 or float64 or int64 for 'dtype'"},
        Bad{"net.to()", 1, 1, "'to' needs 'dtype', which is missing"},
        Bad{"y2 = net(y)", 1, 10, "'y' is the result of a forward; a tensor is needed here"},
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
        Bad{"backward(y, [])", 1, 13, "the list is empty"},
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
        Bad{"backward(y, [1, [2]])", 1, 17, "expected a number"},
        Bad{"b = copy.deepcopy(s)", 1, 19, "'s' is a script module; a module is needed"},
        Bad{"b = torch.jit.save_load(net)", 1, 25, "'net' is a module; a script module is needed"},
        Bad{"net.load_state_dict(net)", 1, 21, "expected a state dict, as net.state_dict()"},
        Bad{"fill(net.bn, normal(0, 1))", 1, 6, "expected a tensor of a module"},
        Bad{"fill(net.relu.weight, normal(0, 1))", 1, 15, "this ReLU has no weight"},
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

INSTANTIATE_TEST_SUITE_P(
    Limits, ParseErrors,
    ::testing::Values(
        Bad{"t = tensor(1, 1, 1, 1, 1, 1, normal(0, 1))", 1, 27, "at most 5 sizes"},
        Bad{"t = tensor(-1, normal(0, 1))", 1, 12, "expected a size, 0 or more"},
        Bad{"t = tensor(1.5, normal(0, 1))", 1, 12, "expected a size, 0 or more"},
        Bad{"t = tensor(67108865, normal(0, 1))", 1, 5, "at most 67108864 elements"},
        Bad{"a = tensor(67108864, constant(1))\nt = tensor(67108864, constant(1))", 2, 5,
            "at most 134217728 elements together"},
        Bad{"c = Conv2d(1, 1, kernel_size=512)\nt = tensor(1, 1, 4096, 4096, normal(0, 1))\no = "
            "c(t)",
            3, 7, "at most 4294967296 multiplications together"},
        Bad{"c = Conv2d(1, 1, kernel_size=1, padding=60000)\nt = tensor(1, 1, 1, 1, constant(1))\n"
            "o = torch.jit.trace(c, t)",
            3, 24, "at most 4294967296 multiplications together"},
        Bad{"t = tensor(0, 67108864, 2, normal(0, 1))", 1, 5, "at most 67108864 elements"},
        Bad{"t = tensor(2, [1, 2, 3])", 1, 15, "the list has 3 numbers, and the tensor 2"},
        Bad{"t = tensor(2, normal(0, 1), dtype=int64)", 1, 35, "float32 or float64, not int64"},
        Bad{"t = tensor(2, 2, normal(0, 1), memory_format=channels_last)", 1, 46,
            "channels_last needs 4 dimensions, and the shape has 2"},
        Bad{"t = BatchNorm1d(65537)", 1, 17, "num_features is from 0 to 65536, not 65537"},
        Bad{"t = BatchNorm1d(-1)", 1, 17, "num_features is from 0 to 65536, not -1"},
        Bad{"t = Conv2d(1, 1, kernel_size=0)", 1, 30, "kernel_size is from 1 to 65536, not 0"},
        Bad{"t = Conv2d(1, 1, kernel_size=1, stride=0)", 1, 40, "stride is from 1"},
        Bad{"t = Conv2d(1, 1, kernel_size=1, padding=-1)", 1, 41, "padding is from 0"},
        Bad{"t = Conv2d(1, 1)", 1, 5, "'Conv2d' needs 'kernel_size', which is missing"},
        Bad{"t = Linear(65536, 65536)", 1, 5, "and a tensor has at most 67108864"},
        Bad{"t = ReLU(True)", 1, 10, "'ReLU' takes no further argument"},
        Bad{"t = BatchNorm2d(2, channels=3)", 1, 20, "'BatchNorm2d' has no keyword 'channels'"}));

TEST(Parse, TheFirstLine) {
  const auto message = [](std::string_view text) {
    const auto result = parse(text);
    const auto* error = std::get_if<ParseError>(&result);
    return error == nullptr ? std::string("no error") : error->text("f");
  };
  EXPECT_THAT(message(""), HasSubstr("f:1:1: the text is empty"));
  EXPECT_THAT(message("net = ReLU()\n"),
              HasSubstr("expected '# normdiff-scenario 1' as the first"));
  EXPECT_THAT(message("# normdiff-scenario 2\n"), HasSubstr("f:1:21: format '2' is not known"));
  EXPECT_THAT(message("\xef\xbb\xbf# normdiff-scenario 1\n"), HasSubstr("byte order mark"));
  EXPECT_THAT(message("# normdiff-scenario 1\n# \xff\n"),
              HasSubstr("f:2:3: byte 24 (0xff) is not UTF-8"));
  EXPECT_THAT(message("# normdiff-scenario 1\n# \xed\xa0\x80\n"), HasSubstr("is not UTF-8"));
  EXPECT_THAT(message(std::string_view("# normdiff-scenario 1\n\0", 23)),
              HasSubstr("f:2:1: byte 22 is NUL"));
  EXPECT_THAT(message("# normdiff-scenario 1\r\n"), HasSubstr("carriage return"));
  EXPECT_THAT(message("# normdiff-scenario 1\n# seed 99999999999999999999\n"),
              HasSubstr("f:2:8: a seed is at most"));
  EXPECT_EQ(message("# normdiff-scenario 1"), "no error");
}

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
