#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "harness/generate/seed_range.hpp"

namespace normdiff {

/// Hands out parts of a campaign's lanes (one profile on one subject). First each lane gets one,
/// then each subject its share of the time, every profile of a subject the same; in a lane the
/// lowest numbers come first.
class Schedule {
 public:
  struct Lane {
    std::size_t subject = 0;
    std::size_t profile = 0;  ///< index in the subject's list
    SeedRange left;           ///< what nobody has been given yet
  };
  struct Part {
    std::size_t lane = 0;
    SeedRange range;
  };

  /// `shares`: of each subject, in proportion to the others'.
  Schedule(const std::vector<Lane>& lanes, std::vector<double> shares, double chunk_seconds);

  /// The next part; nullopt: nothing is left to hand out. `only_first`: time is over, and a lane
  /// that has had nothing still gets its first part.
  [[nodiscard]] std::optional<Part> next(bool only_first = false);
  /// `done` scenarios of a part took this long; the others are handed out again.
  void finished(const Part& part, std::uint64_t done, double seconds);
  /// Nothing more of this subject, nor of what is under way and comes back.
  void drop_subject(std::size_t subject);
  [[nodiscard]] const Lane& lane(std::size_t index) const { return lanes_[index].lane; }

 private:
  struct State {
    Lane lane;
    std::deque<SeedRange> returned;
    double seconds = 0;
    double rate = 0;  ///< scenarios a second, as last measured
    int out = 0;      ///< parts under way
    bool dropped = false;
    bool begun = false;  ///< it has had a part
  };
  std::mutex mutex_;
  std::vector<State> lanes_;
  std::vector<double> shares_;
  std::vector<double> subject_seconds_;
  double chunk_seconds_;
};

}  // namespace normdiff
