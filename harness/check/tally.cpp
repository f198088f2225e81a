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

void add(std::uint64_t& to, std::uint64_t from) {
  to += from;
}
void add(RatioHistogram& to, const RatioHistogram& from) {
  to.exact += from.exact;
  for (std::size_t b = 0; b < to.buckets.size(); ++b) to.buckets[b] += from.buckets[b];
  to.largest = std::max(to.largest, from.largest);
}
template <class Rows>
void add(Rows& to, const Rows& from) {
  auto row = from.begin();
  for (auto& sum : to) add(sum, *row++);
}

json table_json(std::uint64_t n) {
  return n;
}
json table_json(const RatioHistogram& h) {
  return {{"exact", h.exact}, {"buckets", h.buckets}, {"largest", h.largest}};
}
template <class Rows>
json table_json(const Rows& rows) {
  json out = json::array();
  for (const auto& row : rows) out.push_back(table_json(row));
  return out;
}

void read_table(const json& j, std::uint64_t& n) {
  j.get_to(n);
}
void read_table(const json& j, RatioHistogram& h) {
  j.at("exact").get_to(h.exact);
  j.at("buckets").get_to(h.buckets);
  j.at("largest").get_to(h.largest);
}
template <class Rows>
void read_table(const json& j, Rows& rows) {
  std::size_t i = 0;
  for (auto& row : rows) read_table(j.at(i++), row);
}

}  // namespace

void Tally::add_ratio(ObservationClass observed, DType dtype, Layout layout, Verdict verdict,
                      double ratio) {
  RatioHistogram& histogram = ratios[observed][dtype][layout];
  if (verdict == Verdict::equal) {
    ++histogram.exact;
  } else if (verdict == Verdict::within_bound || verdict == Verdict::loose) {
    ++histogram
          .buckets[std::min<std::size_t>(9, static_cast<std::size_t>(std::max(0.0, ratio) * 10))];
    histogram.largest = std::max(histogram.largest, ratio);
  }
}

EnumArray<ObservationClass, std::uint64_t> Tally::totals() const {
  EnumArray<ObservationClass, std::uint64_t> all{};
  for (const ObservationClass observed : all_of<ObservationClass>) all[observed] = total(observed);
  return all;
}

void Tally::end_scenario(const EnumArray<ObservationClass, std::uint64_t>& before) {
  ++scenarios;
  for (const ObservationClass observed : all_of<ObservationClass>)
    most_in_one[observed] = std::max(most_in_one[observed], total(observed) - before[observed]);
}

void Tally::operator+=(const Tally& other) {
  scenarios += other.scenarios;
  steps += other.steps;
  add(verdicts, other.verdicts);
  for (const ObservationClass observed : all_of<ObservationClass>)
    most_in_one[observed] = std::max(most_in_one[observed], other.most_in_one[observed]);
  add(outcomes, other.outcomes);
  add(ratios, other.ratios);
  add(not_compared, other.not_compared);
  add(free, other.free);
  add(deviations, other.deviations);
  add(known_elsewhere, other.known_elsewhere);
  add(signatures, other.signatures);
  add(branches_reached, other.branches_reached);
}

std::uint64_t Tally::total(ObservationClass observed) const {
  std::uint64_t sum = 0;
  for (std::uint64_t n : verdicts[observed]) sum += n;
  return sum;
}

std::uint64_t Tally::compared(ObservationClass observed) const {
  std::uint64_t sum = 0;
  for (const Verdict verdict : all_of<Verdict>)
    if (is_compared(verdict)) sum += verdicts[observed][verdict];
  return sum;
}

std::uint64_t Tally::with(Verdict verdict) const {
  std::uint64_t sum = 0;
  for (const ObservationClass observed : all_of<ObservationClass>)
    sum += verdicts[observed][verdict];
  return sum;
}

std::uint64_t Tally::in_group(ObservationClass observed, VerdictGroup group) const {
  std::uint64_t sum = 0;
  for (const Verdict verdict : all_of<Verdict>)
    if (group_of(verdict) == group) sum += verdicts[observed][verdict];
  return sum;
}

json to_json(const Tally& tally) {
  return {{"scenarios", tally.scenarios},
          {"steps", tally.steps},
          {"verdicts", table_json(tally.verdicts)},
          {"most_in_one", table_json(tally.most_in_one)},
          {"outcomes", table_json(tally.outcomes)},
          {"ratios", table_json(tally.ratios)},
          {"not_compared", tally.not_compared},
          {"deviations", tally.deviations},
          {"signatures", tally.signatures},
          {"cells", tally.branches_reached},
          {"known_elsewhere", tally.known_elsewhere},
          {"free", tally.free}};
}

Tally tally_from_json(const json& j) {
  Tally tally;
  tally.scenarios = j.at("scenarios").get<std::uint64_t>();
  tally.steps = j.at("steps").get<std::uint64_t>();
  read_table(j.at("verdicts"), tally.verdicts);
  read_table(j.at("most_in_one"), tally.most_in_one);
  read_table(j.at("outcomes"), tally.outcomes);
  read_table(j.at("ratios"), tally.ratios);
  tally.not_compared = j.at("not_compared").get<Counts>();
  tally.free = j.at("free").get<Counts>();
  tally.deviations = j.at("deviations").get<Counts>();
  tally.known_elsewhere = j.at("known_elsewhere").get<Counts>();
  tally.signatures = j.at("signatures").get<Counts>();
  tally.branches_reached = j.at("cells").get<Counts>();
  return tally;
}

}  // namespace normdiff
