#include "harness/scenario/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "harness/language/modules.hpp"
#include "harness/language/steps.hpp"
#include "harness/language/words.hpp"
#include "harness/scenario/modules.hpp"
#include "harness/scenario/work.hpp"
#include "harness/text/number.hpp"

namespace normdiff {
namespace {

std::string_view kind_text(NameKind kind) {
  switch (kind) {
    case NameKind::undefined:
      return "not defined above";
    case NameKind::module:
      return "a module";
    case NameKind::tensor:
      return "a tensor";
    case NameKind::result:
      return "the result of a forward";
    case NameKind::script:
      return "a script module";
    case NameKind::artefact:
      return "an exported artefact";
  }
  return "?";
}

bool takes_kind(Takes takes, NameKind kind) {
  switch (takes) {
    case Takes::eager:
    case Takes::norm:
      return kind == NameKind::module;
    case Takes::eager_or_script:
      return kind == NameKind::module || kind == NameKind::script;
    case Takes::callable:
      return kind == NameKind::module || kind == NameKind::script || kind == NameKind::artefact;
    case Takes::script:
      return kind == NameKind::script;
    case Takes::tensor:
      return kind == NameKind::tensor;
    case Takes::input:
      return kind == NameKind::tensor || kind == NameKind::result;
    case Takes::differentiable:
      return kind == NameKind::result;
  }
  return false;
}

std::string_view needed_text(Takes takes) {
  switch (takes) {
    case Takes::eager:
      return "a module";
    case Takes::norm:
      return "a norm";
    case Takes::eager_or_script:
      return "a module or script module";
    case Takes::callable:
      return "a module, script module or artefact";
    case Takes::script:
      return "a script module";
    case Takes::tensor:
      return "a tensor";
    case Takes::input:
      return "a tensor or the result of a forward";
    case Takes::differentiable:
      return "the result of a forward";
  }
  return "?";
}

std::optional<std::string> rule_problem(const Rule& rule) {
  if (rule.kind == RuleKind::log_uniform &&
      !(rule.a > 0 && rule.b > 0 && std::isfinite(rule.a) && std::isfinite(rule.b)))
    return "log_uniform needs two finite numbers above 0";
  if (rule.kind == RuleKind::uniform && rule.a > rule.b)
    return fmt::format("uniform takes the lower end first, and has {} and {}; swap them",
                       number_text(rule.a), number_text(rule.b));
  if ((rule.kind == RuleKind::normal || rule.kind == RuleKind::offset) && rule.b < 0)
    return fmt::format("{} takes a mean and a spread, 0 or more, and the spread is {}",
                       to_string(rule.kind), number_text(rule.b));
  if (rule.kind == RuleKind::special && !(rule.a >= 0 && rule.a <= 1))
    return "special needs a share from 0 to 1, and has " + number_text(rule.a);
  return std::nullopt;
}

/// Why data can't fill a tensor of whole numbers as it is written. Every double below 2^53 is the
/// only one for its whole number; a larger one may have been rounded when it was read.
std::optional<std::string> not_whole(const Data& data) {
  if (const Rule* rule = std::get_if<Rule>(&data)) {
    if (rule->kind == RuleKind::constant && std::floor(rule->a) == rule->a &&
        std::fabs(rule->a) < 0x1p53)
      return std::nullopt;
    return "num_batches_tracked holds whole numbers of 64 bits; write a list, as [7], or a "
           "constant of a whole number below 2^53";
  }
  for (const Number& number : std::get<Literal>(data))
    if (const double* value = std::get_if<double>(&number))
      return fmt::format(
          "num_batches_tracked holds whole numbers of 64 bits, and the list has {}; write each "
          "as digits alone, from -2^63 to 2^63 - 1",
          number_text(*value));
  return std::nullopt;
}

/// How many places a tree has below `spec`, itself included; past the limits -1.
int count_places(const ModuleSpec& spec, int budget, int depth) {
  if (budget < 1 || depth > max_tree_depth) return -1;
  int count = 1;
  for (const ModuleSpec::Child& child : spec.children) {
    const int below = count_places(*child.module, budget - count, depth + 1);
    if (below < 0) return -1;
    count += below;
  }
  return count;
}

/// The Io (language/field.hpp) that finds what is wrong with a step.
class Checker {
 public:
  Checker(const Scenario& scenario, const Scope& scope) : scenario_(scenario), scope_(scope) {}
  std::optional<Problem> problem;

