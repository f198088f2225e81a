#pragma once

#include <cstdint>

#include "harness/language/profile.hpp"
#include "harness/language/scenario.hpp"

namespace normdiff {

/// The scenario number `index` of the campaign `seed`. Always valid; the same on every machine.
/// Only applicable steps are drawn, a small share of them wrong on purpose (bad
/// rank, one value per channel, a second backward, ...). `out` is overwritten, its memory reused.
void generate(Profile profile, std::uint64_t seed, std::uint64_t index, Scenario& out);

}  // namespace normdiff
