#include <fmt/format.h>

#include <array>
#include <cmath>

#include "harness/report/report.hpp"

namespace normdiff {
namespace {

constexpr double compared_floor = 0.95;
constexpr std::uint64_t fewest_observations = 20;
constexpr double float_floor = 0.80;
constexpr double float_floor_in_modes = 0.95;
constexpr std::array float_classes = {ObservationClass::statistic, ObservationClass::parameter,
                                      ObservationClass::output, ObservationClass::gradient};

std::uint64_t count(const Tally& tally, ObservationClass observed, Verdict verdict) {
  return tally.verdicts[static_cast<std::size_t>(observed)][static_cast<std::size_t>(verdict)];
}

double share(std::uint64_t part, std::uint64_t whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::string Floor::text() const {
  return fmt::format("{}: {:.2f} % of {}, the floor is {:.0f} %", subject,
                     std::floor(share * 1e4) / 100, what, 100 * floor);
}

std::vector<Floor> floors_of(const std::vector<ReportSubject>& subjects) {
  std::vector<Floor> floors;
  for (const ReportSubject& subject : subjects) {
    const Tally total = subject.total();
    for (int c = 0; c < observation_class_count; ++c) {
      const auto observed = static_cast<ObservationClass>(c);
      if (total.total(observed) < fewest_observations) continue;
      floors.push_back({subject.manifest.id(),
                        fmt::format("{} observations compared", to_string(observed)),
                        share(total.compared(observed), total.total(observed)), compared_floor});
    }
    for (const ReportProfile& profile : subject.profiles) {
      std::uint64_t sharp = 0;
      std::uint64_t all = 0;
      for (const ObservationClass observed : float_classes) {
        all += profile.tally.total(observed);
        sharp += count(profile.tally, observed, Verdict::equal) +
                 count(profile.tally, observed, Verdict::within_bound);
      }
      if (all < fewest_observations) continue;
      floors.push_back({subject.manifest.id(),
                        fmt::format("floating-point observations equal or within their bound ({})",
                                    profile.profile),
                        share(sharp, all),
                        profile.profile == "modes" ? float_floor_in_modes : float_floor});
    }
  }
  return floors;
}

}  // namespace normdiff
