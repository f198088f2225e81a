#pragma once

#include <cstdint>

#include "harness/language/profile.hpp"

namespace normdiff {

/// A part of a campaign: scenarios [first, first + count) of a seed.
struct SeedRange {
  Profile profile = Profile::modes;
  std::uint64_t seed = 0;
  std::uint64_t first = 0;
  std::uint64_t count = 0;
};

}  // namespace normdiff
