#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

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
inline constexpr std::array<std::string_view, 5> tensor_slot_names = {
    "weight", "bias", "running_mean", "running_var", "num_batches_tracked"};
inline constexpr std::size_t tensor_slot_count = tensor_slot_names.size();
inline constexpr std::array<TensorSlot, 2> parameter_slots = {TensorSlot::weight, TensorSlot::bias};
inline constexpr std::size_t parameter_slot_count = parameter_slots.size();

[[nodiscard]] constexpr std::size_t index_of(TensorSlot slot) {
  return static_cast<std::size_t>(slot);
}
/// Whether training changes the tensor by its gradient; the others are buffers.
[[nodiscard]] constexpr bool is_parameter(TensorSlot slot) {
  return index_of(slot) < parameter_slot_count;
}
/// The dtype of a fresh one.
[[nodiscard]] constexpr DType fresh_dtype(TensorSlot slot) {
  return slot == TensorSlot::num_batches_tracked ? DType::int64 : DType::float32;
}
[[nodiscard]] constexpr std::string_view to_string(TensorSlot slot) {
  return tensor_slot_names[index_of(slot)];
}

/// What a module holds, by TensorSlot; and the gradients of its parameters.
using SlotTensors = std::array<std::optional<Tensor>, tensor_slot_count>;
using SlotGradients = std::array<std::optional<Tensor>, parameter_slot_count>;

}  // namespace normdiff::reference
