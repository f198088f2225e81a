#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "harness/report/report.hpp"

namespace normdiff {
namespace {

constexpr double compared_floor = 0.95;
constexpr double near_floor = 0.10;
constexpr std::uint64_t fewest_inexact = 500;
constexpr std::uint64_t fewest_in_corpus = 20;
constexpr double least_chance = 1e-6;
constexpr double float_floor = 0.80;
constexpr double float_floor_in_modes = 0.95;
constexpr std::array float_classes = {ObservationClass::statistic, ObservationClass::parameter,
                                      ObservationClass::output, ObservationClass::gradient};

/// The largest chance with which a share of so many scenarios is `share` or less, where it is
/// `floor` or more on the average: Chernoff's bound, exp(-n KL(share || floor)). It holds for
/// scenarios of any kind that are independent: with observations w_i of which w_i x_i are good, w_i
/// at most w, the logarithm of E exp(t w_i x_i / w) is at most w_i / w times that of E exp(t x) of
/// a yes or no of the same mean, as the latter is convex in t and 0 at 0. The sum of w_i / w is n.
double chance_of(double share, double floor, double scenarios) {
  const auto term = [](double p, double q) { return p == 0 ? 0 : p * std::log(p / q); };
  if (share >= floor) return 1;
  return std::exp(-scenarios * (term(share, floor) + term(1 - share, 1 - floor)));
}

double share(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Floor::State Floor::state() const {
  if (scenarios == 0) return share >= floor ? State::passed : State::missed;
  if (chance_of(0, floor, scenarios) > least_chance) return State::too_few;
  if (share >= floor) return State::passed;
  return chance_of(share, floor, scenarios) < least_chance ? State::missed : State::too_few;
}

std::string Floor::text() const {
  if (!remedy.empty()) return fmt::format("{}: no {}; {}", subject, what, remedy);
  return fmt::format("{}: {:.2f} % of {}, the floor is {:.0f} %", subject,
                     std::floor(share * 1e4) / 100, what, 100 * floor);
}

namespace {

/// The scenarios that have all observations of a class between them, if each had the most.
double scenarios_of(const Tally& tally, ObservationClass observed) {
  return share(tally.total(observed), std::max<std::uint64_t>(1, tally.most_in_one[observed]));
}

void compared_floors(const std::string& subject, const Tally& tally, std::vector<Floor>& floors) {
  for (const ObservationClass observed : all_of<ObservationClass>) {
    const std::uint64_t all = tally.total(observed);
    if (all == 0) continue;
    floors.push_back({subject, fmt::format("{} observations compared", to_string(observed)),
                      share(tally.compared(observed), all), compared_floor,
                      scenarios_of(tally, observed)});
  }
}

/// The files of a corpus are no sample: what they show does not hang on chance.
void corpus_floors(const std::string& subject, const Tally& tally, std::vector<Floor>& floors) {
  for (const ObservationClass observed : all_of<ObservationClass>) {
    const std::uint64_t all = tally.total(observed);
    if (all < fewest_in_corpus) continue;
    floors.push_back({subject,
                      fmt::format("{} observations compared (corpus)", to_string(observed)),
                      share(tally.compared(observed), all), compared_floor});
  }
}

void sharp_floors(const std::string& subject, const ReportProfile& profile,
                  std::vector<Floor>& floors) {
  for (const ObservationClass observed : float_classes) {
    const std::uint64_t all = profile.tally.total(observed);
    if (all == 0) continue;
    const std::uint64_t sharp = profile.tally.in_group(observed, VerdictGroup::sharp);
    floors.push_back({subject,
                      fmt::format("{} observations equal or within their bound ({})",
                                  to_string(observed), profile.profile),
                      share(sharp, all),
                      profile.profile == "modes" ? float_floor_in_modes : float_floor,
                      scenarios_of(profile.tally, observed)});
  }
}

/// The largest error must come near its bound, or the bound could be wider by that factor and
/// nobody would notice. Where LibTorch's kernels compute: their bounds are derived for them, those
/// of stable ones for the worst of all.
void near_floors(const std::string& subject, const Tally& tally, std::vector<Floor>& floors) {
  for (const ObservationClass observed : float_classes)
    for (const DType dtype : all_of<DType>)
      for (const Layout layout : all_of<Layout>) {
        const RatioHistogram& histogram = tally.ratios[observed][dtype][layout];
        if (histogram.inexact() < fewest_inexact) continue;
        floors.push_back({subject,
                          fmt::format("the bound: the largest error of any {} ({}, {})",
                                      to_string(observed), to_string(dtype), to_string(layout)),
                          histogram.largest, near_floor});
      }
}

}  // namespace

std::vector<Floor> floors_of(const std::vector<ReportSubject>& subjects) {
  std::vector<Floor> floors;
  for (const ReportSubject& subject : subjects) {
    const std::string id = subject.manifest.id();
    // A subject that can't be used is a failure already.
    for (const ReportProfile& profile : subject.profiles)
      if (subject.unusable.empty() && profile.tally.scenarios == 0)
        floors.push_back({id, fmt::format("scenarios of the profile {}", profile.profile), 0, 1, 0,
                          "give more --time or --scenarios"});
    compared_floors(id, subject.total(), floors);
    corpus_floors(id, subject.corpus_tally, floors);
    for (const ReportProfile& profile : subject.profiles) sharp_floors(id, profile, floors);
    if (subject.manifest.kernels == reference::Kernels::libtorch_cpu)
      near_floors(id, subject.total(), floors);
  }
  return floors;
}

}  // namespace normdiff