  void result(std::string_view key, NameId name) {
    if (name >= scope_.size() || name >= scenario_.names.size())
      return fail(key, "the result has no name");
    if (scope_[name].kind != NameKind::undefined)
      fail(key, fmt::format("'{}' is {} already, and a name is assigned once; choose another name",
                            scenario_.names[name], kind_text(scope_[name].kind)));
  }
  void object(std::string_view key, ModuleRef module, Takes takes) { place(key, module, takes); }
  void operand(std::string_view key, ModuleRef module, Takes takes) { place(key, module, takes); }
  void operand(std::string_view key, NameId name, Takes takes) {
    if (!has_kind({key, child_}, name, takes)) return;
    if (takes == Takes::differentiable && !scope_[name].differentiable)
      fail(key, fmt::format("'{}' has no gradients: it was made under no_grad, or by an "
                            "artefact; start from another result",
                            scenario_.names[name]));
    if (takes == Takes::differentiable && !problem) starts_from(name);
  }
  void callee(std::string_view key, ModuleRef module, bool) {
    place(key, module, Takes::callable);
    if (!problem && scope_[module.name].kind != NameKind::module && module.place != 0)
      fail(key, "only the whole of a script module or artefact can be called; leave the path out");
  }
  void state_dict(std::string_view key, ModuleRef module, Takes takes) {
    place(key, module, takes);
  }
  void slot(std::string_view key, ModuleRef module, TensorSlot which) {
    place(key, module, Takes::eager);
    if (problem) return;
    whole_ = which == TensorSlot::num_batches_tracked;
    if (const auto shape = fresh_shape(*scope_.place(module).module, which))
      elements_ = shape->numel();
  }
  void shape(std::string_view key, const Shape& sizes) {
    double product = 1;
    elements_ = 1;
    for (const std::int64_t size : sizes) {
      if (size < 0) return fail(key, fmt::format("a size is 0 or more, and one is {}", size));
      product *= static_cast<double>(std::max<std::int64_t>(size, 1));
      if (product > static_cast<double>(max_tensor_elements))
        return fail(key, fmt::format("a tensor has at most {} elements; make the shape smaller",
                                     max_tensor_elements));
      elements_ *= size;
    }
    takes_elements(key, elements_);
  }
  void data(std::string_view key, const Data& data) {
    if (whole_) {
      if (auto sentence = not_whole(data)) return fail(key, std::move(*sentence));
    }
    if (const Rule* rule = std::get_if<Rule>(&data)) {
      if (auto sentence = rule_problem(*rule)) fail(key, std::move(*sentence));
      return;
    }
    if (elements_ == refused)
      return fail(key,
                  "a forward refuses these sizes, so there is no output for a list to fit; "
                  "write a rule");
    const auto count = static_cast<std::int64_t>(std::get<Literal>(data).size());
    if (elements_ >= 0 && count != elements_)
      fail(key, fmt::format("the list has {} numbers, and the {} {}; write one for each element, "
                            "or a rule",
                            count, holder_, elements_));
  }
  void seed(std::string_view, std::uint64_t) {}
  void dtype(std::string_view key, DType type) { value(key, type, Floating{}); }
  void mode(std::string_view, bool) {}
  void keywords() {}

  template <class T, class Allowed>
  void value(std::string_view key, const T& field, Allowed allowed) {
    check_value(key, field, allowed);
  }
  template <class T, class Allowed>
  void required(std::string_view key, const T& field, Allowed allowed) {
    check_value(key, field, allowed);
  }
  template <class T, class Allowed>
  void option(std::string_view key, const T& field, const T&, Allowed allowed) {
    check_value(key, field, allowed);
  }

  void expression(std::string_view key, const ModuleExpression& module) {
    const int count = expression_places(module, max_tree_places, 1);
    child_ = 0;
    if (problem) return;
    if (count < 0)
      return fail(key, fmt::format("a module has at most {} places and is at most {} deep; "
                                   "make it smaller",
                                   max_tree_places, max_tree_depth));
    takes_places(key, count);
    takes_elements(key, tree_elements_);
  }

