#include "harness/language/steps.hpp"

#include <algorithm>
#include <concepts>

namespace normdiff {
namespace {

template <class T>
concept ListOfSpellings = requires {
  std::size(T::spellings) > 0;
  { T::spellings[0] } -> std::convertible_to<Spelling>;
};

/// A kind of step must have all of this. Which kind lacks it is in the line of the compiler's
/// message that names the instantiation: `is_whole<normdiff::ZeroGrad>`.
template <class S>
constexpr bool is_whole() {
  static_assert(
      requires {
        { S::name } -> std::convertible_to<std::string_view>;
      }, "a step needs `name`: what reports, deviations and the support table call it");
  static_assert(ListOfSpellings<S>, "a step needs `spellings`: how a statement of it looks");
  static_assert(
      requires {
        { S::drawing } -> std::convertible_to<DrawInfo>;
      }, "a step needs `drawing`: how often each profile of the generator draws it");
  static_assert(
      requires {
        { S::effect } -> std::convertible_to<Effect>;
      }, "a step needs an `effect`: what it makes, runs, moves and needs; {} is nothing");
  static_assert(
      requires { std::tuple_size<Bare<decltype(S::fields)>>::value; },
      "a step needs `fields`: a tuple of the types in language/field.hpp");
  constexpr Effect effect = S::effect;
  static_assert(std::any_of(S::drawing.weights.begin(), S::drawing.weights.end(),
                            [](int weight) { return weight > 0; }),
                "a step needs a weight in one profile, or it is never drawn");
  static_assert(
      requires(Draft& draft, KindOf<S> kind) { draw(draft, kind); },
      "a step needs `draw`: how the generator chooses its fields, defined in harness/steps/");
  static_assert((effect.makes != NameKind::undefined) == requires(S s) { s.result; },
                "a step has a `result` if and only if its effect makes something");
  static_assert(!effect.copies_tree || module_of(S{}), "a step that copies a tree needs a module");
  static_assert(
      effect.makes == NameKind::undefined || effect.copies_tree ||
          requires(const Scope& scope, const S& s) { typename TypeTag<decltype(made(scope, s))>; },
      "a step that makes something copies a tree, or declares `made`: what is known of its result");
  static_assert(effect.forwards == 0 || (module_of(S{}) && input_of(S{})),
                "a step that runs a module needs that module and its input among its fields");
  static_assert((effect.backwards == 0 && effect.moves != Moves::gradients) ||
                    operand_of(S{}, Takes::differentiable),
                "a step that goes back through a graph needs a result among its fields");
  static_assert(
      effect.moves == Moves::nothing || effect.moves == Moves::gradients || module_of(S{}),
      "a step that moves a module's state needs that module among its fields");
  static_assert(
      requires(Context& context, const S& s) { typename TypeTag<decltype(execute(context, s))>; },
      "a step needs `execute`: what the reference does, defined in harness/steps/");
  return true;
}

template <std::size_t... kinds>
constexpr bool all_are_whole(std::index_sequence<kinds...>) {
  return (is_whole<std::variant_alternative_t<kinds, Step>>() && ...);
}
static_assert(all_are_whole(std::make_index_sequence<std::variant_size_v<Step>>{}));

template <std::size_t... kinds>
constexpr std::array<std::string_view, sizeof...(kinds)> step_names_of(
    std::index_sequence<kinds...>) {
  return {std::variant_alternative_t<kinds, Step>::name...};
}
constexpr auto step_names =
    step_names_of(std::make_index_sequence<static_cast<std::size_t>(step_kind_count)>{});

}  // namespace

std::string_view step_kind_name(std::size_t kind) {
  return step_names[kind];
}

std::optional<std::size_t> step_kind_from(std::string_view name) {
  const auto found = std::find(step_names.begin(), step_names.end(), name);
  if (found == step_names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - step_names.begin());
}

}  // namespace normdiff
