#pragma once

#include <variant>

#include "harness/language/field.hpp"

namespace normdiff {

/// Sizes of layers; what their product may be is max_tensor_elements.
inline constexpr IntegerRange layer_size{0, 1 << 16};

/// The arguments of a module, in PyTorch's order; `fields` as for a step.
template <class Options>
struct ModuleType;

template <>
struct ModuleType<std::monostate> {
  template <class Io, class S>
  static void fields(Io&, S&) {}
};

template <>
struct ModuleType<reference::BatchNormOptions> {
  template <class Io, class S>
  static void fields(Io& io, S& options) {
    io.value("num_features", options.num_features, layer_size);
    io.option("eps", options.eps, 1e-5, Any{});
    io.option("momentum", options.momentum, std::optional<double>(0.1), Any{});
    io.option("affine", options.affine, true, Any{});
    io.option("track_running_stats", options.track_running_stats, true, Any{});
  }
};

template <>
struct ModuleType<reference::Conv2dOptions> {
  template <class Io, class S>
  static void fields(Io& io, S& options) {
    io.value("in_channels", options.in_channels, layer_size);
    io.value("out_channels", options.out_channels, layer_size);
    io.required("kernel_size", options.kernel_size, IntegerRange{1, layer_size.most});
    io.option("stride", options.stride, std::int64_t{1}, IntegerRange{1, layer_size.most});
    io.option("padding", options.padding, std::int64_t{0}, layer_size);
    io.option("bias", options.bias, true, Any{});
  }
};

template <>
struct ModuleType<reference::LinearOptions> {
  template <class Io, class S>
  static void fields(Io& io, S& options) {
    io.value("in_features", options.in_features, layer_size);
    io.value("out_features", options.out_features, layer_size);
    io.option("bias", options.bias, true, Any{});
  }
};

}  // namespace normdiff
