#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "harness/language/backward.hpp"
#include "harness/language/construct.hpp"
#include "harness/language/deepcopy.hpp"
#include "harness/language/fill.hpp"
#include "harness/language/forward.hpp"
#include "harness/language/load_state_dict.hpp"
#include "harness/language/replace.hpp"
#include "harness/language/requires_grad.hpp"
#include "harness/language/reset_running_stats.hpp"
#include "harness/language/set_attribute.hpp"
#include "harness/language/tensor.hpp"
#include "harness/language/to.hpp"
#include "harness/language/torch_jit_save_load.hpp"
#include "harness/language/torch_jit_script.hpp"
#include "harness/language/torch_jit_trace.hpp"
#include "harness/language/torch_onnx_export.hpp"
#include "harness/language/train.hpp"
#include "harness/language/zero_grad.hpp"

namespace normdiff {

/// The kinds of steps. Their order is that of tables in reports and of what the generator draws
/// from: a new one stands last.
using Step = std::variant<Construct, MakeTensor, Train, SetTraining, SetMomentum, SetEps,
                          SetTrackRunningStats, Fill, ResetRunningStats, CastTo, ZeroGrad, Forward,
                          Backward, DeepCopy, LoadStateDict, JitTrace, JitScript, JitSaveLoad,
                          OnnxExport, RequiresGrad, Replace>;
inline constexpr int step_kind_count = static_cast<int>(std::variant_size_v<Step>);

/// "construct", "forward", "torch.onnx.export": what reports, deviations and the support table
/// call a kind of step. `kind` is Step::index().
[[nodiscard]] std::string_view step_kind_name(std::size_t kind);
[[nodiscard]] std::optional<std::size_t> step_kind_from(std::string_view name);

template <class T>
using Bare = std::remove_cv_t<std::remove_reference_t<T>>;

/// Visits the fields of whatever step it is.
template <class Io, class S>
void visit_fields(Io& io, S& step) {
  std::visit([&](auto& s) { visit_fields_of(io, s); }, step);
}

template <class T>
struct TypeTag {
  using type = T;
};

/// Calls f(TypeTag<T>{}) for each kind of step, in the order of Step.
template <class F, std::size_t... kinds>
constexpr void for_each_step_type(F&& f, std::index_sequence<kinds...>) {
  (f(TypeTag<std::variant_alternative_t<kinds, Step>>{}), ...);
}
template <class F>
constexpr void for_each_step_type(F&& f) {
  for_each_step_type(f, std::make_index_sequence<std::variant_size_v<Step>>{});
}

}  // namespace normdiff
