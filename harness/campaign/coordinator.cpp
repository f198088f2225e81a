#include "harness/campaign/coordinator.hpp"
#include "harness/profiles/generate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <string_view>
#include <thread>
#include <tuple>

#include "harness/campaign/replay.hpp"
#include "harness/campaign/schedule.hpp"
#include "harness/findings/findings.hpp"
#include "harness/host/host_link.hpp"
#include "harness/subject/support.hpp"

namespace normdiff {
namespace {

using Clock = std::chrono::steady_clock;

HostOptions host_options(const CampaignOptions& options, std::size_t subject) {
  HostOptions host;
  host.command = options.subjects[subject].command;
  host.deadline = options.deadline;
  host.deviations = options.deviations_folder;
  host.always_equal = options.always_equal;
  return host;
}

/// The time that a subject gets, against 1 for one that bugs are looked for in. That one of our own
/// conforms proves the checker, which takes few scenarios.
double share_of(const FoundSubject& subject) {
  const SubjectFamily* family = subject_family(subject.family);
  return family != nullptr && !family->is_tested ? 0.1 : 1.0;
}

/// The profile with this number gets so many of `all` scenarios, where their number is given: each
/// as many, but `dynamo`, of which one takes as long as a hundred others, a hundredth of that.
std::uint64_t part_of(std::uint64_t all, const std::vector<ProfileResult>& profiles,
                      std::size_t number) {
  constexpr std::uint64_t as_long_as = 100;
  const auto even = [](std::uint64_t whole, std::uint64_t parts, std::uint64_t part) {
    return whole / parts + (part < whole % parts ? 1 : 0);
  };
  const auto is_slow = [](const ProfileResult& one) { return one.profile == Profile::dynamo; };
  const auto slow = std::find_if(profiles.begin(), profiles.end(), is_slow);
  const std::uint64_t others = profiles.size() - 1;
  if (slow == profiles.end() || others == 0) return even(all, profiles.size(), number);
  const std::uint64_t slow_part = (all + as_long_as * others) / (as_long_as * others + 1);
  const auto place = static_cast<std::size_t>(slow - profiles.begin());
  if (number == place) return slow_part;
  return even(all - slow_part, others, number - (number > place ? 1 : 0));
}

/// The discrepancies that were tried alone, by subject, profile, number, step, signature.
using Trial = std::tuple<std::size_t, std::size_t, std::uint64_t, int, std::string>;

/// Hosts that try findings alone, by subject.
using Confirmers = std::map<std::size_t, std::unique_ptr<HostLink>>;

/// A finding on its way to be tried alone.
struct Unconfirmed {
  std::size_t subject = 0;
  std::size_t profile = 0;
  Finding finding;
};

class Campaign {
 public:
  Campaign(const CampaignOptions& options, FindingsLog& log, const CampaignListener& listener,
           const std::atomic<int>& stop)
      : options_(options), log_(log), listener_(listener), interrupt_(stop) {
    std::vector<Schedule::Lane> lanes;
    std::vector<double> shares;
    for (std::size_t s = 0; s < options.subjects.size(); ++s) {
      SubjectResult& subject = result_.subjects.emplace_back();
      subject.found = options.subjects[s];
      subject.unusable = subject.found.problem;
      shares.push_back(share_of(subject.found));
      if (!subject.unusable.empty()) continue;
      for (const Profile profile : options.profiles) {
        std::string why;
        if (runs_profile(subject.found.family, profile, why))
          subject.profiles.push_back({profile, {}});
        else
          subject.not_run.push_back(fmt::format("{}: {}", to_string(profile), why));
      }
      for (std::size_t p = 0; p < subject.profiles.size(); ++p)
        lanes.push_back({s, p, range_of(subject, p)});
    }
    schedule_.emplace(lanes, std::move(shares), options.chunk_seconds);
  }

  CampaignResult run() {
    begun_ = Clock::now();
    if (options_.time) end_ = begun_ + *options_.time;
    std::vector<std::thread> threads;
    working_ = std::max(1, options_.jobs);
    for (int j = working_; j > 0; --j) threads.emplace_back([this] { work(); });
    threads.emplace_back([this] { confirm_all(); });
    {
      std::unique_lock lock(mutex_);
      while (!settled_) {
        changed_.wait_for(lock, std::chrono::milliseconds(200));
        if (listener_.progress) listener_.progress(progress());
      }
    }
    for (std::thread& thread : threads) thread.join();
    result_.interrupted_by = interrupt_;
    return std::move(result_);
  }

 private:
  SeedRange range_of(const SubjectResult& subject, std::size_t profile) const {
    SeedRange range{subject.profiles[profile].profile, options_.seed, 0,
                    std::numeric_limits<std::uint64_t>::max() / 2};
    if (options_.scenarios) range.count = part_of(*options_.scenarios, subject.profiles, profile);
    return range;
  }

  Progress progress() const {
    return {std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun_),
            scenarios_, told_};
  }

