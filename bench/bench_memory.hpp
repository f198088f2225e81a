#pragma once

#include <cstdint>

namespace normdiff {

/// Memory that a process of its own holds in the middle and at the end of a run, in MiB of resident
/// set; 0 where it can't be told (no Linux).
struct Resident {
  double middle = 0;
  double end = 0;
};

/// Runs scenarios of the campaign's profiles in a child of this process, which must not have used
/// LibTorch yet. `checked`: generated, run, observed and checked, as a host does it; else the same
/// steps on LibTorch alone.
[[nodiscard]] Resident measure_memory(std::uint64_t scenarios, bool checked);

}  // namespace normdiff
