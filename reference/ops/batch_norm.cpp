#include "reference/ops/batch_norm.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "reference/numeric/limits.hpp"
#include "reference/ops/batch_norm_kernels.hpp"
#include "reference/ops/batch_norm_stable.hpp"
#include "reference/ops/batch_norm_walk.hpp"

namespace normdiff::reference {
namespace {

using namespace detail;

/// Element c of a parameter, or what stands for one that is absent.
double parameter(const Tensor* tensor, std::int64_t c, double absent) {
  return tensor == nullptr ? absent : element(tensor->data(), tensor->dtype(), c);
}

void require_size(const Tensor* tensor, std::int64_t channels) {
  if (tensor != nullptr && tensor->numel() != channels)
    throw std::invalid_argument("batch norm: a parameter does not have one element per channel");
}

/// Mean, sums and standing of one channel of float32 data without errors.
void gather(const Values& x, std::int64_t start, const Runs& runs, double n, Channel<double>& c,
            ForwardSums<double>& sums) {
  const float* data = static_cast<const float*>(x.data) + start;
  sum_channel(data, runs, sums.sum, sums.magnitude);
  c.mean = sums.sum / n;
  square_channel(data, runs, c.mean, sums.squares);
  c.variance = sums.squares / n;
}

/// The same of any data.
template <class A>
void gather_any(const Values& x, std::int64_t start, const Runs& runs, A n, Channel<A>& c,
                ForwardSums<A>& sums) {
  each_index(runs, start, [&](std::int64_t i) {
    const A v = x.at(i);
    sums.sum += v;
    sums.magnitude += std::fabs(v);
  });
  c.mean = sums.sum / n;
  each_index(runs, start, [&](std::int64_t i) {
    const A v = x.at(i) - c.mean;
    sums.squares += v * v;
  });
  c.variance = sums.squares / n;
  if (x.error == nullptr) return;
  each_index(runs, start, [&](std::int64_t i) {
    const double error = x.error[i];
    sums.error += error;
    sums.error_cross += error * static_cast<double>(std::fabs(x.at(i) - c.mean));
    sums.error_squares += error * error;
    c.statistics = worse(c.statistics, standing_of(x.at(i), error));
  });
}

/// Once more over the channel, where the sums show that something is odd.
template <class A>
Standing standing_of_statistics(const Values& x, std::int64_t start, const Runs& runs,
                                const RunConstants& k, const Channel<A>& c) {
  Standing standing = Standing::proven;
  double far = 0;
  each_index(runs, start, [&](std::int64_t i) {
    standing = worse(standing, standing_of(x.at(i), error_of(x, i)));
    far = std::max(far, static_cast<double>(std::fabs(x.at(i) - c.mean)) + error_of(x, i));
  });
  if (standing == Standing::proven && !(k.n * far * far < k.overflow)) return Standing::unknown;
  return standing;
}

}  // namespace

void BatchNormForward::run(const Values& x, const BatchNormParameters& parameters,
                           const Profile& profile) {
  if (x.shape.rank() < 2) throw std::invalid_argument("batch norm: an input of rank below 2");
  channels_ = x.shape[1];
  for (const Tensor* t :
       {parameters.weight, parameters.bias, parameters.running_mean, parameters.running_var})
    require_size(t, channels_);
  x_ = x;
  profile_ = profile;
  outer_ = x.shape[0];
  inner_ = 1;
  for (int d = 2; d < x.shape.rank(); ++d) inner_ *= x.shape[d];
  constants_ = run_constants(profile, static_cast<double>(values_per_channel()), parameters.eps,
                             parameters.batch_statistics);
  constants_.folded_gam = parameters.folded.gam;
  constants_.folded_absolute = parameters.folded.absolute;
  visit_working_type(profile.dtype, [&]<class A>(std::type_identity<A>) {
    run_channels(std::get<std::vector<Channel<A>>>(each_channel_), parameters);
  });
}

template <class A>
void BatchNormForward::run_channels(std::vector<Channel<A>>& channels,
                                    const BatchNormParameters& parameters) {
  const RunConstants& k = constants_;
  const Runs runs{outer_, inner_, channels_ * inner_};
  channels.assign(static_cast<std::size_t>(channels_), {});
  if (values_per_channel() == 0) return;
  for (std::int64_t i = 0; i < channels_; ++i) {
    Channel<A>& c = channels[static_cast<std::size_t>(i)];
    c.weight = parameter(parameters.weight, i, 1);
    c.bias = parameter(parameters.bias, i, 0);
    if (k.batch_statistics) {
      ForwardSums<A> sums;
      const std::int64_t start = i * inner_;
      if constexpr (std::is_same_v<A, double>) {
        if (is_plain_float32(x_))
          gather(x_, start, runs, k.n, c, sums);
        else
          gather_any(x_, start, runs, k.n, c, sums);
      } else {
        gather_any(x_, start, runs, static_cast<A>(k.n), c, sums);
      }
      // Below, no partial sum of an implementation can overflow: of x, of squares, nor n times the
      // largest square (sum (x - mean)^2 is no less than one of them).
      const double reach = static_cast<double>(sums.magnitude) + sums.error;
      const double squares =
          static_cast<double>(sums.squares) + 2 * sums.error_cross + sums.error_squares;
      if (!(reach < k.overflow))
        c.statistics = worse(standing_of_statistics(x_, start, runs, k, c), Standing::unknown);
      else if (!(k.n * squares < k.overflow))
        c.statistics = worse(c.statistics, standing_of_statistics(x_, start, runs, k, c));
      bound_statistics(c, k, sums);
      c.scaling = c.statistics;
    } else {
      c.mean = parameter(parameters.running_mean, i, 0);
      c.variance = parameter(parameters.running_var, i, 1);
      c.statistics = standing_of(static_cast<double>(c.mean));
      c.scaling = c.variance > 0              ? Standing::proven  // an infinite one makes invstd 0
                  : std::isfinite(c.variance) ? Standing::proven
                                              : Standing::nan;
    }
    bound_output(c, k);
  }
}

namespace {

/// An output being compared: `look` finds the rest of what it needs behind the Watch.
struct OutputWatch : Watch {
  Comparison result;
  const Channel<double>* channel = nullptr;
  const RunConstants* constants = nullptr;
  const float* x = nullptr;
  const float* observed = nullptr;
  std::int64_t start = 0;
};

void look_at_output(Watch& base, std::int64_t offset) {
  auto& w = static_cast<OutputWatch&>(base);
  const std::int64_t i = w.start + offset;
  const double x = w.x[i];
  const Expected<double> expected = expected_output(*w.channel, *w.constants, x, 0.0);
  count_element(w.result, w.threshold, i, expected, w.observed[i],
                std::fabs(w.channel->scale * (x - w.channel->mean)));
}

template <class A>
void compare_channel(const Channel<A>& c, const RunConstants& k, const Values& x,
                     const void* observed, DType dtype, std::int64_t start, const Runs& runs,
                     Comparison& result) {
  double threshold = std::min(result.worst_ratio, 1.0);
  each_index(runs, start, [&](std::int64_t i) {
    const A v = x.at(i);
    count_element(result, threshold, i, expected_output(c, k, v, error_of(x, i)),
                  element(observed, dtype, i),
                  static_cast<double>(std::fabs(c.scale * (v - c.mean))));
  });
}

}  // namespace

template <class A>
void BatchNormForward::compare_channels(const std::vector<Channel<A>>& channels,
                                        const void* observed, Comparison& result) const {
  const Runs runs{outer_, inner_, channels_ * inner_};
  OutputWatch watch;
  watch.look = look_at_output;
  watch.constants = &constants_;
  watch.x = static_cast<const float*>(x_.data);
  watch.observed = static_cast<const float*>(observed);
  const auto weak = [&watch] {
    return watch.loose + watch.result.loose + watch.result.ill_conditioned;
  };
  const auto compare_plain = [&](const Channel<A>& channel) {
    if constexpr (std::is_same_v<A, double>) {
      if (!is_plain_float32(x_) || profile_.dtype != DType::float32 ||
          channel.output != Standing::proven)
        return false;
      watch.channel = &channel;
      watch.threshold = std::min(watch.result.worst_ratio, 1.0);
      watch_output(channel, watch.x + watch.start, watch.observed + watch.start, runs, watch);
      return true;
    }
    return false;
  };
  for (std::int64_t i = 0; i < channels_; ++i) {
    const Channel<A>& channel = channels[static_cast<std::size_t>(i)];
    watch.start = i * inner_;
    const std::int64_t before = weak();
    if (!compare_plain(channel))
      compare_channel(channel, constants_, x_, observed, profile_.dtype, watch.start, runs,
                      watch.result);
    // A few elements near the mean are weak in any channel; one that most are weak in has lost
    // more.
    if (2 * (weak() - before) > values_per_channel() && x_.error == nullptr)
      count_lost(channel, constants_, x_, observed, profile_.dtype, watch.start, runs,
                 watch.result);
  }
  watch.result.within += watch.passed - watch.loose;
  watch.result.loose += watch.loose;
  result = watch.result;
}

Comparison BatchNormForward::compare_output(const void* observed) const {
  Comparison result;
  if (values_per_channel() == 0) return result;
  visit_working_type(profile_.dtype, [&]<class A>(std::type_identity<A>) {
    compare_channels(std::get<std::vector<Channel<A>>>(each_channel_), observed, result);
  });
  return result;
}

void BatchNormForward::output(Bounded& out) const {
  const auto size = static_cast<std::size_t>(x_.shape.numel());
  out.shape = x_.shape;
  out.value.resize(size);
  out.bound.resize(size);
  out.trivial.resize(size);
  out.weak.clear();
  const auto store = [&](const auto& channels) {
    using A = std::decay_t<decltype(channels[0].mean)>;
    const Runs runs{outer_, inner_, channels_ * inner_};
    for (std::int64_t c = 0; c < channels_; ++c) {
      const Channel<A>& channel = channels[static_cast<std::size_t>(c)];
      each_index(runs, c * inner_, [&](std::int64_t i) {
        Expected<A> expected =
            expected_output(channel, constants_, static_cast<A>(x_.at(i)), error_of(x_, i));
        const auto at = static_cast<std::size_t>(i);
        out.value[at] = stored(expected.value, expected.bound);
        out.bound[at] = expected.bound;
        out.trivial[at] = static_cast<double>(channel.bias);
        if (expected.weak) {
          out.weak.resize(size);
          out.weak[at] = true;
        }
      });
    }
  };
  if (size == 0) return;
  visit_working_type(profile_.dtype, [&]<class A>(std::type_identity<A>) {
    store(std::get<std::vector<Channel<A>>>(each_channel_));
  });
}

template <class A>
void BatchNormForward::update_running(const std::vector<Channel<A>>& channels, bool variance,
                                      const Tensor& running, double momentum, Bounded& out) const {
  const RunConstants& k = constants_;
  const double m = std::fabs(momentum), keep = std::fabs(1 - momentum), ur = std::max(k.u, k.us);
  const double unbias = k.n / (k.n - 1);
  const bool moves = k.batch_statistics && k.n > 0;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const Channel<A>& c = channels[i];
    const double old = parameter(&running, static_cast<std::int64_t>(i), 0);
    Expected<A> expected{old, 0};
    if (moves) {
      const A batch =
          variance ? c.variance * static_cast<A>(k.n) / static_cast<A>(k.n - 1) : c.mean;
      const double error = variance ? unbias * c.variance_error * (1 + 4 * k.u) : c.mean_error;
      const auto size = static_cast<double>(std::fabs(batch));
      expected.value = (1 - static_cast<A>(momentum)) * old + static_cast<A>(momentum) * batch;
      const Standing standing = worse(c.statistics, worse(standing_of(old), standing_of(momentum)));
      // eta: a momentum below the normal numbers loses that much of itself.
      expected.bound = (m * error + 4 * ur * (m * size + (m + keep) * std::fabs(old)) +
                        k.us * std::fabs(static_cast<double>(expected.value)) +
                        k.eta * (1 + size + std::fabs(old))) *
                       own_slack;
      if (standing != Standing::proven)
        expected = expect<A>(standing, std::isfinite(expected.value) ? expected.value : 0);
      else if (variance && k.n == 1)
        expected = expect_not_finite<A>();  // 0 / 0
      else if (!((m + keep) * (size + error + std::fabs(old) + 1) < k.overflow))
        expected = expect_anything<A>();
    }
    out.value[i] = stored(expected.value, expected.bound);
    out.bound[i] = expected.bound;
    out.trivial[i] = old;
  }
}

void BatchNormForward::update(const Tensor& running, double momentum, bool variance,
                              Bounded& out) const {
  require_size(&running, channels_);
  out.shape = Shape{channels_};
  for (auto* part : {&out.value, &out.bound, &out.trivial})
    part->resize(static_cast<std::size_t>(channels_));
  out.weak.clear();
  visit_working_type(profile_.dtype, [&]<class A>(std::type_identity<A>) {
    update_running(std::get<std::vector<Channel<A>>>(each_channel_), variance, running, momentum,
                   out);
  });
}

void BatchNormForward::update_running_mean(const Tensor& running_mean, double momentum,
                                           Bounded& out) const {
  update(running_mean, momentum, false, out);
}

void BatchNormForward::update_running_var(const Tensor& running_var, double momentum,
                                          Bounded& out) const {
  update(running_var, momentum, true, out);
}

}  // namespace normdiff::reference
