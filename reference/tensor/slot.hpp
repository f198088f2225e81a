#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "reference/enums.hpp"
#include "reference/tensor/tensor.hpp"

namespace normdiff::reference {

/// The places in a module where a tensor can be, called as PyTorch calls them. Parameters come
/// first: only they have gradients.
enum class TensorSlot : std::uint8_t {
  weight,
  bias,
  running_mean,
  running_var,
  num_batches_tracked
};
template <>
inline constexpr Names<TensorSlot> names_of<TensorSlot> = {"weight", "bias", "running_mean",
                                                           "running_var", "num_batches_tracked"};

inline constexpr std::array parameter_slots = {TensorSlot::weight, TensorSlot::bias};
inline constexpr std::size_t parameter_slot_count = parameter_slots.size();

/// Where a parameter stands in an array of parameter_slot_count.
[[nodiscard]] constexpr std::size_t index_of(TensorSlot parameter) {
  return static_cast<std::size_t>(parameter);
}
/// Training changes a parameter by its gradient; the others are buffers.
[[nodiscard]] constexpr bool is_parameter(TensorSlot slot) {
  return index_of(slot) < parameter_slot_count;
}
/// The dtype of a fresh one.
[[nodiscard]] constexpr DType fresh_dtype(TensorSlot slot) {
  return slot == TensorSlot::num_batches_tracked ? DType::int64 : DType::float32;
}

/// A flag for each parameter.
using ParameterFlags = std::array<bool, parameter_slot_count>;
inline constexpr ParameterFlags every_parameter = [] {
  ParameterFlags flags{};
  flags.fill(true);
  return flags;
}();

/// The tensors that a module holds, by TensorSlot; and the gradients of its parameters.
using SlotTensors = EnumArray<TensorSlot, std::optional<Tensor>>;
using SlotGradients = std::array<std::optional<Tensor>, parameter_slot_count>;

}  // namespace normdiff::reference
