#pragma once

#include <optional>
#include <vector>

#include "reference/error.hpp"
#include "reference/numeric/bounded.hpp"
#include "reference/numeric/profile.hpp"
#include "reference/ops/batch_norm_channel.hpp"

namespace normdiff::reference {

/// The share of a sum's error that is a bias's, where the bias may have been folded into the sum:
/// relative to |mean scale| + |bias|, and absolute.
struct FoldedBias {
  double gam = 0;
  double absolute = 0;
};

/// The tensors and options of one batch normalisation. Each tensor has C elements, or is null.
struct BatchNormParameters {
  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
  const Tensor* running_mean = nullptr;
  const Tensor* running_var = nullptr;
  bool batch_statistics = true;  ///< normalise with the batch's statistics, else the running ones
  double eps = 1e-5;
  FoldedBias folded = {};  ///< in eval behind a convolution, see Folding
};

/// y = (x - mean) / sqrt(var + eps) * weight + bias over (N, C, ...), exactly, with proven bounds.
/// Documented: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html.
/// Bounds: the formulas in the .cpp, from the standard model of floating-point arithmetic.
///
/// Buffers are reused from run to run; an instance is meant to be kept. `x` must outlive the
/// comparisons. With a float64 profile everything is computed in long double, with a float32 one in
/// double.
class BatchNormForward {
 public:
  /// Statistics over every dimension but dimension 1. x: rank 2 to 5, exact or with errors.
  /// Makes no checks beyond what keeps memory safe: refusing is the module's part. A parameter of
  /// other than C elements, or a rank below 2, throws std::invalid_argument.
  void run(const Values& x, const BatchNormParameters& parameters, const Profile& profile);

  /// Holds an observed output (dense, of profile.dtype) against the exact one, element by element,
  /// without storing it. Does not look for equal bits: those count as within.
  [[nodiscard]] Comparison compare_output(const void* observed) const;
  /// The same output, stored. Overwrites `out`.
  void output(Bounded& out) const;

  /// (1 - momentum) * running + momentum * batch, with the unbiased variance; C elements each.
  /// After a run without batch statistics, or of an empty batch, nothing moves: the bound is 0.
  void update_running_mean(const Tensor& running_mean, double momentum, Bounded& out) const;
  void update_running_var(const Tensor& running_var, double momentum, Bounded& out) const;

  /// Values for each channel: N * L.
  [[nodiscard]] std::int64_t values_per_channel() const { return outer_ * inner_; }

 private:
  friend class BatchNormBackward;

  template <class A>
  void run_channels(std::vector<detail::Channel<A>>& channels,
                    const BatchNormParameters& parameters);
  template <class A>
  void compare_channels(const std::vector<detail::Channel<A>>& channels, const void* observed,
                        Comparison& result) const;
  void update(const Tensor& running, double momentum, bool variance, Bounded& out) const;
  template <class A>
  void update_running(const std::vector<detail::Channel<A>>& channels, bool variance,
                      const Tensor& running, double momentum, Bounded& out) const;

  Values x_;
  Profile profile_;
  detail::RunConstants constants_;
  std::int64_t outer_ = 0;     ///< N
  std::int64_t channels_ = 0;  ///< C
  std::int64_t inner_ = 0;     ///< product of the dimensions after C
  detail::ByWorkingType<detail::Channel> each_channel_;
};

/// Gradients of one BatchNormForward. Textbook formulas; linear in eval mode.
class BatchNormBackward {
 public:
  /// upstream: the shape of x, exact or with errors. `forward` must have run and stay as it is, its
  /// x live, until the last comparison. An upstream of another size throws std::invalid_argument.
  void run(const BatchNormForward& forward, const Values& upstream);

  [[nodiscard]] Comparison compare_input_gradient(const void* observed) const;
  void input_gradient(Bounded& out) const;
  void weight_gradient(Bounded& out) const;  ///< C elements
  void bias_gradient(Bounded& out) const;    ///< C elements

 private:
  template <class A>
  void run_channels(const std::vector<detail::Channel<A>>& channels,
                    std::vector<detail::GradientChannel<A>>& gradients);
  template <class A>
  void compare_channels(const std::vector<detail::Channel<A>>& channels,
                        const std::vector<detail::GradientChannel<A>>& gradients,
                        const void* observed, Comparison& result) const;

  const BatchNormForward* forward_ = nullptr;
  Values upstream_;
  detail::ByWorkingType<detail::GradientChannel> each_channel_;
};

}  // namespace normdiff::reference
