#include "harness/language/manual.hpp"

#include <fmt/format.h>

#include <type_traits>
#include <vector>

#include "harness/language/modules.hpp"
#include "harness/language/steps.hpp"
#include "harness/text/number.hpp"

namespace normdiff {
namespace {

// --- Values ------------------------------------------------------------------------------------

std::string written(bool value) {
  return value ? "True" : "False";
}
std::string written(double value) {
  return number_text(value);
}
std::string written(const std::optional<double>& value) {
  return value ? number_text(*value) : "None";
}
template <class T>
std::string written(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return std::string(to_string(value));
  else
    return std::to_string(value);
}

std::string type_of(bool) {
  return "True or False";
}
std::string type_of(double) {
  return "a number";
}
std::string type_of(const std::optional<double>&) {
  return "a number or None";
}
template <class T>
std::string type_of(const T&) {
  if constexpr (std::is_enum_v<T>)
    return fmt::format("`{}`", fmt::join(names_of<T>, "`, `"));
  else
    return "a whole number";
}

template <class T>
std::string allowed_text(const T& field, Any) {
  return type_of(field);
}
std::string allowed_text(DType, Floating) {
  return "`float32`, `float64`";
}
template <class T>
std::string allowed_text(const T&, IntegerRange range) {
  return fmt::format("a whole number from {} to {}", range.least, range.most);
}

std::string_view needed_text(Takes takes) {
  switch (takes) {
    case Takes::eager:
      return "a module, by its name or path";
    case Takes::norm:
      return "a BatchNorm or InstanceNorm, by its name or path";
    case Takes::eager_or_script:
      return "a module or a part of a script, by its name or path";
    case Takes::callable:
      return "a module, by its name or path, or a script or artefact by its name";
    case Takes::script:
      return "a script, by its name";
    case Takes::tensor:
      return "a tensor, by its name";
    case Takes::input:
      return "a tensor, or the result of a forward, by its name";
    case Takes::differentiable:
      return "the result of a forward with gradients, by its name";
  }
  return "?";
}

std::string_view text_of(NameKind kind) {
  switch (kind) {
    case NameKind::undefined:
      return "no name";
    case NameKind::module:
      return "a module";
    case NameKind::tensor:
      return "a tensor";
    case NameKind::result:
      return "a result";
    case NameKind::script:
      return "a script";
    case NameKind::artefact:
      return "an artefact";
  }
  return "?";
}

std::string_view text_of(Capability capability) {
  switch (capability) {
    case Capability::eager:
      return "modules";
    case Capability::torchscript:
      return "TorchScript";
    case Capability::onnx:
      return "an ONNX exporter";
  }
  return "?";
}

// --- A statement -------------------------------------------------------------------------------

/// The Io (language/field.hpp) that describes the fields of a step, or the options of a module, for
/// one spelling of it.
class Describer {
 public:
  explicit Describer(Spelling spelling) : spelling_(spelling) {}
  std::vector<std::string> rows;  ///< of a table: argument, what it is, default

  /// "result = torch.jit.trace(module, input, *, check_trace=True)"
  [[nodiscard]] std::string signature() const {
    const std::string arguments = fmt::format("{}", fmt::join(arguments_, ", "));
    switch (spelling_.form) {
      case Form::attribute:
        return fmt::format("{}{}.{} = {}", result_, object_, spelling_.word, arguments);
      case Form::method:
        return fmt::format("{}{}.{}({})", result_, object_, spelling_.word, arguments);
      case Form::call:
        return fmt::format("{}{}({})", result_, object_, arguments);
      case Form::function:
        return fmt::format("{}{}({})", result_, spelling_.word, arguments);
    }
    return {};
  }

  void result(std::string_view key, NameId) { result_ = fmt::format("{} = ", key); }
  void object(std::string_view key, ModuleRef, Takes takes) {
    object_ = key;
    row(key, needed_text(takes));
  }
  void operand(std::string_view key, ModuleRef, Takes takes) { named(key, key, takes); }
  void operand(std::string_view key, NameId, Takes takes) { named(key, key, takes); }
  void callee(std::string_view key, ModuleRef, bool) {
    if (spelling_.form == Form::call)
      object(key, {}, Takes::callable);
    else
      named(key, key, Takes::callable);
  }
  void state_dict(std::string_view key, ModuleRef, Takes takes) {
    named(key, fmt::format("{}.state_dict()", key), takes);
  }
  void slot(std::string_view key, ModuleRef, TensorSlot which) {
    named(key, fmt::format("{}.slot", key), Takes::eager);
    row("slot", type_of(which));
  }
  void expression(std::string_view, const ModuleExpression&) { arguments_.emplace_back("..."); }
  void shape(std::string_view key, const Shape&) {
    arguments_.emplace_back("size, ...");
    row(key, fmt::format("at most {} sizes, 0 or more each", Shape::max_rank));
  }
  void data(std::string_view key, const Data&) {
    arguments_.emplace_back(key);
    row(key, "a list of numbers, or a rule");
  }
  void seed(std::string_view key, std::uint64_t) {
    arguments_.push_back(fmt::format("{}=0", key));
    row(key, "a whole number from 0 to 2^64 - 1, which keys the rule", "0");
  }
  void dtype(std::string_view key, DType) { option(key, DType{}, DType::float32, Floating{}); }
  void mode(std::string_view key, bool on) {
    if (spelling_.word == "train") option(key, on, true, Any{});
  }
  void keywords() { arguments_.emplace_back("*"); }

