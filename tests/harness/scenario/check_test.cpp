#include "harness/scenario/check.hpp"

#include "tests/harness/scenario/text/bad_statements.hpp"

namespace normdiff {
namespace {

using testing::Bad;

class CheckErrors : public ::testing::TestWithParam<Bad> {};

TEST_P(CheckErrors, SaysWhatAndWhere) {
  testing::expect_error(GetParam());
}

INSTANTIATE_TEST_SUITE_P(
    Names, CheckErrors,
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
    WholeNumbers, CheckErrors,
    ::testing::Values(
        Bad{"fill(net.bn.num_batches_tracked, [0.5])", 1, 34, "and the list has 0.5"},
        Bad{"fill(net.bn.num_batches_tracked, [1e3])", 1, 34, "write each as digits alone"},
        Bad{"fill(net.bn.num_batches_tracked, [9223372036854775808])", 1, 34,
            "from -2^63 to 2^63 - 1"},
        Bad{"fill(net.bn.num_batches_tracked, constant(0.5))", 1, 34, "whole number below 2^53"},
        Bad{"fill(net.bn.num_batches_tracked, constant(1e300))", 1, 34, "below 2^53"},
        Bad{"fill(net.bn.num_batches_tracked, constant(9007199254740993))", 1, 34, "below 2^53"},
        Bad{"fill(net.bn.num_batches_tracked, constant(nan))", 1, 34, "below 2^53"},
        Bad{"fill(net.bn.num_batches_tracked, uniform(0, 5))", 1, 34, "below 2^53"},
        Bad{"fill(net.bn.num_batches_tracked, [-1])", 1, 34, "a number of batches is 0 or more"},
        Bad{"t = tensor(9223372036854775808, constant(1))", 1, 12, "expected a size, 0 or more"},
        Bad{"t = Linear(1e3, 2)", 1, 12, "expected a whole number for 'in_features'"},
        Bad{"t = tensor(2, normal(0, 1), seed=18446744073709551616)", 1, 34,
            "a whole number from 0 to 2^64 - 1"},
        Bad{"o = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=4294967313)",
            1, 74, "expected a whole number for 'opset_version'"}));

INSTANTIATE_TEST_SUITE_P(
    Limits, CheckErrors,
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
        Bad{"t = tensor(10, 3, [1, 2, 3])", 1, 19, "the list has 3 numbers, and the tensor 30"},
        Bad{"t = tensor(2, [])", 1, 15, "the list has 0 numbers, and the tensor 2"},
        Bad{"fill(net.bn.weight, [1])", 1, 21, "the list has 1 numbers, and the tensor 2"},
        Bad{"backward(y, [1, 2, 3])", 1, 13, "the list has 3 numbers, and the output 36"},
        Bad{"k = Linear(5, 2)\nz = k(x)\nbackward(z, [1, 2])", 3, 13,
            "a forward refuses these sizes"},
        Bad{"t = tensor(2, normal(0, 1), dtype=int64)", 1, 35, "float32 or float64, not int64"},
        Bad{"t = tensor(2, 2, normal(0, 1), memory_format=channels_last)", 1, 46,
            "channels_last needs 4 dimensions, and the shape has 2"},
        Bad{"t = BatchNorm1d(65537)", 1, 17, "num_features is from 0 to 65536, not 65537"},
        Bad{"t = BatchNorm1d(-1)", 1, 17, "num_features is from 0 to 65536, not -1"},
        Bad{"t = Conv2d(1, 1, kernel_size=0)", 1, 30, "kernel_size is from 1 to 65536, not 0"},
        Bad{"t = Conv2d(1, 1, kernel_size=1, stride=0)", 1, 40, "stride is from 1"},
        Bad{"t = Conv2d(1, 1, kernel_size=1, padding=-1)", 1, 41, "padding is from 0"},
        Bad{"t = Conv2d(1, 1)", 1, 5, "'Conv2d' needs 'kernel_size', which is missing"},
        Bad{"t = Conv2d(4, 3, kernel_size=1, groups=2)", 1, 40,
            "groups divides both numbers of channels, and 2 does not divide out_channels, 3; "
            "choose a divisor of both"},
        Bad{"t = Conv2d(2, 2, kernel_size=1, groups=0)", 1, 40, "groups is from 1 to 65536, not 0"},
        Bad{"t = Dropout(p=0.25)", 1, 15, "p is 0 or 1, not 0.25"},
        Bad{"t = Sequential(ReLU(), Dropout())", 1, 24, "p is 0 or 1, not 0.5"},
        Bad{"t = Linear(65536, 65536)", 1, 5, "and a tensor has at most 67108864"},
        Bad{"t = ReLU(True)", 1, 10, "'ReLU' takes no further argument"},
        Bad{"t = BatchNorm2d(2, channels=3)", 1, 20, "'BatchNorm2d' has no keyword 'channels'"}));

}  // namespace
}  // namespace normdiff
