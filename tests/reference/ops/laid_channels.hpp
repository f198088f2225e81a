#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "reference/ops/batch_norm_walk.hpp"

/// Channels in memory, for the tests of the kernels.
namespace normdiff::reference::detail {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

/// One channel somewhere in memory. What lies around its runs is NaN: whoever reads it shows it.
struct Laid {
  Runs runs;
  std::int64_t offset = 0;  ///< from where the memory is aligned

  [[nodiscard]] std::int64_t numel() const { return runs.outer * runs.inner; }
  [[nodiscard]] std::vector<std::int64_t> indices() const {
    std::vector<std::int64_t> all;
    each_index(runs, 0, [&](std::int64_t i) { all.push_back(i); });
    return all;
  }
};

/// Around the vectors' width (4) and their blocks (16), with and without gaps, aligned and not.
inline std::vector<Laid> layouts() {
  std::vector<Laid> all;
  for (const std::int64_t inner : {1, 3, 4, 5, 15, 16, 17, 31, 32, 39, 64, 113})
    for (const std::int64_t outer : {1, 2, 5})
      for (const std::int64_t gap : {0, 1, 7})
        for (const std::int64_t offset : {0, 1, 3})
          all.push_back({{outer, inner, inner + gap}, offset});
  return all;
}

class Elements {
 public:
  template <class Value>
  Elements(const Laid& laid, Value value)
      : data_(static_cast<std::size_t>(laid.offset + laid.runs.outer * laid.runs.stride + 16), nan),
        first_(laid.offset) {
    each_index(laid.runs, 0, [&](std::int64_t i) { at(i) = value(i); });
  }
  [[nodiscard]] const float* data() const { return data_.data() + first_; }
  [[nodiscard]] float& at(std::int64_t i) { return data_[static_cast<std::size_t>(first_ + i)]; }
  [[nodiscard]] float at(std::int64_t i) const { return data()[i]; }

 private:
  std::vector<float> data_;
  std::int64_t first_;
};

/// Whole numbers whose sums and products are exact in double, in whatever order.
inline Elements whole_numbers(const Laid& laid, unsigned seed) {
  std::minstd_rand random(seed);
  return {laid, [&](std::int64_t) { return static_cast<float>(int(random() % 2001) - 1000); }};
}
inline Elements of_all_sizes(const Laid& laid, unsigned seed) {
  std::minstd_rand random(seed);
  std::normal_distribution<float> normal;
  return {laid, [&](std::int64_t) { return std::ldexp(normal(random), int(random() % 40) - 20); }};
}

}  // namespace normdiff::reference::detail