  /// A copy, script or artefact of a module: a tree as large as it.
  void copies(const Mention<ModuleRef>& module) {
    takes_places(module.key, scope_.place(module.it).end - module.it.place);
    takes_elements(module.key, scope_[module.it.name].elements);
  }

  /// `operand`: what it has so much to do with.
  void works(const std::optional<Mention<NameId>>& operand, const Step& step) {
    const double left = max_scenario_work - scope_.total_work();
    if (!problem && looking(scope_) > left)
      return fail("",
                  "the modules of a scenario are looked at after every step, and here are "
                  "too many for so many steps; make fewer of either");
    if (!problem && work_of(scenario_, scope_, step) > left)
      fail(operand ? operand->key : "",
           fmt::format("the forwards and backwards of a scenario do at most {:.0f} "
                       "multiplications together; make fewer, or smaller tensors and layers",
                       max_scenario_work));
  }

 private:
  void fail(FieldKey field, std::string sentence) {
    if (!problem) problem = Problem{std::move(sentence), field};
  }
  void fail(std::string_view key, std::string sentence) {
    fail(FieldKey{key, child_}, std::move(sentence));
  }

  void takes_places(std::string_view field, int count) {
    if (count > max_scenario_places - scope_.total_places())
      fail(field, fmt::format("the modules of a scenario have at most {} places together; make "
                              "fewer, or smaller ones",
                              max_scenario_places));
  }

  void takes_elements(std::string_view field, std::int64_t count) {
    if (count > max_scenario_elements - scope_.total_elements())
      fail(field, fmt::format("the tensors and modules of a scenario have at most {} elements "
                              "together; make fewer, or smaller ones",
                              max_scenario_elements));
  }

  /// The data to come is for what a forward gives.
  void starts_from(NameId output) {
    const std::optional<Shape>& shape = scope_[output].shape;
    elements_ = shape ? static_cast<std::int64_t>(std::min(elements(*shape), 0x1p62)) : refused;
    holder_ = "output";
  }

  bool has_kind(FieldKey field, NameId name, Takes takes) {
    if (name >= scope_.size() || name >= scenario_.names.size()) {
      fail(field, "an operand has no name");
      return false;
    }
    const NameKind kind = scope_[name].kind;
    if (takes_kind(takes, kind)) return true;
    if (kind == NameKind::undefined)
      fail(field, fmt::format("'{}' is not defined above; {} is needed here", scenario_.names[name],
                              needed_text(takes)));
    else
      fail(field, fmt::format("'{}' is {}; {} is needed here", scenario_.names[name],
                              kind_text(kind), needed_text(takes)));
    return false;
  }

  void place(std::string_view key, ModuleRef module, Takes takes) {
    if (!has_kind({key, child_}, module.name, takes)) return;
    if (module.place >= scope_[module.name].places.size())
      return fail(key, fmt::format("'{}' has no such part", scenario_.names[module.name]));
    const ModuleSpec& spec = *scope_.place(module).module;
    if (takes == Takes::norm && !is_norm(spec.layer))
      fail(key,
           fmt::format("this is a {}; a norm is needed here", reference::to_string(spec.kind())));
  }

  template <class T>
  void check_value(std::string_view, const T&, Any) {}
  void check_value(std::string_view key, DType type, Floating) {
    if (!reference::is_floating(type))
      fail(key, fmt::format("{} is float32 or float64, not int64", key));
  }
  template <class T>
  void check_value(std::string_view key, const T& number, IntegerRange range) {
    if (number < range.least || number > range.most)
      fail(key, fmt::format("{} is from {} to {}, not {}", key, range.least, range.most, number));
  }

  /// The places that an expression would have; -1 past the limits or at a problem.
  int expression_places(const ModuleExpression& module, int budget, int depth) {
    if (budget < 1 || depth > max_tree_depth) return -1;
    visit_arguments(*this, module.layer);
    if (problem) return -1;
    if (auto unfit = argument_problem(module.layer))
      fail(unfit->argument, std::move(unfit->sentence));
    else if (auto sentence = size_problem(module.layer))
      fail("module", std::move(*sentence));
    else
      tree_elements_ += elements_of(module.layer);
    int count = 1;
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < module.children.size() && !problem; ++i) {
      const ModuleExpression::Child& child = module.children[i];
      child_ = ++children_;
      child_name(module, i, child.name);
      if (!seen.insert(child.name).second)
        fail("name", fmt::format("there are two children '{}'; rename one", child.name));
      const int below = child_places(child, budget - count, depth + 1);
      if (below < 0) return -1;
      count += below;
    }
    return problem ? -1 : count;
  }

