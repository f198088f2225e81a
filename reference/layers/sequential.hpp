#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "reference/layers/call.hpp"
#include "reference/layers/traits.hpp"

namespace normdiff::reference {

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html. Its children belong to
/// the module.
struct Sequential {
  static constexpr std::string_view name = "Sequential";
  static constexpr LayerTraits traits = {.is_container = true};
  static constexpr auto arguments = std::make_tuple();
  static constexpr std::array<TensorSlot, 0> slots = {};
  static constexpr std::array<std::string_view, 0> attributes = {};

  template <class Visit>
  void tensors(Visit&&) const {}
};

}  // namespace normdiff::reference
