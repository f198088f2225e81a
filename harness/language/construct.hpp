#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// net = Sequential(conv=Conv2d(3, 2, kernel_size=3), bn=BatchNorm2d(2))
struct Construct {
  NameId result = 0;
  ModuleExpression module;

  static constexpr std::string_view name = "construct";
  static constexpr auto spellings = [] {
    std::array<Spelling, count_of<ModuleKind>> list{};
    auto spelling = list.begin();
    for (const std::string_view name : names_of<ModuleKind>) *spelling++ = {Form::function, name};
    return list;
  }();
  static constexpr DrawInfo drawing = {.weights = {2, 2, 2, 12, 2},
                                       .needs = {.room_for_network = true, .room_for_tree = true}};
  static constexpr Effect effect = {.makes = NameKind::module};
  static constexpr auto fields =
      std::tuple{field::Result{&Construct::result}, field::Expression{&Construct::module}};
};

NameInfo made(const Scope& scope, const Construct& step);
void draw(Draft& draft, KindOf<Construct>);
Execution execute(Context& context, const Construct& step);

}  // namespace normdiff
