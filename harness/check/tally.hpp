#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <numeric>
#include <string>
#include <string_view>

#include "harness/check/verdict.hpp"
#include "harness/trace/observation_class.hpp"

namespace normdiff {

/// How often each of a few things happened.
using Counts = std::map<std::string, std::uint64_t, std::less<>>;
/// One more. On the hot path: what is known already is found without making a string.
inline void count(Counts& counts, std::string_view what) {
  const auto known = counts.find(what);
  ++(known == counts.end() ? counts.emplace(what, 0).first : known)->second;
}

/// Tensors of one class, dtype and layout by their largest error / bound, in tenths: bucket 9 is
/// [0.9, 1]. Exact agreement is counted in `exact`.
struct RatioHistogram {
  std::uint64_t exact = 0;
  std::array<std::uint64_t, 10> buckets{};
  double largest = 0;

  /// Tensors that differ from their exact value.
  [[nodiscard]] std::uint64_t inexact() const {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
  }
};

/// Counts of what was compared and what was not, and why. Sums: tallies of two shards add up in any
/// order to the tally of both.
struct Tally {
  std::uint64_t scenarios = 0;
  std::uint64_t steps = 0;
  EnumArray<ObservationClass, EnumArray<Verdict, std::uint64_t>> verdicts;
  /// The most observations that one scenario had. They are not independent, as scenarios are.
  EnumArray<ObservationClass, std::uint64_t> most_in_one;
  std::array<EnumArray<Outcome, std::uint64_t>, step_kind_count> outcomes{};  ///< by step kind
  EnumArray<ObservationClass, EnumArray<DType, EnumArray<Layout, RatioHistogram>>> ratios;
  Counts not_compared;      ///< reason -> observations or steps
  Counts free;              ///< why anything is right there -> observations, not in `verdicts`
  Counts deviations;        ///< deviation id -> hits
  Counts known_elsewhere;   ///< deviation id -> hits on a version that it was never measured on
  Counts signatures;        ///< of new discrepancies -> hits
  Counts branches_reached;  ///< branch of the reference -> times reached

  void add_verdict(ObservationClass observed, Verdict verdict) { ++verdicts[observed][verdict]; }
  /// A tensor judged by a bound; `ratio`: the largest error / bound.
  void add_ratio(ObservationClass observed, DType dtype, Layout layout, Verdict verdict,
                 double ratio);
  void operator+=(const Tally& other);
  /// Counts a scenario: everything of it is here, and nothing was in the totals `before`.
  void end_scenario(const EnumArray<ObservationClass, std::uint64_t>& before);

  /// Observations of a class, and those that were compared.
  [[nodiscard]] std::uint64_t total(ObservationClass observed) const;
  [[nodiscard]] EnumArray<ObservationClass, std::uint64_t> totals() const;
  [[nodiscard]] std::uint64_t compared(ObservationClass observed) const;
  /// Observations of every class with this verdict.
  [[nodiscard]] std::uint64_t with(Verdict verdict) const;
  [[nodiscard]] std::uint64_t in_group(ObservationClass observed, VerdictGroup group) const;
};

[[nodiscard]] nlohmann::json to_json(const Tally& tally);
/// Throws nlohmann::json::exception on anything that isn't a tally.
[[nodiscard]] Tally tally_from_json(const nlohmann::json& json);

}  // namespace normdiff
