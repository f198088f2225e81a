#pragma once

#include <array>
#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "harness/language/modules.hpp"
#include "harness/language/steps.hpp"
#include "harness/scenario/scope.hpp"
#include "harness/scenario/text/syntax.hpp"

namespace normdiff {

/// The Io (language/field.hpp) that fills a step's fields from a statement's syntax. What the
/// fields mean together is for `check` to say; here are the types. The first error stands.
class Reader {
 public:
  Reader(Scenario& scenario, Scope& scope) : scenario_(scenario), scope_(scope) {}

  /// The step of a statement, its operands checked; nullopt: error() says why not.
  std::optional<Step> read(const Syntax& syntax);
  [[nodiscard]] const std::optional<ParseError>& error() const { return error_; }

  // --- Io ---
  void result(std::string_view key, NameId& name);
  void object(std::string_view key, ModuleRef& module, Takes takes);
  void operand(std::string_view key, ModuleRef& module, Takes takes);
  void operand(std::string_view key, NameId& name, Takes takes);
  void callee(std::string_view key, ModuleRef& module, bool& grad);
  void state_dict(std::string_view key, ModuleRef& module, Takes takes);
  void slot(std::string_view key, ModuleRef& module, TensorSlot& which);
  void shape(std::string_view key, Shape& sizes);
  void data(std::string_view key, Data& data);
  void seed(std::string_view key, std::uint64_t& seed) {
    option(key, seed, std::uint64_t{0}, Any{});
  }
  void dtype(std::string_view key, DType& type) { option(key, type, DType::float32, Any{}); }
  void mode(std::string_view key, bool& on);
  void expression(std::string_view key, ModuleExpression& module);
  void keywords() { call_.keywords_only = true; }

  template <class T, class Allowed>
  void value(std::string_view key, T& field, Allowed) {
    required_value(key, field);
  }
  template <class T, class Allowed>
  void required(std::string_view key, T& field, Allowed) {
    required_value(key, field);
  }
  template <class T, class Allowed>
  void option(std::string_view key, T& field, const T& standard, Allowed) {
    field = standard;
    const NodeId node = take(key);
    if (node < 0) return;
    note(key, syntax().begin(node));
    convert(node, field, key);
  }

 private:
  /// The arguments of one call that no field has taken yet.
  struct Call {
    std::string word;   ///< for messages
    Position position;  ///< of the call
    NodeId first = -1;  ///< of all its arguments
    NodeId next = -1;   ///< the first not taken of the positional ones
    bool keywords_only = false;
    std::vector<std::string_view> known;  ///< keywords asked for so far
  };

  template <class T>
  void required_value(std::string_view key, T& field) {
    const NodeId node = take_required(key);
    if (node < 0) return;
    note(key, syntax().begin(node));
    // A value that is assigned has no keyword: the attribute's name says more.
    convert(node, field, assigned_ ? std::string_view(word_) : key);
  }

  [[nodiscard]] const Syntax& syntax() const { return *syntax_; }
  void fail(Position position, std::string message);
  void fail(NodeId node, std::string message) { fail(syntax().begin(node), std::move(message)); }
  void expected(NodeId node, std::string_view what, std::string_view key);
  /// Remembers where a field stands, for what `check` says about it.
  void note(std::string_view key, Position position) {
    noted_.emplace_back(FieldKey{key, child_}, position);
  }
  /// An argument that is left out stands where its module does.
  [[nodiscard]] Position position_of(FieldKey field) const;

  Call open_call(NodeId call, std::string word) const;
  void close_call();
  NodeId take(std::string_view key);
  NodeId take_required(std::string_view key);
  [[nodiscard]] NodeId peek() const;  ///< the next positional argument; -1: none

  void convert(NodeId node, bool& field, std::string_view key);
  void convert(NodeId node, std::int64_t& field, std::string_view key);
  void convert(NodeId node, int& field, std::string_view key);
  void convert(NodeId node, std::uint64_t& field, std::string_view key);
  void convert(NodeId node, double& field, std::string_view key);
  void convert(NodeId node, std::optional<double>& field, std::string_view key);
  template <class Enum>
  void convert_word(NodeId node, Enum& field, std::string_view key);
  void convert(NodeId node, DType& field, std::string_view key) { convert_word(node, field, key); }
  void convert(NodeId node, Layout& field, std::string_view key) { convert_word(node, field, key); }
  void convert(NodeId node, ExportMode& field, std::string_view key) {
    convert_word(node, field, key);
  }

  bool number(NodeId node, double& out, std::string_view what);
  void rule(NodeId node, RuleKind kind, Rule& rule);
  void literal(NodeId list, Literal& numbers);
  void child(NodeId node, const std::string& number, ModuleExpression::Child& child);
  void path(NodeId node, std::string_view key, ModuleRef& module);
  void module_fields(NodeId call, ModuleExpression& module);
  [[nodiscard]] std::optional<NameId> find(std::string_view name) const;

  bool classify(Form& form);
  std::optional<Step> dispatch(Form form);
  /// Says why a callee can't be called: it is no word of the language.
  void unknown(NodeId callee);
  /// Says so of a callee below a name that is defined; false: it is a module all the same.
  bool no_method(NodeId callee);
  /// A function of the language, or a path below a name that is defined.
  [[nodiscard]] bool can_be_called(NodeId callee) const;
  void not_defined(NodeId name);
  [[nodiscard]] std::string not_a_call(NodeId value) const;

  Scenario& scenario_;
  Scope& scope_;
  std::unordered_map<std::string, NameId> ids_;
  std::vector<int> lines_;  ///< by NameId: where it is assigned

  const Syntax* syntax_ = nullptr;
  std::string word_;       ///< of the spelling found
  NodeId path_ = -1;       ///< what stands before a method or attribute, or is called
  bool assigned_ = false;  ///< to an attribute
  bool has_result_ = false;
  Call call_;
  std::vector<std::pair<FieldKey, Position>> noted_;
  int child_ = 0;     ///< whose fields are read (FieldKey::child)
  int children_ = 0;  ///< met so far
  std::optional<ParseError> error_;
};

}  // namespace normdiff
