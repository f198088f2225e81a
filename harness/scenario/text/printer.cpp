#include "harness/scenario/text/printer.hpp"

#include "harness/scenario/text/lexer.hpp"
#include "harness/scenario/text/text.hpp"

namespace normdiff {
namespace {

/// A Sequential whose one line would be longer has a line for each child.
constexpr std::size_t longest_line = 60;
constexpr std::size_t indentation = 4;

void append_number(std::string& out, const Number& number) {
  if (const auto* whole = std::get_if<std::int64_t>(&number))
    out += std::to_string(*whole);
  else
    normdiff::append_number(out, std::get<double>(number));
}

bool is_number(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

void append_comments(std::string& out, const std::vector<std::string>& comments) {
  for (const std::string& comment : comments) {
    out += comment.empty() ? "#" : "# ";
    out += comment;
    out += '\n';
  }
}

}  // namespace

std::string path_text(const Scenario& scenario, const Scope& scope, ModuleRef module) {
  std::string text = scenario.names[module.name];
  std::string_view rest = scope.place(module).path;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('.'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const bool number = is_number(part);
    text += number ? '[' : '.';
    text += part;
    if (number) text += ']';
  }
  return text;
}

void Printer::argument(std::string_view text) {
  if (!arguments_.empty()) arguments_ += ", ";
  arguments_ += text;
}

void Printer::callee(std::string_view, const ModuleRef& module, bool grad) {
  if (grad) {
    form_ = Form::call;
    object_ = path(module);
  } else {
    form_ = Form::function;
    word_ = "no_grad";
    argument(path(module));
  }
}

void Printer::data(std::string_view, const Data& data) {
  std::string out;
  if (const Rule* rule = std::get_if<Rule>(&data)) {
    out = to_string(rule->kind);
    out += '(';
    append_number(out, rule->a);
    if (parameter_count(rule->kind) == 2) {
      out += ", ";
      append_number(out, rule->b);
    }
    out += ')';
  } else {
    out = '[';
    for (const Number& number : std::get<Literal>(data)) {
      if (out.size() > 1) out += ", ";
      append_number(out, number);
    }
    out += ']';
  }
  argument(out);
}

void Printer::expression(std::string_view, const ModuleExpression& module) {
  // A module is written as a call of its own.
  form_ = Form::attribute;
  arguments_ = module_text(module, 0, wide_);
}

std::string Printer::child_text(const ModuleExpression::Child& child, bool named, int indent,
                                bool wide) {
  std::string out = named ? child.name + '=' : std::string();
  if (const NameId* name = std::get_if<NameId>(&child.module))
    out += scenario_.names[*name];
  else
    out += module_text(std::get<ModuleExpression>(child.module), indent, wide);
  return out;
}

std::string Printer::module_text(const ModuleExpression& module, int indent, bool wide) {
  std::string out(reference::to_string(kind_in(module.layer)));
  out += '(';
  if (!is_container(module.layer)) {
    Printer options(scenario_, scope_, wide);
    visit_arguments(options, module.layer);
    return out + options.arguments_ + ')';
  }
  std::string line = out;
  for (const ModuleExpression::Child& child : module.children) {
    if (line.size() > out.size()) line += ", ";
    line += child_text(child, module.named_children, indent, true);
    if (!wide && line.size() > longest_line) break;
  }
  line += ')';
  if (wide || line.size() <= longest_line) return line;
  const std::string margin(static_cast<std::size_t>(indent) * indentation, ' ');
  for (const ModuleExpression::Child& child : module.children) {
    out += '\n' + margin + std::string(indentation, ' ');
    out += child_text(child, module.named_children, indent + 1, false) + ',';
  }
  return out + '\n' + margin + ')';
}

std::string Printer::statement(const Step& step) {
  std::visit(
      [&]<class S>(const S& s) {
        form_ = S::spellings[0].form;
        word_ = S::spellings[0].word;
        visit_fields_of(*this, s);
      },
      step);
  std::string out;
  if (!result_.empty()) out += result_ + " = ";
  switch (form_) {
    case Form::attribute:
      if (!object_.empty()) out += object_ + '.' + word_ + " = ";
      return out + arguments_;
    case Form::method:
      out += object_ + '.' + word_;
      break;
    case Form::call:
      out += object_;
      break;
    case Form::function:
      out += word_;
      break;
  }
  return out + '(' + arguments_ + ')';
}

std::string print(const Scenario& scenario) {
  std::string out = "# normdiff-scenario 1\n";
  // A title that looks like a seed is not to be read as one.
  if (scenario.seed != 0 ||
      (!scenario.title.empty() && !seed_digits("# " + scenario.title[0]).empty()))
    out += "# seed " + std::to_string(scenario.seed) + '\n';
  append_comments(out, scenario.title);
  Scope scope(scenario.names.size());
  for (const Statement& statement : scenario.statements) {
    append_comments(out, statement.comments);
    out += Printer(scenario, scope, false).statement(statement.step);
    out += '\n';
    scope.apply(scenario, statement.step);
  }
  return out;
}

std::string print(const Scenario& scenario, const Step& step) {
  const Scope scope = resolve(scenario);
  return Printer(scenario, scope, true).statement(step);
}

}  // namespace normdiff
