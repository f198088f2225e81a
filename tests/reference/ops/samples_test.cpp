#include "reference/ops/samples.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "bound_trials.hpp"

namespace normdiff::reference {
namespace {

using simulated::Style;
using ::testing::ElementsAre;

using Numbers = std::vector<double>;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Two channels of three samples, exact.
Bounded six() {
  return {Shape{6}, {1, 10, 2, 20, 3, 60}, {0, 0, 0, 0, 0, 0}, {4, 5, 4, 5, 4, 5}, {}};
}

TEST(Samples, ATensorIsRepeatedAsAWhole) {
  Tensor tensor(DType::float64, {2});
  tensor.set(0, 1.5);
  tensor.set(1, -2);
  const Tensor thrice = repeated(tensor, 3);
  EXPECT_EQ(thrice.shape(), Shape{6});
  EXPECT_EQ(thrice.dtype(), DType::float64);
  for (std::int64_t i = 0; i < 6; ++i) EXPECT_EQ(thrice.at(i), i % 2 == 0 ? 1.5 : -2);
  EXPECT_EQ(repeated(tensor, 0).numel(), 0);
}

TEST(Samples, AreSummedOrAveragedForEachChannel) {
  Bounded out;
  sum_over_samples(six(), 2, uniform_profile(DType::float32), out);
  EXPECT_THAT(out.value, ElementsAre(6, 90));
  EXPECT_EQ(out.shape, Shape{2});
  mean_over_samples(six(), 2, 0.5, uniform_profile(DType::float32), out);
  EXPECT_THAT(out.value, ElementsAre(2, 30));
  EXPECT_THAT(out.trivial, ElementsAre(4, 5))
      << "the answer that needs no information is the old one";
}

TEST(Samples, NoSamplesAddUpToZero) {
  Bounded out;
  sum_over_samples({Shape{0}, {}, {}, {}, {}}, 2, uniform_profile(DType::float32), out);
  EXPECT_THAT(out.value, ElementsAre(0, 0));
  EXPECT_THAT(out.bound, ElementsAre(0, 0));
}

TEST(Samples, OneThatIsUnknownMakesTheirSumUnknown) {
  Bounded each = six();
  each.bound[2] = -1;
  each.value[3] = nan;
  each.bound[3] = infinity;
  Bounded out;
  sum_over_samples(each, 2, uniform_profile(DType::float32), out);
  EXPECT_LT(out.bound[0], 0) << "nothing is said of the first channel";
  EXPECT_TRUE(std::isnan(out.value[1])) << "the second is not finite";
  EXPECT_EQ(out.bound[1], infinity);
}

TEST(Samples, NearOverflowNothingIsClaimed) {
  Bounded each = six();
  each.value = {3e38, 1, 3e38, 1, -3e38, 1};
  Bounded out;
  mean_over_samples(each, 2, 0.9, uniform_profile(DType::float32), out);
  EXPECT_LT(out.bound[0], 0) << "the sum of the first two is beyond any float32";
  EXPECT_GE(out.bound[1], 0);
}

/// The sum of terms in an order of the style's.
template <class T>
T summed(const std::vector<T>& terms, const Style& style) {
  const std::vector<T> ones(terms.size(), 1);
  return simulated::dot(terms.data(), ones.data(), terms.size(), style);
}

/// The largest error/bound of a mean of updates and of a sum of gradients, over implementations
/// that update for each sample or once, and sum in any order.
template <class T>
std::pair<double, double> trials(int count) {
  std::mt19937_64 random(20261128);
  const Profile profile = uniform_profile(dtype<T>);
  std::pair<double, double> worst{0, 0};
  BatchNormForward norm;
  for (int trial = 0; trial < count; ++trial) {
    const std::size_t samples = 1 + random() % 40, values = 2 + random() % 6;
    Style style;
    style.order = simulated::orders[random() % 5];
    simulated::Options o;
    o.momentum = random() % 3 ? 0.1 : -1.2;
    o.running_mean = static_cast<T>(simulated::awkward(0, 1, random));
    std::vector<T> x, updates, means;
    for (std::size_t s = 0; s < samples; ++s) {
      std::vector<T> sample(values);
      for (T& v : sample) v = static_cast<T>(simulated::awkward(0, 1, random));
      x.insert(x.end(), sample.begin(), sample.end());
      updates.push_back(simulated::forward<T, T>(sample, o, style).running_mean);
      means.push_back(simulated::forward<T, T>(sample, o, style).mean);
    }
    const auto n = static_cast<std::int64_t>(samples);
    norm.run({x.data(), dtype<T>, {1, n, static_cast<std::int64_t>(values)}, nullptr}, {}, profile);
    Bounded each, out;
    norm.update_running_mean(Tensor::full(dtype<T>, {n}, o.running_mean), o.momentum, each);
    mean_over_samples(each, 1, 1 - o.momentum, profile, out);
    const T count_of = static_cast<T>(samples), m = static_cast<T>(o.momentum),
            keep = static_cast<T>(1 - o.momentum), old = static_cast<T>(o.running_mean);
    const T averaged_last = summed(updates, style) / count_of;
    const T averaged_first = keep * old + m * (summed(means, style) / count_of);
    const std::string what = "trial " + std::to_string(trial);
    expect_inside(compare(out, &averaged_last, dtype<T>), worst.first, what + " each updates");
    expect_inside(compare(out, &averaged_first, dtype<T>), worst.first, what + " one update");

    // Roundings of equal terms have one sign.
    const std::vector<T> terms = trial % 2 ? means : std::vector<T>(samples, means[0]);
    const Bounded exact{Shape{n}, {terms.begin(), terms.end()}, Numbers(samples), Numbers(samples)};
    sum_over_samples(exact, 1, profile, out);
    const T sum = summed(terms, style), mean = sum / count_of;
    expect_inside(compare(out, &sum, dtype<T>), worst.second, what + " sum");
    mean_over_samples(exact, 1, 0, profile, out);
    expect_inside(compare(out, &mean, dtype<T>), worst.first, what + " mean");
    if (testing::Test::HasFatalFailure()) return worst;
  }
  return worst;
}

/// `mean`, `sum`: measured when this was written. A bound half as wide again shows.
void expect_near(std::pair<double, double> worst, double mean, double sum) {
  EXPECT_GE(worst.first, 0.7 * mean);
  EXPECT_GE(worst.second, 0.7 * sum);
}

TEST(SamplesBounds, HoldInAnyOrderAndAreNear) {
  expect_near(trials<float>(2000), 0.26, 0.38);
  expect_near(trials<double>(2000), 0.25, 0.44);
}

}  // namespace
}  // namespace normdiff::reference
