#include "harness/scenario/work.hpp"

#include <array>
#include <cmath>

namespace normdiff {
namespace {

using reference::Conv2dOptions;
using reference::LinearOptions;
using reference::ModuleKind;

constexpr double per_element = 16;

/// An activation on its way through a tree. Sizes are doubles: padding makes them as large as it
/// likes.
class Walk {
 public:
  explicit Walk(const Shape& input) : rank_(input.rank()) {
    for (int i = 0; i < rank_; ++i) at(i) = static_cast<double>(input[i]);
  }
  [[nodiscard]] Work work() const { return work_; }
  [[nodiscard]] double elements() const {
    double product = 1;
    for (int i = 0; i < rank_; ++i) product *= sizes_[static_cast<std::size_t>(i)];
    return product;
  }

  /// False where it would be refused for its sizes.
  bool through(const reference::ModuleSpec& module) {
    if (module.kind == ModuleKind::Sequential) {
      for (const auto& child : module.children)
        if (!through(*child.module)) return false;
      return true;
    }
    if (const auto* conv = std::get_if<Conv2dOptions>(&module.options)) {
      if (!convolve(*conv)) return false;
    } else if (const auto* linear = std::get_if<LinearOptions>(&module.options)) {
      if (!multiply(*linear)) return false;
    } else if (module.kind == ModuleKind::Flatten) {
      flatten();
    }
    work_.forward += per_element * elements();
    work_.backward += 2 * per_element * elements();
    return true;
  }

 private:
  double& at(int i) { return sizes_[static_cast<std::size_t>(i)]; }

  bool convolve(const Conv2dOptions& conv) {
    if (rank_ < 3 || rank_ > 4) return false;
    const auto kernel = static_cast<double>(conv.kernel_size);
    const auto channels = static_cast<double>(conv.in_channels);
    const auto outputs = static_cast<double>(conv.out_channels);
    if (at(rank_ - 3) != channels) return false;
    const double taken = elements();
    for (int i = rank_ - 2; i < rank_; ++i) {
      const double room = at(i) + 2 * static_cast<double>(conv.padding) - kernel;
      if (room < 0) return false;
      at(i) = std::floor(room / static_cast<double>(conv.stride)) + 1;
    }
    at(rank_ - 3) = outputs;
    const double products = elements() * channels * kernel * kernel;
    work_.forward += products;
    // Of the weight, as many; of the input, the kernel for each element taken, whatever the stride.
    work_.backward += products + taken * (outputs * kernel * kernel + per_element);
    return true;
  }

  bool multiply(const LinearOptions& linear) {
    if (rank_ < 1 || at(rank_ - 1) != static_cast<double>(linear.in_features)) return false;
    at(rank_ - 1) = static_cast<double>(linear.out_features);
    const double products = elements() * static_cast<double>(linear.in_features);
    work_.forward += products;
    work_.backward += 2 * products;
    return true;
  }

  void flatten() {
    for (; rank_ > 2; --rank_) at(1) *= at(rank_ - 1);
  }

  std::array<double, Shape::max_rank> sizes_{};
  int rank_;
  Work work_;
};

template <class S>
double work_by(const Scenario& scenario, const Scope& scope, const S& step) {
  // A forward of the tree at `module` on the tensor `input`, and its backward.
  const auto of = [&](ModuleRef module, NameId input) {
    return work_of(*scope.place(module).module,
                   definition<MakeTensor>(scenario, scope, input).shape);
  };
  double work = 0;
  if constexpr (S::effect.forwards > 0)
    work +=
        S::effect.forwards * of(module_of(step)->it, operand_of(step, Takes::tensor)->it).forward;
  if constexpr (S::effect.backwards > 0) {
    const auto& forward =
        definition<Forward>(scenario, scope, operand_of(step, Takes::differentiable)->it);
    work += S::effect.backwards * of(forward.module, forward.input).backward;
  }
  return work;
}

}  // namespace

Work work_of(const reference::ModuleSpec& tree, const Shape& input) {
  Walk walk(input);
  walk.through(tree);
  return walk.work();
}

std::optional<double> elements_of_output(const reference::ModuleSpec& tree, const Shape& input) {
  Walk walk(input);
  if (!walk.through(tree)) return std::nullopt;
  return walk.elements();
}

double work_of(const Scenario& scenario, const Scope& scope, const Step& step) {
  return std::visit([&](const auto& s) { return work_by(scenario, scope, s); }, step);
}

}  // namespace normdiff
