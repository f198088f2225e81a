#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "harness/language/data.hpp"
#include "harness/language/values.hpp"

// The types of fields that a step can have. A field is a key and pointers to members of the step's
// struct; its `visit` hands the members to an Io: the reader, the printer, the checker, the planner
// and whoever looks at operands have one function for each type of field, and none for a step.
//   result(key, name)                   the name that the statement defines
//   object(key, module, takes)          what stands before a method
//   operand(key, module|name, takes)    a positional argument that names something
//   callee(key, module, grad)           the module that is called, with or without no_grad
//   state_dict(key, module, takes)      net.state_dict()
//   slot(key, module, slot)             net.bn.weight
//   expression(key, module)             a module, written out
//   shape(key, shape)                   sizes, one positional argument each
//   data(key, data)   seed(key, seed)   literals or a rule, and what keys it
//   dtype(key, dtype)                   the dtype that the data is made in
//   mode(key, on)                       train, with its argument, or eval
//   value(key, member, allowed)         a required argument; positional in the canonical text
//   keywords()                          from here on arguments are given by keyword only
//   required(key, member, allowed)      a required argument; by keyword in the canonical text
//   option(key, member, default, allowed)  left out of the canonical text where it is the default
namespace normdiff {

/// The things that an operand can have to be.
enum class Takes : std::uint8_t {
  eager,            ///< any path of a module
  norm,             ///< a path of a module that is a norm of any kind
  eager_or_script,  ///< any path of a module or script
  callable,         ///< any path of a module, the root of a script or artefact
  script,           ///< a script, by name
  tensor,           ///< a tensor, by name
  input,            ///< a tensor, or the result of an earlier forward, by name
  differentiable,   ///< the result of a forward with grad, not of an artefact; by name
};

/// The integers that a field takes.
struct IntegerRange {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};
/// Only floating-point dtypes.
struct Floating {};
/// Whatever the type can hold.
struct Any {};

namespace field {

template <class S>
struct Result {
  NameId S::*name;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.result("result", step.*name);
  }
};

template <class S>
struct Object {
  std::string_view key;
  ModuleRef S::*module;
  Takes takes;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.object(key, step.*module, takes);
  }
};

/// T: a ModuleRef or NameId.
template <class S, class T>
struct Operand {
  std::string_view key;
  T S::*member;
  Takes takes;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.operand(key, step.*member, takes);
  }
};

template <class S>
struct Callee {
  std::string_view key;
  ModuleRef S::*module;
  bool S::*grad;
  static constexpr Takes takes = Takes::callable;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.callee(key, step.*module, step.*grad);
  }
};

template <class S>
struct StateDict {
  std::string_view key;
  ModuleRef S::*module;
  Takes takes;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.state_dict(key, step.*module, takes);
  }
};

template <class S>
struct Slot {
  ModuleRef S::*module;
  TensorSlot S::*slot;
  static constexpr std::string_view key = "module";
  static constexpr Takes takes = Takes::eager;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.slot(key, step.*module, step.*slot);
  }
};

template <class S>
struct Expression {
  ModuleExpression S::*module;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.expression("module", step.*module);
  }
};

template <class S>
struct Sizes {
  normdiff::Shape S::*shape;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.shape("shape", step.*shape);
  }
};

template <class S>
struct Elements {
  std::string_view key;
  Data S::*data;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.data(key, step.*data);
  }
};

template <class S>
struct Seed {
  std::uint64_t S::*seed;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.seed("seed", step.*seed);
  }
};

template <class S>
struct ElementType {
  DType S::*dtype;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.dtype("dtype", step.*dtype);
  }
};

template <class S>
struct Mode {
  bool S::*mode;
  static constexpr bool is_value = true;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.mode("mode", step.*mode);
  }
};

struct KeywordsOnly {
  static constexpr bool is_value = true;
  template <class Io, class Step>
  void visit(Io& io, Step&) const {
    io.keywords();
  }
};

template <class S, class T, class Allowed = Any>
struct Value {
  std::string_view key;
  T S::*member;
  Allowed allowed = {};
  static constexpr bool is_value = true;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.value(key, step.*member, allowed);
  }
};

template <class S, class T, class Allowed = Any>
struct Required {
  std::string_view key;
  T S::*member;
  Allowed allowed = {};
  static constexpr bool is_value = true;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.required(key, step.*member, allowed);
  }
};

template <class S, class T, class Allowed = Any>
struct Option {
  std::string_view key;
  T S::*member;
  T standard;
  Allowed allowed = {};
  static constexpr bool is_value = true;
  template <class Io, class Step>
  void visit(Io& io, Step& step) const {
    io.option(key, step.*member, standard, allowed);
  }
};

/// A field that is a value, which any process can be told by its text: no name, module or data.
template <class Field>
concept IsValue = requires { Field::is_value; };

/// A type of field is an operand that is a T.
template <class Field, class T>
inline constexpr bool is_operand = false;
template <class S, class T>
inline constexpr bool is_operand<const Operand<S, T>&, T> = true;

// clang 16 deduces no arguments of an aggregate without these.
using Key = std::string_view;
template <class S>
Result(NameId S::*) -> Result<S>;
template <class S>
Object(Key, ModuleRef S::*, Takes) -> Object<S>;
template <class S, class T>
Operand(Key, T S::*, Takes) -> Operand<S, T>;
template <class S>
Callee(Key, ModuleRef S::*, bool S::*) -> Callee<S>;
template <class S>
StateDict(Key, ModuleRef S::*, Takes) -> StateDict<S>;
template <class S>
Slot(ModuleRef S::*, TensorSlot S::*) -> Slot<S>;
template <class S>
Expression(ModuleExpression S::*) -> Expression<S>;
template <class S>
Sizes(normdiff::Shape S::*) -> Sizes<S>;
template <class S>
Elements(Key, Data S::*) -> Elements<S>;
template <class S>
Seed(std::uint64_t S::*) -> Seed<S>;
template <class S>
ElementType(DType S::*) -> ElementType<S>;
template <class S>
Mode(bool S::*) -> Mode<S>;
template <class S, class T, class Allowed = Any>
Value(Key, T S::*, Allowed = {}) -> Value<S, T, Allowed>;
template <class S, class T, class Allowed = Any>
Required(Key, T S::*, Allowed = {}) -> Required<S, T, Allowed>;
template <class S, class T, class Allowed = Any>
Option(Key, T S::*, std::type_identity_t<T>, Allowed = {}) -> Option<S, T, Allowed>;

}  // namespace field
}  // namespace normdiff
