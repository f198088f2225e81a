#pragma once

#include <array>
#include <bitset>

#include "harness/trace/observation_class.hpp"

namespace normdiff {

struct Deviation;

/// Which observations a deviation is about: its globs, as a table.
class Claims {
 public:
  explicit Claims(const Deviation& deviation);
  /// Whether the deviation says anything of this observation.
  [[nodiscard]] bool cover(ObservationClass observed, Slot slot) const {
    return claimed_[static_cast<std::size_t>(observed)][static_cast<std::size_t>(slot)];
  }

 private:
  std::array<std::bitset<slot_count>, observation_class_count> claimed_;
};

}  // namespace normdiff
