#include <cmath>
#include <stdexcept>

#include "reference/numeric/limits.hpp"
#include "reference/ops/batch_norm.hpp"
#include "reference/ops/batch_norm_kernels.hpp"
#include "reference/ops/batch_norm_walk.hpp"

namespace normdiff::reference {
namespace {

using namespace detail;

template <class A>
void gather_any(const Values& x, const Values& upstream, std::int64_t start, const Runs& runs,
                A mean, BackwardSums<A>& sums) {
  each_index(runs, start, [&](std::int64_t i) {
    const A g = upstream.at(i), distance = x.at(i) - mean, product = g * distance;
    sums.sum += g;
    sums.magnitude += std::fabs(g);
    sums.dot += product;
    sums.dot_magnitude += std::fabs(product);
    const double x_error = error_of(x, i), g_error = error_of(upstream, i);
    sums.error += g_error;
    sums.dot_error += static_cast<double>(std::fabs(g)) * x_error +
                      g_error * (static_cast<double>(std::fabs(distance)) + x_error);
  });
}

/// The standing of upstream and of x, element by element, where the sums show something odd.
template <class A>
void stand(const Values& x, const Values& upstream, std::int64_t start, const Runs& runs,
           bool batch_statistics, GradientChannel<A>& g) {
  each_index(runs, start, [&](std::int64_t i) {
    const Standing of_x = standing_of(x.at(i), error_of(x, i));
    const Standing of_g = standing_of(upstream.at(i), error_of(upstream, i));
    g.bias_standing = worse(g.bias_standing, of_g);
    g.weight_standing = worse(g.weight_standing, worse(of_x, of_g));
    // In eval mode an element has its own upstream only, and x plays no part.
    if (batch_statistics) g.input_standing = worse(g.input_standing, worse(of_x, of_g));
  });
}

struct GradientWatch : Watch {
  Comparison result;
  const Channel<double>* channel = nullptr;
  const GradientChannel<double>* gradient = nullptr;
  const RunConstants* constants = nullptr;
  const float* x = nullptr;
  const float* upstream = nullptr;
  const float* observed = nullptr;
  std::int64_t start = 0;
};

void look_at_gradient(Watch& base, std::int64_t offset) {
  auto& w = static_cast<GradientWatch&>(base);
  const std::int64_t i = w.start + offset;
  const Expected<double> expected =
      expected_gradient<double>(*w.channel, *w.gradient, *w.constants, w.x[i], 0, w.upstream[i], 0);
  count_element(w.result, w.threshold, i, expected, w.observed[i], std::fabs(expected.value));
}

}  // namespace

void BatchNormBackward::run(const BatchNormForward& forward, const Values& upstream) {
  if (upstream.shape.numel() != forward.x_.shape.numel())
    throw std::invalid_argument("batch norm: an upstream gradient of another size than the input");
  forward_ = &forward;
  upstream_ = upstream;
  visit_working_type(forward.profile_.dtype, [&]<class A>(std::type_identity<A>) {
    run_channels(std::get<std::vector<Channel<A>>>(forward.each_channel_),
                 std::get<std::vector<GradientChannel<A>>>(each_channel_));
  });
}

template <class A>
void BatchNormBackward::run_channels(const std::vector<Channel<A>>& channels,
                                     std::vector<GradientChannel<A>>& gradients) {
  const BatchNormForward& f = *forward_;
  const RunConstants& k = f.constants_;
  const Runs runs{f.outer_, f.inner_, f.channels_ * f.inner_};
  gradients.assign(channels.size(), {});
  if (f.values_per_channel() == 0) return;
  const bool exact = f.x_.error == nullptr && upstream_.error == nullptr;
  const bool quick = is_plain_float32(f.x_) && is_plain_float32(upstream_);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::int64_t start = static_cast<std::int64_t>(i) * f.inner_;
    BackwardSums<A> sums;
    if constexpr (std::is_same_v<A, double>) {
      if (quick)
        sum_gradients(static_cast<const float*>(f.x_.data) + start,
                      static_cast<const float*>(upstream_.data) + start, runs, channels[i].mean,
                      sums);
    }
    if (!quick || !std::is_same_v<A, double>)
      gather_any(f.x_, upstream_, start, runs, channels[i].mean, sums);
    if (!exact || !std::isfinite(sums.magnitude + sums.dot_magnitude))
      stand(f.x_, upstream_, start, runs, k.batch_statistics, gradients[i]);
    bound_gradients(gradients[i], channels[i], k, sums);
  }
}

