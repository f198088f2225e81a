#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace normdiff {

/// The number of letters that are to be put in, left out, replaced, or swapped with their
/// neighbour, to make one word of the other; capitals count as small letters.
[[nodiscard]] std::size_t typing_distance(std::string_view a, std::string_view b);

/// The candidate that was probably meant; empty: none is near. The first of those equally near.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

/// The nearest first.
void sort_by_nearness(std::string_view word, std::vector<std::string_view>& candidates);

}  // namespace normdiff
