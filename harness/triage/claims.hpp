#pragma once

#include "harness/trace/observation_class.hpp"

namespace normdiff {

struct Deviation;

/// Which observations a deviation is about: its globs, as a table.
class Claims {
 public:
  /// None.
  Claims() = default;
  explicit Claims(const Deviation& deviation);
  /// The deviation says something of this observation.
  [[nodiscard]] bool cover(ObservationClass observed, Slot slot) const {
    return claimed_[observed][slot];
  }
  /// Claims what the other one claims, too.
  void add(const Claims& other);

 private:
  EnumArray<ObservationClass, EnumArray<Slot, bool>> claimed_{};
};

}  // namespace normdiff
