#include "fuzz/affordable.hpp"

namespace normdiff {
namespace {

constexpr std::size_t most_statements = 48;
constexpr std::size_t most_places = 96;
constexpr std::int64_t most_elements = 512;
constexpr std::int64_t largest_layer = 128;
constexpr std::int64_t largest_kernel = 5;
constexpr std::int64_t most_channels = 8;
/// A convolution with padding gives more than it takes, so few may follow one another.
constexpr int most_padded = 4;

/// Of the options of one layer.
struct Affordable {
  bool operator()(std::monostate) const { return true; }
  bool operator()(const reference::BatchNormOptions& norm) const {
    return norm.num_features <= largest_layer;
  }
  bool operator()(const reference::LinearOptions& linear) const {
    return linear.in_features <= largest_layer && linear.out_features <= largest_layer;
  }
  bool operator()(const reference::Conv2dOptions& conv) const {
    return conv.in_channels <= most_channels && conv.out_channels <= most_channels &&
           conv.kernel_size <= largest_kernel && conv.padding <= conv.kernel_size;
  }
};

}  // namespace

bool affordable(const Scenario& scenario, const Scope& scope) {
  if (scenario.statements.size() > most_statements) return false;
  if (scope.total_places() > static_cast<int>(most_places)) return false;
  for (const Statement& statement : scenario.statements)
    if (const auto* made = std::get_if<MakeTensor>(&statement.step))
      if (made->shape.numel() > most_elements) return false;
  for (std::size_t name = 0; name < scope.size(); ++name) {
    int padded = 0;
    for (const reference::Place& place : scope[static_cast<NameId>(name)].places) {
      if (!std::visit(Affordable{}, place.module->options)) return false;
      const auto* conv = std::get_if<reference::Conv2dOptions>(&place.module->options);
      if (conv != nullptr && conv->padding > 0 && ++padded > most_padded) return false;
    }
  }
  return true;
}

}  // namespace normdiff
