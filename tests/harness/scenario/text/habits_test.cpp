#include "harness/scenario/text/habits.hpp"

#include <gtest/gtest.h>

#include "harness/scenario/text/text.hpp"

// What a user of PyTorch types by habit, and the sentence that a scenario answers with.
namespace normdiff {
namespace {

struct Typed {
  std::string_view line;
  int column;  ///< that the answer points at
  std::string_view answer;
};

constexpr std::string_view above =
    "# normdiff-scenario 1\n"
    "net = Sequential(conv=Conv1d(2, 2, kernel_size=1), bn=BatchNorm1d(2))\n"
    "bn = BatchNorm1d(2)\n"
    "x = tensor(4, 2, normal(0, 1), seed=1)\n"
    "y = bn(x)\n";

constexpr Typed typed[] = {
    {"bn.evaluate()", 4,
     "there is no method 'evaluate' here; the methods are eval, to, train, zero_grad, "
     "load_state_dict, requires_grad_, reset_running_stats"},
    {"bn.cuda()", 4, "there is no method 'cuda' here; a scenario runs on the CPU; leave it out"},
    {"bn.half()", 4,
     "there is no method 'half' here; float16 is not in this version; write to(float64) or "
     "to(float32)"},
    {"bn.float()", 4, "there is no method 'float' here; write to(float32)"},
    {"bn.double()", 4, "there is no method 'double' here; write to(float64)"},
    {"bn.to('cuda')", 7,
     "expected float32 or float64 or int64 for 'dtype', found the string \"cuda\""},
    {"bn.to(torch.float64)", 7, "write float64 alone for 'dtype', without import"},
    {"bn.to(torch.device(\"cpu\"))", 7,
     "expected float32 or float64 or int64 for 'dtype', found a call of 'torch.device'"},
    {"y.sum().backward()", 9,
     "there is no method 'backward' here; write backward(y, constant(1)), which starts from any "
     "result"},
    {"loss = y.sum()", 10,
     "there is no method 'sum' here; a result is not calculated with; a backward starts from any "
     "of them, as backward(y, constant(1))"},
    {"loss = y.mean()", 10,
     "there is no method 'mean' here; a result is not calculated with; a backward starts from any "
     "of them, as backward(y, constant(1))"},
    {"loss.backward()", 1, "'loss' is not defined above; define it first, or correct the name"},
    {"y.backward()", 3,
     "there is no method 'backward' here; write backward(y, constant(1)), which starts from any "
     "result"},
    {"y.backward(x)", 3,
     "there is no method 'backward' here; write backward(y, constant(1)), which starts from any "
     "result"},
    {"print(bn)", 1,
     "'print' is of Python, and a scenario has no statements of Python; every step is observed and "
     "compared; normdiff check --everything shows the values"},
    {"print(bn.running_mean)", 1,
     "'print' is of Python, and a scenario has no statements of Python; every step is observed and "
     "compared; normdiff check --everything shows the values"},
    {"import torch", 1,
     "'import' is of Python, and a scenario has no statements of Python; every word is there "
     "without import, as BatchNorm2d and torch.jit.script; leave the line out"},
    {"import torch.nn as nn", 1,
     "'import' is of Python, and a scenario has no statements of Python; every word is there "
     "without import, as BatchNorm2d and torch.jit.script; leave the line out"},
    {"from torch import nn", 1,
     "'from' is of Python, and a scenario has no statements of Python; every word is there without "
     "import, as BatchNorm2d and torch.jit.script; leave the line out"},
    {"with torch.no_grad():", 1,
     "'with' is of Python, and a scenario has no statements of Python; for torch.no_grad() write y "
     "= no_grad(net, x)"},
    {"assert bn.training", 1,
     "'assert' is of Python, and a scenario has no statements of Python; every step is observed "
     "and compared; normdiff check --everything shows the values"},
    {"for i in range(3):", 1,
     "'for' is of Python, and a scenario has no statements of Python; write each step that is to "
     "run on a line of its own"},
    {"if bn.training:", 1,
     "'if' is of Python, and a scenario has no statements of Python; write each step that is to "
     "run on a line of its own"},
    {"while True:", 1,
     "'while' is of Python, and a scenario has no statements of Python; write each step that is to "
     "run on a line of its own"},
    {"def f(x):", 1,
     "'def' is of Python, and a scenario has no statements of Python; a module is made of those "
     "there are, as net = Sequential(bn=BatchNorm2d(3))"},
    {"class Net(nn.Module):", 1,
     "'class' is of Python, and a scenario has no statements of Python; a module is made of those "
     "there are, as net = Sequential(bn=BatchNorm2d(3))"},
    {"return y", 1,
     "'return' is of Python, and a scenario has no statements of Python; leave it out"},
    {"del bn", 1, "'del' is of Python, and a scenario has no statements of Python; leave it out"},
    {"pass", 1, "'pass' is of Python, and a scenario has no statements of Python; leave it out"},
    {"try:", 1,
     "'try' is of Python, and a scenario has no statements of Python; a step that is refused does "
     "not stop those below it"},
    {"lambda x: x", 1,
     "'lambda' is of Python, and a scenario has no statements of Python; a module is made of those "
     "there are, as net = Sequential(bn=BatchNorm2d(3))"},
    {"b = torch.nn.BatchNorm1d(2)", 5,
     "'torch.nn.BatchNorm1d' is not a function of format 1; write BatchNorm1d"},
    {"b = nn.BatchNorm1d(2)", 5,
     "'nn.BatchNorm1d' is not a function of format 1; write BatchNorm1d"},
    {"b = BatchNorm(2)", 5,
     "'BatchNorm' is neither a function nor a module defined above; did you mean BatchNorm1d?"},
    {"b = batchnorm1d(2)", 5,
     "'batchnorm1d' is neither a function nor a module defined above; did you mean BatchNorm1d?"},
    {"b = LayerNorm(2)", 5,
     "'LayerNorm' is neither a function nor a module defined above; the modules are BatchNorm1d, "
     "BatchNorm2d, BatchNorm3d, Linear, Flatten, Conv2d, ReLU, Identity, Conv1d, Conv3d, Dropout, "
     "Sequential, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d"},
    {"b = GroupNorm(1, 2)", 5,
     "'GroupNorm' is neither a function nor a module defined above; the modules are Dropout, "
     "BatchNorm1d, BatchNorm2d, BatchNorm3d, Conv2d, Conv1d, Conv3d, Sequential, Linear, ReLU, "
     "Flatten, Identity, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d"},
    {"b = SyncBatchNorm(2)", 5,
     "'SyncBatchNorm' is neither a function nor a module defined above; the modules are "
     "BatchNorm1d, BatchNorm2d, BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d, "
     "Linear, Flatten, Sequential, Conv2d, Conv1d, Conv3d, Identity, Dropout, ReLU"},
    {"b = MaxPool2d(2)", 5,
     "'MaxPool2d' is neither a function nor a module defined above; the modules are Conv2d, "
     "BatchNorm2d, Conv1d, Conv3d, Dropout, BatchNorm1d, BatchNorm3d, ReLU, Linear, Flatten, "
     "Identity, Sequential, InstanceNorm2d, InstanceNorm1d, InstanceNorm3d"},
    {"b = Softmax(1)", 5,
     "'Softmax' is neither a function nor a module defined above; the modules are Conv2d, Linear, "
     "Flatten, Conv1d, Conv3d, Sequential, ReLU, Identity, Dropout, BatchNorm1d, BatchNorm2d, "
     "BatchNorm3d, InstanceNorm1d, InstanceNorm2d, InstanceNorm3d"},
    {"b = nn.Sequential(nn.Conv1d(2,2,1), nn.BatchNorm1d(2))", 5,
     "'nn.Sequential' is not a function of format 1; write Sequential"},
    {"b = BatchNorm1d(2, num_features=2)", 20, "'num_features' is given twice; remove one"},
    {"b = BatchNorm1d(2, moment=0.1)", 20,
     "'BatchNorm1d' has no keyword 'moment'; it takes num_features, eps, momentum, affine, "
     "track_running_stats"},
    {"b = BatchNorm1d(2, device=\"cuda\")", 20,
     "'BatchNorm1d' has no keyword 'device'; a scenario runs on the CPU; leave it out"},
    {"b = BatchNorm1d(2, dtype=torch.float64)", 20,
     "'BatchNorm1d' has no keyword 'dtype'; write net.to(float64) on a line below"},
    {"b = BatchNorm1d()", 5, "'BatchNorm1d' needs 'num_features', which is missing; add it"},
    {"z = torch.randn(4, 2)", 5,
     "'torch.randn' is not a function of format 1; write x = tensor(4, 2, normal(0, 1), seed=1)"},
    {"z = torch.zeros(4, 2)", 5,
     "'torch.zeros' is not a function of format 1; write x = tensor(4, 2, constant(0))"},
    {"z = torch.ones(4, 2)", 5,
     "'torch.ones' is not a function of format 1; write x = tensor(4, 2, constant(1))"},
    {"z = torch.tensor([1., 2.])", 5,
     "'torch.tensor' is not a function of format 1; write x = tensor(2, [1, 2]), with the sizes "
     "first"},
    {"z = randn(4, 2)", 5,
     "'randn' is neither a function nor a module defined above; write x = tensor(4, 2, normal(0, "
     "1), seed=1)"},
    {"z = tensor([1, 2])", 12,
     "the list has 2 numbers, and the tensor 1; write one for each element, or a rule"},
    {"z = tensor([[1, 2], [3, 4]])", 13,
     "a list has numbers alone in it; write the sizes before one list, as tensor(2, 2, [1, 2, 3, "
     "4])"},
    {"z = tensor(3, [1, 2])", 15,
     "the list has 2 numbers, and the tensor 3; write one for each element, or a rule"},
    {"z = tensor(2, 2, [1, 2, 3])", 18,
     "the list has 3 numbers, and the tensor 4; write one for each element, or a rule"},
    {"z = tensor(4, 2, uniform(3, -2), seed=1)", 18,
     "uniform takes the lower end first, and has 3 and -2; swap them"},
    {"z = tensor(4, 2, normal(0, -1), seed=1)", 18,
     "normal takes a mean and a spread, 0 or more, and the spread is -1"},
    {"z = tensor(-1, 2, normal(0, 1), seed=1)", 12,
     "expected a size, 0 or more, for 'shape', found the number -1"},
    {"z = x + 1", 7,
     "'+' is not used in a scenario, which has no operators; a statement is a call, as y = net(x)"},
    {"z = x[0]", 5,
     "expected a call, found a path; a part of a module is named by its path, there where it is "
     "used"},
    {"z = x.clone()", 7,
     "there is no method 'clone' here; a copy of a module is copy.deepcopy(net)"},
    {"z = x.detach()", 7,
     "there is no method 'detach' here; write y = no_grad(net, x) for a result without gradients"},
    {"x.requires_grad = True", 3,
     "'requires_grad' can't be assigned; write net.requires_grad_(False), for a whole module"},
    {"x.requires_grad_()", 1, "'requires_grad_' needs 'requires_grad', which is missing; add it"},
    {"x.grad", 1,
     "expected a call, found 'x.grad'; every tensor is observed after each step without that; "
     "leave the line out"},
    {"bn.weight", 1,
     "expected a call, found 'bn.weight'; every tensor is observed after each step without that; "
     "leave the line out"},
    {"bn.running_mean", 1,
     "expected a call, found 'bn.running_mean'; every tensor is observed after each step without "
     "that; leave the line out"},
    {"bn.running_mean.zero_()", 4,
     "'running_mean' is a tensor, and a module is needed here; write fill(net.bn.weight, [1, 2]), "
     "with a list or a rule"},
    {"bn.weight.data.fill_(1)", 4,
     "'weight' is a tensor, and a module is needed here; write fill(net.bn.weight, [1, 2]), with a "
     "list or a rule"},
    {"bn.training = false", 15, "expected True or False for 'training', found 'false'"},
    {"bn.training = 0", 15, "expected True or False for 'training', found the number 0"},
    {"bn.momentum = \"x\"", 15, "expected a number for 'momentum', found the string \"x\""},
    {"bn.running_mean = None", 4,
     "'running_mean' can't be assigned; write fill(net.bn.weight, [1, 2]), with a list or a rule"},
    {"bn.eval", 1, "'eval' is a method, and is not called; write bn.eval()"},
    {"bn.eval(", 8, "the bracket '(' opened here is not closed; close it"},
    {"y = bn(x", 7, "the bracket '(' opened here is not closed; close it"},
    {"z = bn(x\nnet.eval()\nw = bn(x)", 7,
     "the bracket '(' opened here is not closed, and line 7 is read as part of it; close it"},
    {"z = BatchNorm1d(2))", 19,
     "expected the end of the statement, found ')'; a line holds one statement, with one '=' at "
     "most"},
    {"z = bn{x}", 7,
     "'{' is not used in a scenario, which has no dicts and no sets; numbers stand in a list, as "
     "[1, 2]"},
    {"z = net[1](x)", 9, "this Sequential has no child '1'; its children are conv, bn"},
    {"z = net[0]", 5,
     "expected a call, found a path; a part of a module is named by its path, there where it is "
     "used"},
    {"z = net.conv.bias", 5,
     "expected a call, found 'net.conv.bias'; a part of a module is named by its path, there where "
     "it is used"},
    {"net[1].eval()", 5, "this Sequential has no child '1'; its children are conv, bn"},
    {"net.bnn.eval()", 5, "this Sequential has no child 'bnn'; its children are conv, bn"},
    {"nett.eval()", 1, "'nett' is not defined above; did you mean net?"},
    {"net.evall()", 5,
     "there is no method 'evall' here; the methods are eval, train, to, zero_grad, requires_grad_, "
     "load_state_dict, reset_running_stats"},
    {"net.Eval()", 5,
     "there is no method 'Eval' here; the methods are eval, to, train, zero_grad, requires_grad_, "
     "load_state_dict, reset_running_stats"},
    {"net.parameters()", 5,
     "there is no method 'parameters' here; every tensor of a module is observed after each step"},
    {"net.state_dict()", 5,
     "there is no method 'state_dict' here; it stands in net.load_state_dict(other.state_dict()) "
     "only"},
    {"bn.load_state_dict(bn)", 20,
     "expected a state dict, as net.state_dict(), for 'source', found 'bn'"},
    {"torch.save(net, \"x.pt\")", 1,
     "'torch.save' is not a function of format 1; a scenario has no files; write "
     "net.load_state_dict(other.state_dict()), or torch.jit.save_load(script)"},
    {"b = torch.load(\"x.pt\")", 5,
     "'torch.load' is not a function of format 1; a scenario has no files; write "
     "net.load_state_dict(other.state_dict()), or torch.jit.save_load(script)"},
    {"b = deepcopy(net)", 5,
     "'deepcopy' is neither a function nor a module defined above; write copy.deepcopy"},
    {"b = net.copy()", 9,
     "there is no method 'copy' here; a copy of a module is copy.deepcopy(net)"},
    {"opt = torch.optim.SGD(net.parameters(), lr=0.1)", 7,
     "'torch.optim.SGD' is not a function of format 1; there are no optimizers; write "
     "fill(net.bn.weight, normal(0, 1))"},
    {"optimizer.step()", 1,
     "'optimizer' is not defined above; define it first, or correct the name"},
    {"net.apply(lambda m: m.eval())", 11,
     "'lambda' is a keyword of Python; write a name or a value"},
    {"s = torch.jit.trace(net)", 5, "'torch.jit.trace' needs 'input', which is missing; add it"},
    {"s = torch.jit.freeze(net)", 5,
     "'torch.jit.freeze' is not a function of format 1; did you mean torch.jit.trace?"},
    {"s = torch.compile(net)", 5,
     "'torch.compile' is not a function of format 1; it is not in this version; torch.jit.script "
     "and torch.jit.trace are"},
    {"m = torch.onnx.export(net, x)", 5,
     "'torch.onnx.export' needs 'training', which is missing; add it"},
    {"m = torch.onnx.export(net, x, \"a.onnx\")", 5,
     "'torch.onnx.export' needs 'training', which is missing; add it"},
    {"m = torch.onnx.export(net, (x,), training=torch.onnx.TrainingMode.EVAL)", 28,
     "expected a name or a value, found '('; there are no tuples, write the value alone"},
    {"m = torch.onnx.export(net, x, training=TRAINING)", 5,
     "'torch.onnx.export' needs 'dynamo', which is missing; add it"},
    {"m = onnx.export(net, x)", 5,
     "'onnx.export' is not a function of format 1; write torch.onnx.export"},
    {"m = torch.export.export(net, (x,))", 30,
     "expected a name or a value, found '('; there are no tuples, write the value alone"},
    {"torch.manual_seed(0)", 1,
     "'torch.manual_seed' is not a function of format 1; a tensor has its own, as tensor(4, 2, "
     "normal(0, 1), seed=1)"},
    {"torch.set_grad_enabled(False)", 1,
     "'torch.set_grad_enabled' is not a function of format 1; write y = no_grad(net, x)"},
    {"z = F.batch_norm(x)", 5,
     "'F.batch_norm' is not a function of format 1; write bn = BatchNorm2d(3), and y = bn(x) below "
     "it"},
    {"z = torch.nn.functional.batch_norm(x, None, None)", 5,
     "'torch.nn.functional.batch_norm' is not a function of format 1; write bn = BatchNorm2d(3), "
     "and y = bn(x) below it"},
    {"z = torch.no_grad(bn, x)", 5, "'torch.no_grad' is not a function of format 1; write no_grad"},
    {"z = bn.forward(x)", 8, "there is no method 'forward' here; write y = net(x)"},
    {"bn(x)", 1, "the result of a forward needs a name; write name = ..."},
    {"z = bn(x); w = bn(x)", 10,
     "';' is not used in a scenario; write each statement on a line of its own"},
    {"z, w = bn(x), bn(x)", 2,
     "expected the end of the statement, found ','; a line holds one statement, with one '=' at "
     "most"},
    {"z := bn(x)", 3,
     "':' is not used in a scenario, which has no blocks and no slices; write each step on a line "
     "of its own"},
    {"z += 1", 3,
     "'+' is not used in a scenario, which has no operators; a statement is a call, as y = net(x)"},
    {"z = bn(x) if bn.training else x", 11,
     "'if' is of Python, and a scenario has no statements of Python; write each step that is to "
     "run on a line of its own"},
    {"for = bn(x)", 1, "'for' is a keyword of Python; choose another name"},
    {"@torch.no_grad()", 1,
     "'@' is not used in a scenario, which has no decorators; for torch.no_grad() write y = "
     "no_grad(net, x)"},
    {"z = clone(bn)", 5,
     "'clone' is neither a function nor a module defined above; clone is a word of later versions, "
     "not of this"},
    {"z = zeros(4, 2)", 5,
     "'zeros' is neither a function nor a module defined above; write x = tensor(4, 2, "
     "constant(0))"},
    {"z = inference_mode(net, x)", 5,
     "'inference_mode' is neither a function nor a module defined above; inference_mode is a word "
     "of later versions, not of this"},
    {"bn.to(bfloat16)", 7,
     "bfloat16 is a word of later versions, not of this; write float32 or float64 or int64"},
    {"z = fuse_conv_bn_eval(net)", 5,
     "'fuse_conv_bn_eval' is neither a function nor a module defined above; fuse_conv_bn_eval is a "
     "word of later versions, not of this"},
    {"bn.bfloat16()", 4,
     "there is no method 'bfloat16' here; bfloat16 is not in this version; write to(float64) or "
     "to(float32)"},
    {"z = bn(x\nnet.eval()", 7,
     "the bracket '(' opened here is not closed, and line 7 is read as part of it; close it"},
    {"w = Sequential(bn=BatchNorm1d(2)\nz = tensor(4, 2, normal(0, 1))\nnet.eval()", 15,
     "the bracket '(' opened here is not closed, and line 7 is read as part of it; close it"},
    {"net.bn.weight.requires_grad_(False)", 8,
     "'weight' is a tensor, and a module is needed here; write fill(net.bn.weight, [1, 2]), with a "
     "list or a rule"},
    {"net.bn.weight.requires_grad = False", 15,
     "'requires_grad' can't be assigned; write net.requires_grad_(False), for a whole module"},
    {"z = jit.script(net)", 5,
     "'jit.script' is not a function of format 1; write torch.jit.script"},
    {"z = np.zeros(4)", 5,
     "'np.zeros' is not a function of format 1; write x = tensor(4, 2, constant(0))"},
    {"z = net.bn.forwrad(x)", 12,
     "there is no method 'forwrad' here; the methods are zero_grad, eval, to, train, "
     "requires_grad_, load_state_dict, reset_running_stats"},
    {"z = tensor(4, 2, offset(3, -1))", 18,
     "offset takes a mean and a spread, 0 or more, and the spread is -1"}};

TEST(Habits, EachLineIsAnsweredWithWhatToWriteInItsPlace) {
  for (const Typed& one : typed) {
    SCOPED_TRACE(one.line);
    const auto result = parse(std::string(above) + std::string(one.line) + "\n");
    const auto* error = std::get_if<ParseError>(&result);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->message, one.answer);
    EXPECT_EQ(error->line, 6);
    EXPECT_EQ(error->column, one.column);
  }
}

}  // namespace
}  // namespace normdiff
