#pragma once

#include <type_traits>
#include <utility>

#include "harness/scenario/steps/attributes.hpp"
#include "harness/scenario/steps/backward.hpp"
#include "harness/scenario/steps/construct.hpp"
#include "harness/scenario/steps/copies.hpp"
#include "harness/scenario/steps/fill.hpp"
#include "harness/scenario/steps/forward.hpp"
#include "harness/scenario/steps/methods.hpp"
#include "harness/scenario/steps/modules.hpp"
#include "harness/scenario/steps/onnx_export.hpp"
#include "harness/scenario/steps/tensor.hpp"
#include "harness/scenario/steps/torchscript.hpp"
#include "harness/scenario/steps/train.hpp"

namespace normdiff {

template <class T>
using Bare = std::remove_cv_t<std::remove_reference_t<T>>;

/// Visits the fields of whatever step it is.
template <class Io, class S>
void visit_fields(Io& io, S& step) {
  std::visit([&](auto& s) { StepType<Bare<decltype(s)>>::fields(io, s); }, step);
}

template <class T>
struct TypeTag {
  using type = T;
};

/// Calls f(TypeTag<T>{}) for each kind of step, in the order of Step.
template <class F, std::size_t... kinds>
void for_each_step_type(F&& f, std::index_sequence<kinds...>) {
  (f(TypeTag<std::variant_alternative_t<kinds, Step>>{}), ...);
}
template <class F>
void for_each_step_type(F&& f) {
  for_each_step_type(f, std::make_index_sequence<static_cast<std::size_t>(step_kind_count)>{});
}

}  // namespace normdiff
