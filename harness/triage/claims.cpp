#include "harness/triage/claims.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/text/glob.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {

Claims::Claims(const Deviation& deviation) {
  for (const ObservationClass observed : all_of<ObservationClass>)
    for (const Slot slot : all_of<Slot>) {
      const std::string place =
          fmt::format("{}:{}", to_string(observed),
                      observed == ObservationClass::error ? "outcome" : to_string(slot));
      claimed_[observed][slot] =
          std::any_of(deviation.observations.begin(), deviation.observations.end(),
                      [&place](const std::string& glob) { return glob_matches(glob, place); });
    }
}

void Claims::add(const Claims& other) {
  for (const ObservationClass observed : all_of<ObservationClass>)
    for (const Slot slot : all_of<Slot>)
      claimed_[observed][slot] = claimed_[observed][slot] || other.claimed_[observed][slot];
}

}  // namespace normdiff
