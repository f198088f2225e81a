#pragma once

#include <string>
#include <string_view>

#include "harness/language/modules.hpp"
#include "harness/language/steps.hpp"
#include "harness/scenario/scope.hpp"
#include "harness/text/number.hpp"

namespace normdiff {

/// "net[0].bn", of a place of a name's tree.
[[nodiscard]] std::string path_text(const Scenario& scenario, const Scope& scope, ModuleRef module);

/// The Io (language/field.hpp) that writes a statement.
class Printer {
 public:
  /// `wide`: a long Sequential on one line too.
  Printer(const Scenario& scenario, const Scope& scope, bool wide)
      : scenario_(scenario), scope_(scope), wide_(wide) {}

  [[nodiscard]] std::string statement(const Step& step);

  // --- Io ---
  void result(std::string_view, NameId name) { result_ = scenario_.names[name]; }
  void object(std::string_view, const ModuleRef& module, Takes) { object_ = path(module); }
  void operand(std::string_view, const ModuleRef& module, Takes) { argument(path(module)); }
  void operand(std::string_view, const NameId& name, Takes) { argument(scenario_.names[name]); }
  void callee(std::string_view, const ModuleRef& module, bool grad);
  void state_dict(std::string_view, const ModuleRef& module, Takes) {
    argument(path(module) + ".state_dict()");
  }
  void slot(std::string_view, const ModuleRef& module, TensorSlot which) {
    argument(path(module) + '.' + std::string(to_string(which)));
  }
  void shape(std::string_view, const Shape& sizes) {
    for (const std::int64_t size : sizes) argument(std::to_string(size));
  }
  void data(std::string_view, const Data& data);
  void seed(std::string_view key, std::uint64_t seed) {
    option(key, seed, std::uint64_t{0}, Any{});
  }
  void dtype(std::string_view key, DType type) { option(key, type, DType::float32, Any{}); }
  void mode(std::string_view, bool on) { word_ = on ? "train" : "eval"; }
  void expression(std::string_view, const ModuleExpression& module);
  void keywords() {}

  template <class T, class Allowed>
  void value(std::string_view, const T& field, Allowed) {
    argument(text(field));
  }
  template <class T, class Allowed>
  void required(std::string_view key, const T& field, Allowed) {
    argument(std::string(key) + '=' + text(field));
  }
  template <class T, class Allowed>
  void option(std::string_view key, const T& field, const T& standard, Allowed allowed) {
    if (!(field == standard)) required(key, field, allowed);
  }

 private:
  [[nodiscard]] std::string path(ModuleRef module) const {
    return path_text(scenario_, scope_, module);
  }
  void argument(std::string_view text);
  [[nodiscard]] std::string module_text(const ModuleExpression& module, int indent, bool wide);
  [[nodiscard]] std::string child_text(const ModuleExpression::Child& child, bool named, int indent,
                                       bool wide);

  static std::string text(bool value) { return value ? "True" : "False"; }
  static std::string text(int value) { return std::to_string(value); }
  static std::string text(std::int64_t value) { return std::to_string(value); }
  static std::string text(std::uint64_t value) { return std::to_string(value); }
  static std::string text(double value) { return number_text(value); }
  static std::string text(const std::optional<double>& value) {
    return value ? number_text(*value) : "None";
  }
  template <Named Enum>
  static std::string text(Enum value) {
    return std::string(to_string(value));
  }

  const Scenario& scenario_;
  const Scope& scope_;
  bool wide_;
  // The parts that a statement is put together from.
  std::string result_;
  std::string object_;
  std::string word_;
  std::string arguments_;
  Form form_ = Form::function;
};

}  // namespace normdiff