  int child_places(const ModuleExpression::Child& child, int budget, int depth) {
    if (const auto* inner = std::get_if<ModuleExpression>(&child.module))
      return expression_places(*inner, budget, depth);
    const NameId& name = std::get<NameId>(child.module);
    if (!has_kind({"module", child_}, name, Takes::eager)) return -1;
    return count_places(*scope_.spec(name), budget, depth);
  }

  void child_name(const ModuleExpression& parent, std::size_t index, const std::string& name) {
    if (parent.named_children) {
      if (auto sentence = child_name_problem(name)) fail("name", std::move(*sentence));
    } else if (name != std::to_string(index)) {
      fail("name", fmt::format("child {} has no name, and is called '{}'", index, name));
    }
  }

  const Scenario& scenario_;
  const Scope& scope_;
  std::int64_t tree_elements_ = 0;  ///< of the expression being made, shared children left out
  static constexpr std::int64_t refused = -2;
  std::int64_t elements_ = -1;  ///< of the tensor that the data is for; -1: there is none
  std::string_view holder_ = "tensor";
  bool whole_ = false;  ///< that tensor holds whole numbers
  int child_ = 0;       ///< whose fields are checked (FieldKey::child)
  int children_ = 0;    ///< met so far
};

}  // namespace

std::optional<Problem> precondition(const Scope& scope, const Forward& step) {
  if (step.grad || scope[step.module.name].kind != NameKind::artefact) return std::nullopt;
  return Problem{"an exported artefact records no gradients; call it without no_grad", {"module"}};
}

std::optional<Problem> precondition(const Scope&, const MakeTensor& step) {
  if (step.memory_format != Layout::channels_last || step.shape.rank() == 4) return std::nullopt;
  return Problem{fmt::format("channels_last needs 4 dimensions, and the shape has {}; leave "
                             "memory_format out",
                             step.shape.rank()),
                 {"memory_format"}};
}

std::optional<Problem> precondition(const Scope& scope, const Fill& step) {
  const ModuleSpec& module = *scope.place(step.module).module;
  if (step.slot == TensorSlot::num_batches_tracked) {
    std::int64_t count = 0;
    make_data(step.data, step.seed, 1, DType::int64, &count);
    if (count < 0)  // the cumulative average divides by it
      return Problem{"a number of batches is 0 or more", {"value"}};
  }
  if (fresh_shape(module, step.slot)) return std::nullopt;
  return Problem{fmt::format("this {} has no {}; fill a tensor that it is made with",
                             reference::to_string(module.kind()), to_string(step.slot)),
                 {"slot"}};
}

std::optional<Problem> precondition(const Scope& scope, const Replace& step) {
  const reference::Place& replaced = scope.place(step.module);
  if (replaced.parent < 0)
    return Problem{"this is no part of another module; name a part, as net.bn", {"module"}};
  if (!replaced.module->children.empty())
    return Problem{"this module has children; replace one that has none", {"module"}};
  if (!scope.place(step.replacement).module->children.empty())
    return Problem{"this module has children; replace by one that has none", {"replacement"}};
  return std::nullopt;
}

std::optional<Problem> check(const Scenario& scenario, const Scope& scope, const Step& step) {
  Checker checker(scenario, scope);
  visit_fields(checker, step);
  if (checker.problem) return std::move(checker.problem);
  return std::visit(
      [&]<class S>(const S& s) -> std::optional<Problem> {
        if constexpr (requires { precondition(scope, s); }) {
          if (auto problem = precondition(scope, s)) return problem;
        }
        if constexpr (S::effect.copies_tree) checker.copies(*module_of(s));
        checker.works(S::effect.backwards > 0 ? operand_of(s, Takes::differentiable) : input_of(s),
                      step);
        return std::move(checker.problem);
      },
      step);
}

}  // namespace normdiff
