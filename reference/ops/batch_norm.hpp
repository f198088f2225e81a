#pragma once

#include <optional>
#include <vector>

#include "reference/error.hpp"
#include "reference/numeric/bounded.hpp"
#include "reference/numeric/profile.hpp"

namespace normdiff::reference {

/// The tensors and options of one batch normalisation. Each tensor has C elements, or is null.
struct BatchNormParameters {
  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
  const Tensor* running_mean = nullptr;
  const Tensor* running_var = nullptr;
  bool batch_statistics = true;  ///< normalise with the batch's statistics, else the running ones
  double eps = 1e-5;
};

/// y = (x - mean) / sqrt(var + eps) * weight + bias over (N, C, ...), exactly, with proven bounds.
/// Documented: https://docs.pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html.
/// Bounds: the formulas in the .cpp, from the standard model of floating-point arithmetic.
///
/// Buffers are reused from run to run; an instance is meant to be kept. `x` must outlive the
/// comparisons. Inputs of float64 are computed in long double, of float32 in double.
class BatchNormForward {
 public:
  /// Statistics over every dimension but dimension 1. x: rank 2 to 5, exact or with errors.
  /// Makes no checks beyond what keeps memory safe: refusing is the module's part.
  void run(const Values& x, const BatchNormParameters& parameters, const Profile& profile);

  /// Holds an observed output (dense, of profile.dtype) against the exact one, element by element,
  /// without storing it.
  [[nodiscard]] Comparison compare_output(const void* observed) const;
  /// The same output, stored. Overwrites `out`.
  void output(Bounded& out) const;

  /// (1 - momentum) * running + momentum * batch, with the unbiased variance; C elements each.
  /// Only after a run with batch statistics.
  void update_running_mean(const Tensor& running_mean, double momentum, Bounded& out) const;
  void update_running_var(const Tensor& running_var, double momentum, Bounded& out) const;

  /// Values for each channel: N * L.
  [[nodiscard]] std::int64_t values_per_channel() const;
  // (private part: BatchNormBackward is a friend)
};

/// Gradients of one BatchNormForward. Textbook formulas; linear in eval mode.
class BatchNormBackward {
 public:
  /// upstream: the shape of x, exact or with errors. `forward` must have run, and its x live.
  void run(const BatchNormForward& forward, const Values& upstream);

  [[nodiscard]] Comparison compare_input_gradient(const void* observed) const;
  void input_gradient(Bounded& out) const;
  void weight_gradient(Bounded& out) const;  ///< C elements
  void bias_gradient(Bounded& out) const;    ///< C elements
};

}  // namespace normdiff::reference
