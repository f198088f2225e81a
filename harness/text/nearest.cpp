#include "harness/text/nearest.hpp"

#include <algorithm>

namespace normdiff {
namespace {

constexpr std::size_t longest_word = 64;  ///< of longer ones only the beginning is compared

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::size_t typing_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, longest_word);
  b = b.substr(0, longest_word);
  // Rows of the table of distances between beginnings: the last but one, the last, and this one.
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::swap(before, last);
    std::swap(last, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = small(a[i - 1]) == small(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && small(a[i - 1]) == small(b[j - 2]) &&
          small(a[i - 2]) == small(b[j - 1]))
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view found;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view candidate : candidates) {
    // A word of few letters is near everything short: less than half of it may differ.
    const std::size_t distance = typing_distance(word, candidate);
    if (distance >= least || 2 * distance >= candidate.size() + 1) continue;
    least = distance;
    found = candidate;
  }
  return found;
}

void sort_by_nearness(std::string_view word, std::vector<std::string_view>& candidates) {
  std::stable_sort(candidates.begin(), candidates.end(),
                   [word](std::string_view a, std::string_view b) {
                     return typing_distance(word, a) < typing_distance(word, b);
                   });
}

}  // namespace normdiff
