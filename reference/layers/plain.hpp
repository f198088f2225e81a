#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"

namespace normdiff::reference {

/// A layer that holds no tensors and multiplies nothing, to be derived from. It has no arguments
/// unless it says so.
struct PlainLayer {
  static constexpr auto arguments = std::make_tuple();
  static constexpr std::array<TensorSlot, 0> slots = {};
  static constexpr std::array<std::string_view, 0> attributes = {};

  template <class Visit>
  void tensors(Visit&&) const {}
  [[nodiscard]] Products products(const Shape&, const Shape&) const { return {}; }
  [[nodiscard]] bool keeps(TensorSlot, const SavedCall&) const { return false; }
};

}  // namespace normdiff::reference
