#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <vector>

#include "reference/ops/batch_norm_kernels.hpp"
#include "tests/reference/ops/laid_channels.hpp"

// The kernels that compare.
namespace normdiff::reference::detail {
namespace {

using testing::ElementsAreArray;

/// What the plain formulas say of one element.
struct Element {
  double distance = 0, bound = 0;
  bool loose = false;
};

struct Compared {
  Channel<double> channel;
  GradientChannel<double> gradient;
  bool batch_statistics = true;

  Compared() {
    channel.mean = 0.3;
    channel.bias = 0.7;
    channel.scale = 1.9;
    channel.offset = 1e-7;
    channel.slope = 3e-7;
    channel.loose_below = 0.2;
    gradient.mean = 0.01;
    gradient.projection = 0.02;
    gradient.reach = 2;
    gradient.absolute = 1e-12;
    gradient.offset = 1e-7;
    gradient.distance = 1e-8;
    gradient.gradient = 1e-7;
    gradient.value = 2e-7;
  }

  [[nodiscard]] Element output(float x, float observed) const {
    const double distance = x - channel.mean, magnitude = std::fabs(distance);
    double value, bound;
    output_value(channel, distance, value);
    output_bound(channel, magnitude, bound);
    return {std::fabs(value - observed), bound, magnitude <= channel.loose_below};
  }
  [[nodiscard]] Element input_gradient(float x, float upstream, float observed) const {
    const double distance = batch_statistics ? x - channel.mean : 0, up = upstream;
    double value, bound;
    gradient_value(channel, gradient, distance, up, value);
    gradient_bound(gradient, std::fabs(distance), std::fabs(up), std::fabs(value), bound);
    return {std::fabs(value - observed), bound, bound >= std::fabs(value)};
  }
};

/// Remembers what it was asked to look at; it may raise the threshold, as the real one does.
struct Looking : Watch {
  std::vector<std::int64_t> looked;
  std::function<double(std::int64_t)> ratio;  ///< raises the threshold to this, at most 1

  explicit Looking(double from) {
    threshold = from;
    look = [](Watch& watch, std::int64_t offset) {
      auto& self = static_cast<Looking&>(watch);
      self.looked.push_back(offset);
      if (self.ratio) self.threshold = std::max(self.threshold, std::min(self.ratio(offset), 1.0));
    };
  }
};

/// A channel, what was observed of it, and both ways to compare them.
struct Case {
  Laid laid;
  Compared by;
  bool gradient;
  Elements x, upstream, observed;

