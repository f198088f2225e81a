#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

/// x = tensor(1, 3, 5, 5, normal(0, 1), seed=2)
struct MakeTensor {
  NameId result = 0;
  Shape shape;
  Data data;
  std::uint64_t seed = 0;
  DType dtype = DType::float32;  ///< float32 or float64
  Layout memory_format = Layout::contiguous;
  bool requires_grad = false;

  static constexpr std::string_view name = "tensor";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "tensor"}}};
  static constexpr DrawInfo drawing = {.weights = {2, 8, 2, 0, 2}};
  static constexpr Effect effect = {.makes = NameKind::tensor};
  static constexpr auto fields =
      std::tuple{field::Result{&MakeTensor::result},
                 field::Sizes{&MakeTensor::shape},
                 field::Elements{"value", &MakeTensor::data},
                 field::KeywordsOnly{},
                 field::Seed{&MakeTensor::seed},
                 field::ElementType{&MakeTensor::dtype},
                 field::Option{"memory_format", &MakeTensor::memory_format, Layout::contiguous},
                 field::Option{"requires_grad", &MakeTensor::requires_grad, false}};
};

std::optional<Problem> precondition(const Scope& scope, const MakeTensor& step);
NameInfo made(const Scope& scope, const MakeTensor& step);
void draw(Draft& draft, KindOf<MakeTensor>);
Execution execute(Context& context, const MakeTensor& step);

}  // namespace normdiff
