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

/// Channels and kernels of a convolution are few and small; of whatever else holds tensors, sizes.
bool is_small(const reference::Layer& layer) {
  bool small = true;
  visit_tensors(layer, [&small](const reference::FreshTensor& fresh) {
    const Shape& shape = fresh.shape;
    const bool is_kernel = shape.rank() > 2;
    for (int i = 0; i < shape.rank(); ++i)
      small &= shape[i] <= (!is_kernel ? largest_layer : i < 2 ? most_channels : largest_kernel);
  });
  return small;
}

/// The zeros that a layer puts around its input: none, no more than its kernel is large, or more.
enum class Padding : std::uint8_t { none, modest, much };
Padding padding_of(const reference::Layer& layer) {
  return std::visit(
      [](const auto& x) {
        if constexpr (requires { x.padding > x.kernel_size; })
          return x.padding == 0               ? Padding::none
                 : x.padding <= x.kernel_size ? Padding::modest
                                              : Padding::much;
        else
          return Padding::none;
      },
      layer);
}

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
      if (!is_small(place.module->layer)) return false;
      const Padding padding = padding_of(place.module->layer);
      if (padding == Padding::much) return false;
      if (padding == Padding::modest && ++padded > most_padded) return false;
    }
  }
  return true;
}

}  // namespace normdiff