  Case(const Laid& where, bool of_gradient, bool batch_statistics)
      : laid(where),
        gradient(of_gradient),
        x(of_moderate_size(where, 8)),
        upstream(of_moderate_size(where, 9)),
        observed(where, [](std::int64_t) { return 0.0f; }) {
    by.batch_statistics = batch_statistics;
    std::minstd_rand random(10);
    for (const std::int64_t i : laid.indices()) {
      // Right, rounded; one in five a bit off, one in eleven by far.
      double right = 0;
      if (gradient)
        gradient_value(by.channel, by.gradient, batch_statistics ? x.at(i) - by.channel.mean : 0.0,
                       double(upstream.at(i)), right);
      else
        output_value(by.channel, x.at(i) - by.channel.mean, right);
      observed.at(i) = static_cast<float>(right);
      if (random() % 5 == 0) observed.at(i) += 3e-7f;
      if (random() % 11 == 0) observed.at(i) += 0.5f;
    }
  }
  static Elements of_moderate_size(const Laid& where, unsigned seed) {
    std::minstd_rand random(seed);
    std::normal_distribution<float> normal;
    return {where, [&](std::int64_t) { return normal(random); }};
  }
  [[nodiscard]] Element plain(std::int64_t i) const {
    return gradient ? by.input_gradient(x.at(i), upstream.at(i), observed.at(i))
                    : by.output(x.at(i), observed.at(i));
  }
  void watch(Watch& watch) const {
    if (gradient)
      watch_gradient(by.channel, by.gradient, by.batch_statistics, x.data(), upstream.data(),
                     observed.data(), laid.runs, watch);
    else
      watch_output(by.channel, x.data(), observed.data(), laid.runs, watch);
  }
};

struct Quantity {
  const char* name;
  bool gradient;
  bool batch_statistics;
};
void PrintTo(const Quantity& quantity, std::ostream* out) {
  *out << quantity.name;
}
class WatchKernels : public testing::TestWithParam<Quantity> {
 protected:
  static Case make(const Laid& laid) {
    return {laid, GetParam().gradient, GetParam().batch_statistics};
  }
};
INSTANTIATE_TEST_SUITE_P(All, WatchKernels,
                         testing::Values(Quantity{"output", false, true},
                                         Quantity{"gradient", true, true},
                                         Quantity{"gradient in eval", true, false}));

TEST_P(WatchKernels, PassOverNothingThatIsOutsideAndLookAtTheRestOnce) {
  for (const Laid& laid : layouts()) {
    const Case c = make(laid);
    for (const double threshold : {0.0, 0.3, 1.0}) {
      Looking watch(threshold);
      c.watch(watch);
      SCOPED_TRACE(testing::Message() << laid.runs.outer << " runs of " << laid.runs.inner
                                      << ", threshold " << threshold);
      std::vector<std::int64_t> passed, loose;
      for (const std::int64_t i : laid.indices()) {
        if (std::count(watch.looked.begin(), watch.looked.end(), i) > 0) continue;
        const Element element = c.plain(i);
        EXPECT_LE(element.distance, threshold * element.bound) << i;
        passed.push_back(i);
        if (element.loose) loose.push_back(i);
      }
      EXPECT_EQ(watch.passed, static_cast<std::int64_t>(passed.size()));
      EXPECT_EQ(watch.loose, static_cast<std::int64_t>(loose.size()));
      EXPECT_EQ(watch.passed + static_cast<std::int64_t>(watch.looked.size()), laid.numel());
    }
  }
}

TEST_P(WatchKernels, LookOnlyWhereTheyMustOrAtTheEndOfARun) {
  const Laid laid{{3, 39, 41}, 1};
  const Case c = make(laid);
  Looking watch(1);
  c.watch(watch);
  std::vector<std::int64_t> expected;
  for (const std::int64_t i : laid.indices()) {
    const Element element = c.plain(i);
    const bool last_few = i % laid.runs.stride >= laid.runs.inner / 4 * 4;
    if (last_few || element.distance > element.bound) expected.push_back(i);
  }
  EXPECT_THAT(watch.looked, ElementsAreArray(expected));
}

TEST_P(WatchKernels, AThresholdThatRisesOnTheWayEndsAtTheLargestRatio) {
  for (const Laid& laid : layouts()) {
    Case c = make(laid);
    Looking watch(0);
    watch.ratio = [&](std::int64_t i) { return c.plain(i).distance / c.plain(i).bound; };
    c.watch(watch);
    double largest = 0;
    for (const std::int64_t i : laid.indices()) largest = std::max(largest, watch.ratio(i));
    EXPECT_DOUBLE_EQ(watch.threshold, std::min(largest, 1.0))
        << laid.runs.outer << " runs of " << laid.runs.inner;
  }
}

TEST_P(WatchKernels, NeverPassOverWhatIsNotFinite) {
  const Laid laid{{2, 39, 40}, 3};
  for (const float odd : {nan, infinity, -infinity})
    for (const std::int64_t i : laid.indices()) {
      Case c = make(laid);
      c.observed.at(i) = odd;
      Looking watch(1);
      c.watch(watch);
      EXPECT_THAT(watch.looked, testing::Contains(i)) << odd;
    }
}

TEST(WatchGradient, InEvalTheInputPlaysNoPart) {
  const Laid laid{{2, 39, 40}, 0};
  Case c(laid, true, false);
  Looking before(0.3), after(0.3);
  c.watch(before);
  for (const std::int64_t i : laid.indices()) c.x.at(i) = c.x.at(i) * 1000 - 7;
  c.watch(after);
  EXPECT_EQ(after.looked, before.looked);
  EXPECT_EQ(after.passed, before.passed);
  EXPECT_EQ(after.loose, before.loose);
}

}  // namespace
}  // namespace normdiff::reference::detail
