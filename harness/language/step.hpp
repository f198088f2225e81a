#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "harness/language/draw.hpp"
#include "harness/language/effect.hpp"
#include "harness/language/field.hpp"

// A step is a pair of files. What it is stands in a header of this folder, as data: a struct with
//   name       what reports call the kind of step
//   spellings  how a statement of it looks; the first is the canonical one
//   drawing    how often each profile of the generator draws it, and what a draft must hold for it
//   effect     what it makes, runs, moves and needs
//   fields     its members and how each is written, in the order in which they are written
// Its functions stand in harness/steps/. A step with a rule that no field can say declares
//   std::optional<Problem> precondition(const Scope&, const S&);   why it can't stand where it does
//   NameInfo made(const Scope&, const S&);                         what is known of what it makes
//   void change(Scope&, const S&);                                 what else is known differently
// and harness/scenario/ defines them, as a Scope is known there.
namespace normdiff {

enum class Form : std::uint8_t {
  function,   ///< word(...)
  method,     ///< net.bn.word(...)
  attribute,  ///< net.bn.word = ...
  call,       ///< net.bn(...)
};
struct Spelling {
  Form form;
  std::string_view word;
};

/// Which field of a step: its key, and for the options of a module that is written inside another
/// the number of that child, counted from 1 in the order in which they are written.
struct FieldKey {
  std::string_view key;  ///< empty: none
  int child = 0;
  friend bool operator==(FieldKey a, FieldKey b) { return a.key == b.key && a.child == b.child; }
};

/// Why a step can't stand where it does.
struct Problem {
  std::string sentence;
  FieldKey field;  ///< the field of the step that it is about
};

class Scope;
struct NameInfo;
struct Context;
struct Execution;

/// Visits the fields of a step of kind S; `step` may be const.
template <class Io, class S>
void visit_fields_of(Io& io, S& step) {
  std::apply([&](const auto&... field) { (field.visit(io, step), ...); }, S::fields);
}

/// Something that a field of a step names, and the field's key.
template <class T>
struct Mention {
  std::string_view key;
  T it;
};

/// The module that a step works on, which is the first that one of its fields names.
template <class S>
[[nodiscard]] constexpr std::optional<Mention<ModuleRef>> module_of(const S& step) {
  std::optional<Mention<ModuleRef>> found;
  const auto look = [&](const auto& field) {
    if (found) return;
    if constexpr (requires {
                    field.module;
                    field.takes;
                  }) {
      found = {field.key, step.*field.module};
    } else if constexpr (field::is_operand<decltype(field), ModuleRef>) {
      found = {field.key, step.*field.member};
    } else if constexpr (field::is_operand<decltype(field), NameId>) {
      if (field.takes == Takes::script) found = {field.key, {step.*field.member, 0}};
    }
  };
  std::apply([&](const auto&... field) { (look(field), ...); }, S::fields);
  return found;
}

/// The first name that a step takes as an operand of this kind: a tensor or a result.
template <class S>
[[nodiscard]] constexpr std::optional<Mention<NameId>> operand_of(const S& step, Takes takes) {
  std::optional<Mention<NameId>> found;
  const auto look = [&](const auto& field) {
    if constexpr (field::is_operand<decltype(field), NameId>)
      if (!found && field.takes == takes) found = {field.key, step.*field.member};
  };
  std::apply([&](const auto&... field) { (look(field), ...); }, S::fields);
  return found;
}

/// A step is one method of its module that is called with values, or one attribute of it
/// that is set to a value. Such a step is done as it is spelled, in any language that has the
/// method.
template <class S>
[[nodiscard]] constexpr bool is_done_as_spelled() {
  const Form form = S::spellings[0].form;
  if (form != Form::method && form != Form::attribute) return false;
  return std::apply(
      [](const auto& object, const auto&... rest) {
        return requires { object.module; } &&
               (field::IsValue<std::remove_cvref_t<decltype(rest)>> && ...);
      },
      S::fields);
}

/// A step runs its module on this: the first tensor, or tensor or result, that a field names.
template <class S>
[[nodiscard]] constexpr std::optional<Mention<NameId>> input_of(const S& step) {
  const auto tensor = operand_of(step, Takes::tensor);
  return tensor ? tensor : operand_of(step, Takes::input);
}

}  // namespace normdiff
