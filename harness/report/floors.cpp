#include <fmt/format.h>

#include <array>
#include <cmath>

#include "harness/report/report.hpp"

namespace normdiff {
namespace {

constexpr double compared_floor = 0.95;
constexpr double near_floor = 0.10;
constexpr std::uint64_t fewest_inexact = 500;
constexpr std::uint64_t fewest_observations = 20;
constexpr double float_floor = 0.80;
constexpr double float_floor_in_modes = 0.95;
constexpr std::array float_classes = {ObservationClass::statistic, ObservationClass::parameter,
                                      ObservationClass::output, ObservationClass::gradient};

double share(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string Floor::text() const {
  if (!remedy.empty()) return fmt::format("{}: no {}; {}", subject, what, remedy);
  return fmt::format("{}: {:.2f} % of {}, the floor is {:.0f} %", subject,
                     std::floor(share * 1e4) / 100, what, 100 * floor);
}

namespace {

void compared_floors(const std::string& subject, const Tally& tally, std::string_view where,
                     std::vector<Floor>& floors) {
  for (const ObservationClass observed : all_of<ObservationClass>) {
    const std::uint64_t all = tally.total(observed);
    if (all < fewest_observations) continue;
    floors.push_back({subject,
                      fmt::format("{} observations compared{}", to_string(observed), where),
                      share(tally.compared(observed), all),
                      compared_floor,
                      {}});
  }
}

void sharp_floors(const std::string& subject, const ReportProfile& profile,
                  std::vector<Floor>& floors) {
  for (const ObservationClass observed : float_classes) {
    const std::uint64_t all = profile.tally.total(observed);
    if (all < fewest_observations) continue;
    const std::uint64_t sharp = profile.tally.in_group(observed, VerdictGroup::sharp);
    floors.push_back({subject,
                      fmt::format("{} observations equal or within their bound ({})",
                                  to_string(observed), profile.profile),
                      share(sharp, all),
                      profile.profile == "modes" ? float_floor_in_modes : float_floor,
                      {}});
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
                          histogram.largest,
                          near_floor,
                          {}});
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
        floors.push_back({id, fmt::format("scenarios of the profile {}", profile.profile), 0, 1,
                          "give more --time or --scenarios"});
    compared_floors(id, subject.total(), "", floors);
    compared_floors(id, subject.corpus_tally, " (corpus)", floors);
    for (const ReportProfile& profile : subject.profiles) sharp_floors(id, profile, floors);
    if (subject.manifest.kernels == reference::Kernels::libtorch_cpu)
      near_floors(id, subject.total(), floors);
  }
  return floors;
}

}  // namespace normdiff
