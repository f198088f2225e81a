#include "harness/check/tally.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

namespace normdiff {
namespace {

using nlohmann::json;

void add(Counts& to, const Counts& from) {
  for (const auto& [key, count] : from) to[key] += count;
}

template <std::size_t Rows, std::size_t Columns>
void add(std::array<std::array<std::uint64_t, Columns>, Rows>& to,
         const std::array<std::array<std::uint64_t, Columns>, Rows>& from) {
  for (std::size_t i = 0; i < Rows; ++i)
    for (std::size_t j = 0; j < Columns; ++j) to[i][j] += from[i][j];
}

json to_json(const RatioHistogram& h) {
  return {{"exact", h.exact}, {"buckets", h.buckets}, {"largest", h.largest}};
}

RatioHistogram histogram_from_json(const json& j) {
  RatioHistogram h;
  h.exact = j.at("exact").get<std::uint64_t>();
  h.buckets = j.at("buckets").get<std::array<std::uint64_t, 10>>();
  h.largest = j.at("largest").get<double>();
  return h;
}

}  // namespace

void Tally::add_ratio(DType dtype, Layout layout, Verdict verdict, double ratio) {
  RatioHistogram& histogram =
      ratios[dtype == DType::float64 ? 1 : 0][static_cast<std::size_t>(layout)];
  if (verdict == Verdict::equal) {
    ++histogram.exact;
  } else if (verdict == Verdict::within_bound || verdict == Verdict::loose) {
    ++histogram
          .buckets[std::min<std::size_t>(9, static_cast<std::size_t>(std::max(0.0, ratio) * 10))];
    histogram.largest = std::max(histogram.largest, ratio);
  }
}

void Tally::operator+=(const Tally& other) {
  scenarios += other.scenarios;
  steps += other.steps;
  add(verdicts, other.verdicts);
  add(outcomes, other.outcomes);
  for (std::size_t d = 0; d < ratios.size(); ++d)
    for (std::size_t l = 0; l < ratios[d].size(); ++l) {
      RatioHistogram& to = ratios[d][l];
      const RatioHistogram& from = other.ratios[d][l];
      to.exact += from.exact;
      for (std::size_t b = 0; b < to.buckets.size(); ++b) to.buckets[b] += from.buckets[b];
      to.largest = std::max(to.largest, from.largest);
    }
  add(not_compared, other.not_compared);
  add(deviations, other.deviations);
  add(signatures, other.signatures);
  add(branches_reached, other.branches_reached);
}

std::uint64_t Tally::total(ObservationClass observed) const {
  std::uint64_t sum = 0;
  for (std::uint64_t n : verdicts[static_cast<std::size_t>(observed)]) sum += n;
  return sum;
}

std::uint64_t Tally::compared(ObservationClass observed) const {
  std::uint64_t sum = 0;
  for (std::size_t v = 0; v < verdict_count; ++v)
    if (is_compared(static_cast<Verdict>(v)))
      sum += verdicts[static_cast<std::size_t>(observed)][v];
  return sum;
}

json to_json(const Tally& tally) {
  json ratios = json::array();
  for (const auto& by_layout : tally.ratios) {
    json row = json::array();
    for (const RatioHistogram& h : by_layout) row.push_back(to_json(h));
    ratios.push_back(row);
  }
  return {{"scenarios", tally.scenarios},
          {"steps", tally.steps},
          {"verdicts", tally.verdicts},
          {"outcomes", tally.outcomes},
          {"ratios", ratios},
          {"not_compared", tally.not_compared},
          {"deviations", tally.deviations},
          {"signatures", tally.signatures},
          {"cells", tally.branches_reached}};
}

Tally tally_from_json(const json& j) {
  Tally tally;
  tally.scenarios = j.at("scenarios").get<std::uint64_t>();
  tally.steps = j.at("steps").get<std::uint64_t>();
  tally.verdicts = j.at("verdicts").get<decltype(tally.verdicts)>();
  tally.outcomes = j.at("outcomes").get<decltype(tally.outcomes)>();
  for (std::size_t d = 0; d < tally.ratios.size(); ++d)
    for (std::size_t l = 0; l < tally.ratios[d].size(); ++l)
      tally.ratios[d][l] = histogram_from_json(j.at("ratios").at(d).at(l));
  tally.not_compared = j.at("not_compared").get<Counts>();
  tally.deviations = j.at("deviations").get<Counts>();
  tally.signatures = j.at("signatures").get<Counts>();
  tally.branches_reached = j.at("cells").get<Counts>();
  return tally;
}

}  // namespace normdiff