  [[nodiscard]] bool is_stopped() const { return interrupt_ || failed_; }
  [[nodiscard]] bool is_time_over() const { return end_ && Clock::now() >= *end_; }

  void work() {
    std::vector<std::unique_ptr<HostLink>> hosts(options_.subjects.size());
    while (!is_stopped()) {
      const auto part = schedule_->next(is_time_over());
      if (!part) break;
      const Schedule::Lane& lane = schedule_->lane(part->lane);
      std::unique_ptr<HostLink>& host = hosts[lane.subject];
      if (!host) {
        host = std::make_unique<HostLink>(host_options(options_, lane.subject), &interrupt_);
        if (!introduce(*host, lane.subject)) continue;
      }
      const Clock::time_point begin = Clock::now();
      std::uint64_t done = 0;
      run_part(*host, lane, part->range, done);
      schedule_->finished(*part, done, std::chrono::duration<double>(Clock::now() - begin).count());
    }
    hosts.clear();
    const std::lock_guard lock(mutex_);
    --working_;
    changed_.notify_all();
  }

  /// Asks a host what it is. False: it can't be used.
  bool introduce(HostLink& host, std::size_t subject) {
    auto manifest = host.manifest();
    if (const auto* failure = std::get_if<HostFailure>(&manifest)) {
      if (failure->kind != HostFailure::Kind::interrupted)
        give_up(subject, fmt::format("its host did not say what it is: {}", failure->text));
      return false;
    }
    const std::lock_guard lock(mutex_);
    result_.subjects[subject].manifest = std::get<Manifest>(std::move(manifest));
    return true;
  }

  void give_up(std::size_t subject, const std::string& why) {
    schedule_->drop_subject(subject);
    const std::lock_guard lock(mutex_);
    if (result_.subjects[subject].unusable.empty()) result_.subjects[subject].unusable = why;
  }

  /// How long the host may work before it answers.
  [[nodiscard]] double seconds_left() const {
    double seconds = 2 * options_.chunk_seconds;
    if (end_)
      seconds = std::min(seconds, std::chrono::duration<double>(*end_ - Clock::now()).count());
    return std::max(seconds, 0.01);
  }

  /// Runs what it can of `range`, in order; `done` counts what the campaign now has. True: a
  /// scenario took the process down.
  bool run_part(HostLink& host, const Schedule::Lane& lane, SeedRange range, std::uint64_t& done) {
    auto answer = host.run(range, seconds_left());
    if (auto* result = std::get_if<RangeResult>(&answer)) {
      done += result->done;
      take(lane, std::move(*result));
      return false;
    }
    const HostFailure& failure = std::get<HostFailure>(answer);
    if (failure.kind == HostFailure::Kind::interrupted) return false;
    if (!failure.number || *failure.number < range.first ||
        *failure.number >= range.first + range.count) {
      give_up(lane.subject, fmt::format("its host failed before it began: {}", failure.text));
      return false;
    }
    if (failure.kind == HostFailure::Kind::garbage && range.count > 1) {
      run_singly(host, lane, range, failure, done);
      return true;
    }
    // The failure first: what follows may be interrupted. What was done before it died with the
    // process, and is done again without the one that ends it.
    take(lane, failed(host, lane, range, *failure.number, failure));
    SeedRange before = range;
    before.count = *failure.number - range.first;
    while (before.count > 0) {
      std::uint64_t again = 0;
      run_part(host, lane, before, again);
      done += again;
      if (again == 0) return true;
      before.first += again;
      before.count -= again;
    }
    ++done;
    return true;
  }

  /// A host that writes garbage goes on, so its number says little: one scenario at a time, the
  /// garbage comes before the answer of the one that made it. Garbage that does not come again is
  /// told all the same, as the number said.
  void run_singly(HostLink& host, const Schedule::Lane& lane, const SeedRange& range,
                  const HostFailure& failure, std::uint64_t& done) {
    SeedRange one = range;
    one.count = 1;
    bool again = false;
    for (std::uint64_t i = 0; i < range.count && !is_stopped() && !is_time_over(); ++i) {
      one.first = range.first + i;
      std::uint64_t ran = 0;
      again = run_part(host, lane, one, ran) || again;
      if (ran == 0) break;
      done += ran;
    }
    if (again) return;
    const RangeResult all = failed(host, lane, range, *failure.number, failure);
    if (all.findings.empty()) return;
    RangeResult told;  // the scenario itself is counted already
    told.findings.push_back(all.findings.back());
    ++told.tally.signatures[told.findings.back().signature];
    take(lane, std::move(told));
  }

  /// A failed range holds what is known of the scenario that took the process down.
  RangeResult failed(HostLink& host, const Schedule::Lane& lane, const SeedRange& range,
                     std::uint64_t number, const HostFailure& failure) {
    Scenario scenario;
    generate(range.profile, range.seed, number, scenario);
    CheckOptions check;
    check.always_equal = options_.always_equal;
    Replayed replayed = replay_failed(host, manifest(lane.subject), scenario, *options_.deviations,
                                      check, origin_of(range, number), failure);
    for (Finding& finding : replayed.findings) finding.number = number;
    for (Finding& error : replayed.harness_errors) error.number = number;
    return {1,
            std::move(replayed.tally),
            std::move(replayed.findings),
            std::move(replayed.harness_errors),
            {}};
  }

