#include "harness/report/judged_sentence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "harness/report/tables.hpp"

namespace normdiff {

std::string most_frequent(const Counts& counts, std::size_t most_shown) {
  std::vector<std::pair<std::string, std::uint64_t>> all(counts.begin(), counts.end());
  std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (std::size_t i = 0; i < std::min(most_shown, all.size()); ++i)
    text += fmt::format("{}{}: {}", i == 0 ? "" : "; ", all[i].first, grouped(all[i].second));
  if (all.size() > most_shown) text += fmt::format("; and {} more", all.size() - most_shown);
  return text;
}

std::string weak_verdicts(const Tally& tally, std::uint64_t& weak) {
  std::string text;
  weak = 0;
  for (const Verdict verdict : all_of<Verdict>) {
    if (!says_little(verdict)) continue;
    const std::uint64_t count = tally.with(verdict);
    if (count == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(count), to_string(verdict));
    weak += count;
  }
  return text;
}

std::string judged_sentence(const Tally& tally) {
  std::uint64_t all = 0;
  std::uint64_t compared = 0;
  for (const ObservationClass observed : all_of<ObservationClass>) {
    all += tally.total(observed);
    compared += tally.compared(observed);
  }
  std::uint64_t weak = 0;
  const std::string weakly = weak_verdicts(tally, weak);
  std::string text =
      fmt::format("{} of {} observations judged sharply", grouped(compared - weak), grouped(all));
  if (compared < all) {
    text += fmt::format(", {} not at all", grouped(all - compared));
    if (!tally.not_compared.empty())
      text += fmt::format(" ({})", most_frequent(tally.not_compared, 1));
  }
  if (weak > 0) text += fmt::format(", {} weakly ({})", grouped(weak), weakly);
  std::uint64_t free = 0;
  for (const auto& [why, count] : tally.free) free += count;
  if (free > 0) text += fmt::format(", {} free", grouped(free));
  return text;
}

}  // namespace normdiff
