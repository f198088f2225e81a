#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "bound_trials.hpp"
#include "checkout.hpp"

// Right and wrong ports of a batch norm, each summing in its own dtype, held against the bounds of
// stable kernels: what the proven bound finds, and what the probable one finds beyond it. The data
// are drawn by a rule, as a campaign's are: mean `ratio` spreads away from 0.
namespace normdiff::reference {
namespace {

using simulated::Order;
using simulated::Style;
using simulated::Variance;

enum class Port {
  sequential,
  pairwise,
  welford,
  naive_variance,   // E[x * x] - E[x] * E[x]
  one_percent_off,  // every output 1 % too large
  biased_variance,  // in running_var
  swapped_momentum,
};

template <class T>
simulated::Forward<T> run(Port port, const std::vector<T>& x, simulated::Options options) {
  Style style;
  style.order = port == Port::pairwise ? Order::pairwise : Order::naive;
  if (port == Port::welford) style.variance = Variance::welford;
  if (port == Port::swapped_momentum) options.momentum = 1 - options.momentum;
  auto f = simulated::forward<T, T>(x, options, style);
  const T n = static_cast<T>(x.size());
  if (port == Port::one_percent_off)
    for (T& y : f.y) y *= static_cast<T>(1.01);
  if (port == Port::naive_variance) {
    const T square = simulated::dot<T>(x.data(), x.data(), x.size(), style) / n;
    const T variance = std::max<T>(0, square - f.mean * f.mean);
    f.invstd = 1 / std::sqrt(variance + static_cast<T>(options.eps));
    for (std::size_t i = 0; i < x.size(); ++i) f.y[i] = (x[i] - f.mean) * f.invstd;
    f.running_var = static_cast<T>(1 - options.momentum) * static_cast<T>(options.running_var) +
                    static_cast<T>(options.momentum) * variance * n / (n - 1);
  }
  if (port == Port::biased_variance)
    f.running_var -=
        (f.running_var - static_cast<T>((1 - options.momentum) * options.running_var)) / n;
  return f;
}

/// The percentage of trials in which something that the port computes is outside its bound.
template <class T>
int outside(Port port, double ratio, std::size_t n, const Profile& profile) {
  constexpr int trials = 40;
  constexpr double spread = 0.5;
  const simulated::Options options;
  std::mt19937_64 random(20261129);
  std::normal_distribution<double> normal;
  const Tensor mean = Tensor::full(dtype<T>, {1}, options.running_mean);
  const Tensor var = Tensor::full(dtype<T>, {1}, options.running_var);
  BatchNormForward forward;
  Bounded bounded;
  int found = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::vector<T> x(n);
    for (T& v : x) v = static_cast<T>(spread * (ratio + normal(random)));
    const auto seen = run<T>(port, x, options);
    forward.run({x.data(), dtype<T>, shape_of(n), nullptr}, {}, profile);
    std::int64_t wrong = forward.compare_output(seen.y.data()).outside;
    forward.update_running_mean(mean, options.momentum, bounded);
    wrong += compare(bounded, &seen.running_mean, dtype<T>).outside;
    forward.update_running_var(var, options.momentum, bounded);
    wrong += compare(bounded, &seen.running_var, dtype<T>).outside;
    found += wrong > 0;
  }
  return found * 100 / trials;
}

constexpr std::size_t large = 2048;
constexpr std::array ratios = {0.0, 2.0, 20.0, 200.0, 2000.0};

template <class T>
const Profile proven = unknown_profile(dtype<T>);
template <class T>
const Profile likely = probable(unknown_profile(dtype<T>));

template <class T>
void expect_right_in_both_tiers() {
  for (const Port port : {Port::sequential, Port::pairwise, Port::welford})
    for (const double ratio : ratios)
      for (const std::size_t n : {4U, 64U, 512U, 2048U})
        for (const Profile& profile : {proven<T>, likely<T>})
          EXPECT_EQ(outside<T>(port, ratio, n, profile), 0)
              << "port " << static_cast<int>(port) << ", mean/spread " << ratio << ", n " << n
              << ", lambda " << profile.lambda;
}

TEST(BatchNormPorts, ARightOneConformsWhateverItsMeanAndSums_float32) {
  expect_right_in_both_tiers<float>();
}
TEST(BatchNormPorts, ARightOneConformsWhateverItsMeanAndSums_float64) {
  expect_right_in_both_tiers<double>();
}

TEST(BatchNormPorts, OneThatSumsInFloat32IsNotHeldToLibTorchsSumsInFloat64) {
  EXPECT_GE(outside<float>(Port::sequential, 200, large, float32_double_accumulation_profile()),
            30);
}

TEST(BatchNormPorts, TheProbableBoundFindsWhatTheProvenOneExcuses) {
  for (const Port port : {Port::naive_variance, Port::one_percent_off}) {
    EXPECT_EQ(outside<float>(port, 200, large, proven<float>), 0);
    EXPECT_GE(outside<float>(port, 200, large, likely<float>), 80);
  }
}

/// The numbers of a row of the table of ports in numeric/bounds.md, behind its name; `dtype`: the
/// line that begins the part of the table.
std::vector<int> documented(const std::string& dtype, const std::string& row) {
  std::ifstream file(NORMDIFF_SOURCE_DIR "/reference/numeric/bounds.md");
  std::string line;
  while (std::getline(file, line) && line.rfind("    " + dtype, 0) != 0) {
  }
  while (std::getline(file, line) && line.rfind("    " + row, 0) != 0) {
  }
  std::vector<int> numbers;
  if (!file) return numbers;
  std::istringstream rest(line.substr(4 + row.size()));
  for (int number = 0; rest >> number;) numbers.push_back(number);
  return numbers;
}

template <class T>
std::vector<int> measured(Port port) {
  const Profile libtorch = libtorch_cpu_profile(dtype<T>, {4, 2, 512}, Layout::contiguous);
  std::vector<int> numbers;
  for (const double ratio : ratios)
    for (const Profile& profile : {proven<T>, likely<T>, libtorch})
      numbers.push_back(outside<T>(port, ratio, large, profile));
  return numbers;
}

/// Libraries differ in the last bit of a logarithm, and so do the data: 40 channels, one is 2.5 %.
void expect_documented(const std::vector<int>& measured, const std::vector<int>& documented) {
  ASSERT_EQ(documented.size(), measured.size()) << "there is no such row";
  for (std::size_t i = 0; i < measured.size(); ++i)
    EXPECT_NEAR(measured[i], documented[i], 5) << "column " << i;
}

constexpr std::array names = {
    std::pair(Port::sequential, "two passes, one by one"),
    std::pair(Port::pairwise, "two passes, pairwise"),
    std::pair(Port::welford, "Welford"),
    std::pair(Port::naive_variance, "E[x*x] - E[x]*E[x]"),
    std::pair(Port::one_percent_off, "1 % too large"),
    std::pair(Port::biased_variance, "biased running_var"),
    std::pair(Port::swapped_momentum, "momentum swapped"),
};

TEST(BatchNormPorts, TheTableInBoundsMdIsWhatIsMeasured_float32) {
  for (const auto& [port, name] : names) {
    SCOPED_TRACE(name);
    expect_documented(measured<float>(port), documented("float32", name));
  }
}

TEST(BatchNormPorts, TheTableInBoundsMdIsWhatIsMeasured_float64) {
  for (const auto& [port, name] : names) {
    SCOPED_TRACE(name);
    const std::string row = port <= Port::welford          ? "right ones"
                            : port == Port::naive_variance ? name
                                                           : "the other wrong ones";
    expect_documented(measured<double>(port), documented("float64", row));
  }
}

}  // namespace
}  // namespace normdiff::reference
