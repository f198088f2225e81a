#include "harness/scenario/text/habits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace normdiff {
namespace {

struct Habit {
  std::string_view word;
  std::string_view instead;
};

template <class Habits>
std::optional<std::string_view> find(const Habits& habits, std::string_view word) {
  const auto found = std::find_if(std::begin(habits), std::end(habits),
                                  [word](const Habit& habit) { return habit.word == word; });
  if (found == std::end(habits)) return std::nullopt;
  return found->instead;
}

constexpr std::string_view no_imports =
    "every word is there without import, as BatchNorm2d and torch.jit.script; leave the line out";
constexpr std::string_view no_output =
    "every step is observed and compared; normdiff check --everything shows the values";
constexpr std::string_view no_branches = "write each step that is to run on a line of its own";
constexpr std::string_view no_definitions =
    "a module is made of those there are, as net = Sequential(bn=BatchNorm2d(3))";

constexpr Habit statements[] = {
    {"import", no_imports},
    {"from", no_imports},
    {"print", no_output},
    {"assert", no_output},
    {"with", "for torch.no_grad() write y = no_grad(net, x)"},
    {"for", no_branches},
    {"while", no_branches},
    {"if", no_branches},
    {"elif", no_branches},
    {"else", no_branches},
    {"match", no_branches},
    {"case", no_branches},
    {"def", no_definitions},
    {"class", no_definitions},
    {"lambda", no_definitions},
    {"try", "a step that is refused does not stop those below it"},
    {"except", "a step that is refused does not stop those below it"},
};

constexpr std::string_view no_devices = "a scenario runs on the CPU; leave it out";
constexpr std::string_view fills = "write fill(net.bn.weight, [1, 2]), with a list or a rule";
constexpr std::string_view no_arithmetic =
    "a result is not calculated with; a backward starts from any of them, as backward(y, "
    "constant(1))";
constexpr std::string_view no_lists = "every tensor of a module is observed after each step";
constexpr std::string_view no_callbacks = "write the step for each module, as net.bn.eval()";

constexpr Habit methods[] = {
    {"cuda", no_devices},
    {"cpu", no_devices},
    {"half", "float16 is not in this version; write to(float64) or to(float32)"},
    {"bfloat16", "bfloat16 is not in this version; write to(float64) or to(float32)"},
    {"float", "write to(float32)"},
    {"double", "write to(float64)"},
    {"type", "write to(float64) or to(float32)"},
    {"backward", "write backward(y, constant(1)), which starts from any result"},
    {"forward", "write y = net(x)"},
    {"sum", no_arithmetic},
    {"mean", no_arithmetic},
    {"item", no_arithmetic},
    {"clone", "a copy of a module is copy.deepcopy(net)"},
    {"copy", "a copy of a module is copy.deepcopy(net)"},
    {"detach", "write y = no_grad(net, x) for a result without gradients"},
    {"fill_", fills},
    {"copy_", fills},
    {"zero_", fills},
    {"parameters", no_lists},
    {"named_parameters", no_lists},
    {"buffers", no_lists},
    {"modules", no_lists},
    {"children", no_lists},
    {"state_dict", "it stands in net.load_state_dict(other.state_dict()) only"},
    {"reset_parameters", "write reset_running_stats() for the statistics, fill for the rest"},
    {"apply", no_callbacks},
    {"register_forward_hook", no_callbacks},
    {"step", "there are no optimizers; write fill(net.bn.weight, normal(0, 1))"},
    {"add_module", "write all children into Sequential, or replace(net.bn, other)"},
    {"append", "write all children into Sequential, or replace(net.bn, other)"},
    {"save", "a script is saved and loaded by torch.jit.save_load(script)"},
};

constexpr std::string_view no_flags = "write net.requires_grad_(False), for a whole module";

constexpr Habit attributes[] = {
    {"requires_grad", no_flags},
    {"weight", fills},
    {"bias", fills},
    {"running_mean", fills},
    {"running_var", fills},
    {"num_batches_tracked", fills},
    {"data", fills},
    {"affine", "it is an option, as BatchNorm2d(3, affine=False)"},
};

constexpr Habit keywords[] = {
    {"device", no_devices},
    {"dtype", "write net.to(float64) on a line below"},
    {"inplace", "ReLU() is there in one form; leave it out"},
};

constexpr std::string_view no_files =
    "a scenario has no files; write net.load_state_dict(other.state_dict()), or "
    "torch.jit.save_load(script)";
constexpr std::string_view no_optimizers =
    "there are no optimizers; write fill(net.bn.weight, normal(0, 1))";

constexpr Habit functions[] = {
    {"randn", "write x = tensor(4, 2, normal(0, 1), seed=1)"},
    {"rand", "write x = tensor(4, 2, uniform(0, 1), seed=1)"},
    {"randint", "write x = tensor(4, 2, uniform(0, 9), seed=1)"},
    {"zeros", "write x = tensor(4, 2, constant(0))"},
    {"ones", "write x = tensor(4, 2, constant(1))"},
    {"full", "write x = tensor(4, 2, constant(3))"},
    {"manual_seed", "a tensor has its own, as tensor(4, 2, normal(0, 1), seed=1)"},
    {"save", no_files},
    {"load", no_files},
    {"SGD", no_optimizers},
    {"Adam", no_optimizers},
    {"AdamW", no_optimizers},
    {"set_grad_enabled", "write y = no_grad(net, x)"},
    {"enable_grad", "every forward but no_grad(net, x) has gradients"},
    {"batch_norm", "write bn = BatchNorm2d(3), and y = bn(x) below it"},
    {"instance_norm", "write norm = InstanceNorm2d(3), and y = norm(x) below it"},
    {"relu", "write ReLU() as a child of a Sequential"},
    {"device", no_devices},
    {"tensor", "write x = tensor(2, [1, 2]), with the sizes first"},
    {"compile", "it is not in this version; torch.jit.script and torch.jit.trace are"},
};

}  // namespace

std::string instead_of_statement(std::string_view keyword) {
  return fmt::format("'{}' is of Python, and a scenario has no statements of Python; {}", keyword,
                     find(statements, keyword).value_or("leave it out"));
}

std::string instead_of_character(char character) {
  constexpr std::string_view operators = "+*/%<>&|^~!";
  const auto sentence = [character](std::string_view instead) {
    return fmt::format("'{}' is not used in a scenario{}", character, instead);
  };
  if (operators.find(character) != std::string_view::npos)
    return sentence(", which has no operators; a statement is a call, as y = net(x)");
  if (character == '@')
    return sentence(", which has no decorators; for torch.no_grad() write y = no_grad(net, x)");
  if (character == ':')
    return sentence(", which has no blocks and no slices; write each step on a line of its own");
  if (character == ';') return sentence("; write each statement on a line of its own");
  if (character == '{' || character == '}')
    return sentence(", which has no dicts and no sets; numbers stand in a list, as [1, 2]");
  return sentence("; remove it");
}

std::optional<std::string_view> instead_of_method(std::string_view method) {
  return find(methods, method);
}

std::optional<std::string_view> instead_of_attribute(std::string_view attribute) {
  return find(attributes, attribute);
}

std::optional<std::string_view> instead_of_keyword(std::string_view keyword) {
  return find(keywords, keyword);
}

std::optional<std::string_view> instead_of_function(std::string_view function) {
  return find(functions, function);
}

}  // namespace normdiff