  template <class T, class Allowed>
  void value(std::string_view key, const T& field, Allowed allowed) {
    arguments_.emplace_back(key);
    row(key, allowed_text(field, allowed));
  }
  template <class T, class Allowed>
  void required(std::string_view key, const T& field, Allowed allowed) {
    arguments_.push_back(fmt::format("{}=...", key));
    row(key, allowed_text(field, allowed));
  }
  template <class T, class Allowed>
  void option(std::string_view key, const T& field, const T& standard, Allowed allowed) {
    arguments_.push_back(fmt::format("{}={}", key, written(standard)));
    row(key, allowed_text(field, allowed), written(standard));
  }

 private:
  void row(std::string_view key, std::string_view what, std::string_view standard = "") {
    rows.push_back(fmt::format("| `{}` | {} | {} |", key, what,
                               standard.empty() ? "" : fmt::format("`{}`", standard)));
  }
  void named(std::string_view key, std::string_view argument, Takes takes) {
    arguments_.emplace_back(argument);
    row(key, needed_text(takes));
  }

  Spelling spelling_;
  std::string result_;
  std::string object_;
  std::vector<std::string> arguments_;
};

// --- Sections ----------------------------------------------------------------------------------

void append_table(std::string& out, const std::vector<std::string>& rows) {
  if (rows.empty()) return;
  out += "\n| argument | what it is | default |\n|---|---|---|\n";
  for (const std::string& row : rows) out += row + '\n';
}

template <class S>
std::string effect_text() {
  constexpr Effect effect = S::effect;
  std::string out;
  if (effect.makes != NameKind::undefined)
    out +=
        fmt::format("Leaves {}{}. ", text_of(effect.makes),
                    effect.copies_tree ? ", a tree of its own as large as that of the module" : "");
  if (effect.forwards > 0)
    out += fmt::format("Runs the module {} time{}. ", effect.forwards,
                       effect.forwards == 1 ? "" : "s");
  if (effect.backwards > 0) out += "Goes back through the graph of the result. ";
  if (effect.moves == Moves::statistics) out += "May move statistics of the module. ";
  if (effect.moves == Moves::gradients) out += "Adds to gradients. ";
  if (effect.moves == Moves::anything) out += "Changes the module. ";
  return out + fmt::format("Needs {}.", text_of(effect.needs));
}

template <class S>
void append_step(std::string& out) {
  out += fmt::format("\n### {}\n\n```\n", S::name);
  std::vector<std::string> rows;
  for (const Spelling& spelling : S::spellings) {
    Describer describer(spelling);
    const S step;
    visit_fields_of(describer, step);
    out += describer.signature() + '\n';
    if (rows.empty()) rows = describer.rows;
  }
  out += fmt::format("```\n\n{}\n", effect_text<S>());
  append_table(out, rows);
}

Describer described(const reference::Layer& layer) {
  Describer describer({Form::function, reference::to_string(kind_in(layer))});
  visit_arguments(describer, layer);
  return describer;
}

std::string parameters_of(RuleKind kind) {
  return parameter_count(kind) == 1 ? "one number" : "two numbers";
}

}  // namespace

std::string language_reference() {
  std::string out =
      "# The language of scenarios\n\n"
      "Printed by `normdiff language` from the tables that the parser reads by; do not edit it.\n\n"
      "A scenario begins with the line `# normdiff-scenario 1`. Each line is one step. What stands "
      "behind `*` is given by keyword.\n\n"
      "## Steps\n";
  for_each_step_type([&](auto tag) { append_step<typename decltype(tag)::type>(out); });
  out += "\n## Modules\n";
  for (const ModuleKind kind : all_of<ModuleKind>) {
    const reference::Layer layer = reference::make_layer(kind);
    out += fmt::format("\n### {}\n", reference::to_string(kind));
    if (is_container(layer)) {
      out +=
          "\n```\nSequential(child, ...)\nSequential(name=child, ...)\n```\n\n"
          "A child is a module, written out, or the name of one, which is then shared.\n";
      continue;
    }
    const Describer describer = described(layer);
    out += fmt::format("\n```\n{}\n```\n", describer.signature());
    append_table(out, describer.rows);
  }
  out += "\n## Rules for data\n\n| rule | takes |\n|---|---|\n";
  for (const RuleKind kind : all_of<RuleKind>)
    out += fmt::format("| `{}` | {} |\n", to_string(kind), parameters_of(kind));
  out += "\n## Tensors of a module\n\n";
  for (const std::string_view slot : names_of<TensorSlot>) out += fmt::format("- `{}`\n", slot);
  return out;
}

}  // namespace normdiff