template <class A>
void BatchNormBackward::compare_channels(const std::vector<Channel<A>>& channels,
                                         const std::vector<GradientChannel<A>>& gradients,
                                         const void* observed, Comparison& result) const {
  const BatchNormForward& f = *forward_;
  const RunConstants& k = f.constants_;
  const Runs runs{f.outer_, f.inner_, f.channels_ * f.inner_};
  const bool quick =
      is_plain_float32(f.x_) && is_plain_float32(upstream_) && f.profile_.dtype == DType::float32;
  GradientWatch watch;
  watch.look = look_at_gradient;
  watch.constants = &k;
  watch.x = static_cast<const float*>(f.x_.data);
  watch.upstream = static_cast<const float*>(upstream_.data);
  watch.observed = static_cast<const float*>(observed);
  for (std::size_t c = 0; c < channels.size(); ++c) {
    const Channel<A>& channel = channels[c];
    const GradientChannel<A>& gradient = gradients[c];
    watch.start = static_cast<std::int64_t>(c) * f.inner_;
    if constexpr (std::is_same_v<A, double>) {
      if (quick && gradient.input_standing == Standing::proven) {
        watch.channel = &channel;
        watch.gradient = &gradient;
        watch.threshold = std::min(watch.result.worst_ratio, 1.0);
        watch_gradient(channel, gradient, k.batch_statistics, watch.x + watch.start,
                       watch.upstream + watch.start, watch.observed + watch.start, runs, watch);
        continue;
      }
    }
    double threshold = std::min(watch.result.worst_ratio, 1.0);
    each_index(runs, watch.start, [&](std::int64_t i) {
      const Expected<A> expected =
          expected_gradient<A>(channel, gradient, k, f.x_.at(i), error_of(f.x_, i), upstream_.at(i),
                               error_of(upstream_, i));
      count_element(watch.result, threshold, i, expected, element(observed, f.profile_.dtype, i),
                    static_cast<double>(std::fabs(expected.value)));
    });
  }
  watch.result.within += watch.passed - watch.loose;
  watch.result.loose += watch.loose;
  result = watch.result;
}

Comparison BatchNormBackward::compare_input_gradient(const void* observed) const {
  Comparison result;
  if (forward_->values_per_channel() == 0) return result;
  visit_working_type(forward_->profile_.dtype, [&]<class A>(std::type_identity<A>) {
    compare_channels(std::get<std::vector<Channel<A>>>(forward_->each_channel_),
                     std::get<std::vector<GradientChannel<A>>>(each_channel_), observed, result);
  });
  return result;
}

void BatchNormBackward::input_gradient(Bounded& out) const {
  const BatchNormForward& f = *forward_;
  const auto size = static_cast<std::size_t>(f.x_.shape.numel());
  out.shape = f.x_.shape;
  out.value.resize(size);
  out.bound.resize(size);
  out.trivial.clear();
  out.weak.clear();
  const auto store = [&](const auto& channels, const auto& gradients) {
    using A = std::decay_t<decltype(channels[0].mean)>;
    const Runs runs{f.outer_, f.inner_, f.channels_ * f.inner_};
    for (std::size_t c = 0; c < channels.size(); ++c) {
      each_index(runs, static_cast<std::int64_t>(c) * f.inner_, [&](std::int64_t i) {
        Expected<A> expected =
            expected_gradient<A>(channels[c], gradients[c], f.constants_, f.x_.at(i),
                                 error_of(f.x_, i), upstream_.at(i), error_of(upstream_, i));
        const auto at = static_cast<std::size_t>(i);
        out.value[at] = stored(expected.value, expected.bound);
        out.bound[at] = expected.bound;
      });
    }
  };
  if (size == 0) return;
  visit_working_type(f.profile_.dtype, [&]<class A>(std::type_identity<A>) {
    store(std::get<std::vector<Channel<A>>>(f.each_channel_),
          std::get<std::vector<GradientChannel<A>>>(each_channel_));
  });
}

namespace {

/// One value for each channel: the bias gradient, or the weight's.
template <class A>
void store_channels(const std::vector<GradientChannel<A>>& gradients, bool weight, Bounded& out) {
  out.shape = Shape{static_cast<std::int64_t>(gradients.size())};
  out.value.resize(gradients.size());
  out.bound.resize(gradients.size());
  out.trivial.clear();
  out.weak.clear();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const GradientChannel<A>& g = gradients[i];
    Expected<A> expected =
        weight ? Expected<A>{g.dot, g.weight_bound} : Expected<A>{g.sum, g.bias_bound};
    const Standing standing = weight ? g.weight_standing : g.bias_standing;
    if (weight && standing == Standing::ill_conditioned)
      expected = {0, g.weight_limit};
    else if (standing != Standing::proven)
      expected = expect<A>(standing, std::isfinite(expected.value) ? expected.value : 0);
    out.value[i] = stored(expected.value, expected.bound);
    out.bound[i] = expected.bound;
  }
}

}  // namespace

void BatchNormBackward::weight_gradient(Bounded& out) const {
  visit_working_type(forward_->profile_.dtype, [&]<class A>(std::type_identity<A>) {
    store_channels(std::get<std::vector<GradientChannel<A>>>(each_channel_), true, out);
  });
}

void BatchNormBackward::bias_gradient(Bounded& out) const {
  visit_working_type(forward_->profile_.dtype, [&]<class A>(std::type_identity<A>) {
    store_channels(std::get<std::vector<GradientChannel<A>>>(each_channel_), false, out);
  });
}

}  // namespace normdiff::reference