  Manifest manifest(std::size_t subject) {
    const std::lock_guard lock(mutex_);
    return result_.subjects[subject].manifest;
  }

  /// Adds a part to the whole; new findings are written, and handed on to be tried again alone.
  void take(const Schedule::Lane& lane, RangeResult&& part) {
    const std::lock_guard lock(mutex_);
    for (Finding finding : part.findings) {
      if (!name_by_new(finding, seen_[lane.subject])) continue;
      ++told_;
      write(finding);
      unconfirmed_.push_back({lane.subject, lane.profile, std::move(finding)});
    }
    scenarios_ += part.done;
    add(result_.subjects[lane.subject].profiles[lane.profile].result, std::move(part));
    changed_.notify_all();
  }

  /// Tries findings alone, beside the campaign, as they come, and tells them. It runs in one thread
  /// from begin to end, as hosts end with the thread that started them.
  void confirm_all() {
    Confirmers hosts;
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return !unconfirmed_.empty() || working_ == 0; });
      if (unconfirmed_.empty()) break;
      auto [subject, profile, finding] = std::move(unconfirmed_.front());
      unconfirmed_.pop_front();
      lock.unlock();
      finding.confirmed = confirm(hosts, subject, finding);
      lock.lock();
      tried_[trial(subject, profile, finding)] = finding.confirmed;
      const std::optional<std::string> file = write(finding);
      if (file && listener_.found) listener_.found(finding, *file);
    }
    settle(hosts, lock);
    settled_ = true;
    changed_.notify_all();
  }

  static Trial trial(std::size_t subject, std::size_t profile, const Finding& finding) {
    return {subject, profile, finding.number, finding.step, finding.signature};
  }

  /// Gives the file that the finding lies in; nullopt: it could not be written, and the run is
  /// over.
  std::optional<std::string> write(const Finding& finding) {
    auto file = log_.add(finding);
    if (!file) {
      result_.failure =
          "findings can't be written to the output folder any more; make room and run again";
      failed_ = true;
    }
    return file;
  }

  /// After an interrupt nothing is tried any more.
  [[nodiscard]] bool confirm(Confirmers& hosts, std::size_t subject, const Finding& finding) const {
    if (interrupt_) return false;
    std::unique_ptr<HostLink>& host = hosts[subject];
    if (!host) host = std::make_unique<HostLink>(host_options(options_, subject), &interrupt_);
    CheckOptions check;
    check.always_equal = options_.always_equal;
    return happens_alone(*host, finding, *options_.deviations, check);
  }

  /// The findings of each subject in an order that does not depend on who found what when. One
  /// that was not told, as a later one came before it, is tried and written now.
  void settle(Confirmers& hosts, std::unique_lock<std::mutex>& lock) {
    for (std::size_t s = 0; s < result_.subjects.size(); ++s) {
      Signatures seen;
      const std::vector<ProfileResult>& profiles = result_.subjects[s].profiles;
      for (std::size_t p = 0; p < profiles.size(); ++p)
        for (Finding finding : profiles[p].result.findings) {
          if (!name_by_new(finding, seen)) continue;
          if (const auto tried = tried_.find(trial(s, p, finding)); tried != tried_.end()) {
            finding.confirmed = tried->second;
          } else {
            lock.unlock();
            finding.confirmed = confirm(hosts, s, finding);
            lock.lock();
            (void)write(finding);
          }
          result_.findings.push_back(std::move(finding));
        }
    }
  }

  const CampaignOptions& options_;
  FindingsLog& log_;
  const CampaignListener& listener_;
  const std::atomic<int>& interrupt_;
  std::atomic<bool> failed_{false};
  std::optional<Schedule> schedule_;
  Clock::time_point begun_;
  std::optional<Clock::time_point> end_;

  std::mutex mutex_;  ///< everything below
  std::condition_variable changed_;
  int working_ = 0;       ///< threads that run ranges
  bool settled_ = false;  ///< nothing is left to be tried
  std::deque<Unconfirmed> unconfirmed_;
  std::uint64_t scenarios_ = 0;
  std::size_t told_ = 0;
  std::map<std::size_t, Signatures> seen_;  ///< by subject
  std::map<Trial, bool> tried_;             ///< confirmed?
  CampaignResult result_;
};

}  // namespace

bool runs_profile(std::string_view family, Profile profile, std::string& why) {
  if (profile != Profile::exports && profile != Profile::dynamo) return true;
  const char* reason = never_does(family, Step(OnnxExport{}).index());
  if (reason) why = reason;
  return reason == nullptr;
}

CampaignResult run_campaign(const CampaignOptions& options, FindingsLog& log,
                            const CampaignListener& listener, const std::atomic<int>& stop) {
  return Campaign(options, log, listener, stop).run();
}

}  // namespace normdiff
