#include "harness/campaign/schedule.hpp"

#include <algorithm>
#include <tuple>

namespace normdiff {
namespace {

constexpr std::uint64_t first_chunk = 64;
constexpr double shortest_measured = 1e-4;

}  // namespace

Schedule::Schedule(const std::vector<Lane>& lanes, std::vector<double> shares, double chunk_seconds)
    : shares_(std::move(shares)),
      subject_seconds_(shares_.size(), 0),
      chunk_seconds_(chunk_seconds) {
  for (const Lane& lane : lanes) lanes_.push_back({.lane = lane, .returned = {}});
}

std::optional<Schedule::Part> Schedule::next(bool only_first) {
  const std::lock_guard lock(mutex_);
  State* best = nullptr;
  const auto chunk = [&](const State& state) {
    return chunk_seconds_ * std::min(shares_[state.lane.subject], 1.0);
  };
  // Time that is under way counts as a chunk, so that threads spread over the lanes.
  const auto cost = [&](const State& state) {
    double of_subject = subject_seconds_[state.lane.subject];
    for (const State& other : lanes_)
      if (other.lane.subject == state.lane.subject) of_subject += other.out * chunk(other);
    return std::tuple(state.begun, of_subject / shares_[state.lane.subject],
                      state.seconds + state.out * chunk(state));
  };
  for (State& state : lanes_) {
    if (state.returned.empty() && state.lane.left.count == 0) continue;
    if (only_first && state.begun) continue;
    if (!best || cost(state) < cost(*best)) best = &state;
  }
  if (!best) return std::nullopt;
  SeedRange& source = best->returned.empty() ? best->lane.left : best->returned.front();
  const std::uint64_t wanted =
      best->rate > 0 ? static_cast<std::uint64_t>(std::clamp(best->rate * chunk(*best), 1.0, 1e7))
                     : first_chunk;
  Part part{static_cast<std::size_t>(best - lanes_.data()), source};
  part.range.count = std::min(source.count, wanted);
  source.first += part.range.count;
  source.count -= part.range.count;
  if (!best->returned.empty() && best->returned.front().count == 0) best->returned.pop_front();
  ++best->out;
  best->begun = true;
  return part;
}

void Schedule::finished(const Part& part, std::uint64_t done, double seconds) {
  const std::lock_guard lock(mutex_);
  State& state = lanes_[part.lane];
  --state.out;
  state.seconds += seconds;
  subject_seconds_[state.lane.subject] += seconds;
  if (done > 0) state.rate = static_cast<double>(done) / std::max(seconds, shortest_measured);
  if (done < part.range.count && !state.dropped) {
    SeedRange rest = part.range;
    rest.first += done;
    rest.count -= done;
    const auto after =
        std::find_if(state.returned.begin(), state.returned.end(),
                     [&](const SeedRange& other) { return other.first > rest.first; });
    state.returned.insert(after, rest);
  }
}

void Schedule::drop_subject(std::size_t subject) {
  const std::lock_guard lock(mutex_);
  for (State& state : lanes_) {
    if (state.lane.subject != subject) continue;
    state.dropped = true;
    state.lane.left.count = 0;
    state.returned.clear();
  }
}

}  // namespace normdiff
