#include "harness/triage/claims.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/text/glob.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {

Claims::Claims(const Deviation& deviation) {
  for (std::size_t c = 0; c < claimed_.size(); ++c)
    for (std::size_t s = 0; s < claimed_[c].size(); ++s) {
      const auto observed = static_cast<ObservationClass>(c);
      const std::string place = fmt::format(
          "{}:{}", to_string(observed),
          observed == ObservationClass::error ? "outcome" : to_string(static_cast<Slot>(s)));
      claimed_[c][s] =
          std::any_of(deviation.observations.begin(), deviation.observations.end(),
                      [&place](const std::string& glob) { return glob_matches(glob, place); });
    }
}

}  // namespace normdiff
