#pragma once

#include "reference/layers/plain.hpp"

namespace normdiff::reference {

/// https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html. Its children belong to
/// the module.
struct Sequential : PlainLayer {
  static constexpr std::string_view name = "Sequential";
  static constexpr LayerTraits traits = {.is_container = true};
};

}  // namespace normdiff::reference
