#include <algorithm>
#include <iterator>

#include "harness/generate/generator.hpp"

// Networks in orders that people build: convolution, normalisation, relu, flatten, linear.
namespace normdiff {
namespace {

/// A batch norm that takes inputs of a rank.
reference::Layer norm_of(int rank, const reference::BatchNormOptions& options) {
  if (rank == 5) return reference::BatchNorm<3>{options};
  if (rank == 4) return reference::BatchNorm<2>{options};
  return reference::BatchNorm<1>{options};
}

/// Values of one sample and channel.
int values(const Signature& s) {
  int n = 1;
  for (int i = 0; i < s.rank - 2; ++i) n *= s.spatial[static_cast<std::size_t>(i)];
  return n;
}

/// A layer's name in its network, where it is the first of its kind; the second is "conv2".
struct LayerName {
  std::string_view operator()(const reference::Sequential&) const { return "block"; }
  std::string_view operator()(const reference::BatchNormOptions&) const { return "bn"; }
  std::string_view operator()(const reference::ConvOptions&) const { return "conv"; }
  std::string_view operator()(const reference::Linear&) const { return "fc"; }
  std::string_view operator()(const reference::ReLU&) const { return "relu"; }
  std::string_view operator()(const reference::Flatten&) const { return "flatten"; }
};
std::string_view layer_name(const reference::Layer& layer) {
  return std::visit(LayerName{}, layer);
}

}  // namespace

ModuleExpression Generator::batch_norm(Signature takes, Part& part) {
  static constexpr std::array<double, 5> eps = {0.1, 1.0, 0.001, 1e-12, 0.01};
  static constexpr std::array<double, 6> momentum = {0, 1, -1.2, 2, 0.3, 0.5};
  reference::BatchNormOptions options;
  options.num_features = takes.channels;
  if (!is(Profile::bench)) {
    if (random_.chance(0.45)) options.eps = one_of(eps);
    if (random_.chance(0.4)) {
      if (random_.chance(0.3))
        options.momentum.reset();
      else
        options.momentum = one_of(momentum);
    }
    options.affine = !random_.chance(0.12);
    options.track_running_stats = !random_.chance(0.12);
  }
  part.batch_norm = true;
  part.weight = part.bias = options.affine;
  part.running = options.track_running_stats;
  part.eps = options.eps;
  part.takes = takes;
  // Elsewhere than in its chain it takes any size of its rank.
  part.takes.fixed = false;
  part.takes.spatial = {1, 1, 1};
  part.takes.single = false;
  ModuleExpression module;
  module.layer = norm_of(takes.rank, options);
  return module;
}

void Generator::begin_chain() {
  static constexpr std::array<int, 10> ranks = {4, 4, 4, 4, 4, 2, 2, 3, 3, 5};
  chain_.clear();
  flow_ = {};
  flow_.rank = one_of(ranks);
  flow_.channels = between(1, 4);
  for (int& size : flow_.spatial) size = between(1, flow_.rank == 5 ? 2 : 3);
  flow_.single = true;
  first_ = flow_;
}

void Generator::add_layer(ModuleExpression module, Part part) {
  std::string name(layer_name(module.layer));
  const auto before = std::count_if(chain_.begin(), chain_.end(), [&](const Layer& layer) {
    return layer_name(layer.module.layer) == layer_name(module.layer);
  });
  if (before > 0) name += std::to_string(before + 1);
  chain_.push_back({std::move(name), std::move(module), part});
}

void Generator::add_batch_norm() {
  Part part;
  ModuleExpression module = batch_norm(flow_, part);
  if (values(flow_) < 2) first_.single = false;
  add_layer(std::move(module), part);
}

void Generator::add_convolution() {
  reference::Conv<2> options;
  options.in_channels = flow_.channels;
  options.out_channels = between(1, 4);
  options.padding = random_.chance(0.3) ? 1 : 0;
  const int smallest = std::min(flow_.spatial[0], flow_.spatial[1]);
  const int room = smallest + 2 * static_cast<int>(options.padding);
  options.kernel_size = between(1, std::min(3, room));
  options.stride = random_.chance(0.15) ? 2 : 1;
  options.bias = random_.chance(0.5);
  for (std::size_t i = 0; i < 2; ++i)
    flow_.spatial[i] =
        static_cast<int>(options.windows().count(flow_.spatial[i], options.kernel_size));
  flow_.channels = static_cast<int>(options.out_channels);
  Part part;
  part.weight = true;
  part.bias = options.bias;
  ModuleExpression module;
  module.layer = options;
  add_layer(std::move(module), part);
}

void Generator::add_linear() {
  // A linear layer works on the last dimension: of (N, C, L) that is L.
  int& features = flow_.rank == 2 ? flow_.channels : flow_.spatial[0];
  reference::Linear options;
  options.in_features = features;
  options.out_features = between(1, 4);
  options.bias = random_.chance(0.5);
  features = static_cast<int>(options.out_features);
  if (flow_.rank != 2) first_.fixed = true;
  Part part;
  part.weight = true;
  part.bias = options.bias;
  ModuleExpression module;
  module.layer = options;
  add_layer(std::move(module), part);
}

void Generator::add_plain(reference::Layer layer) {
  ModuleExpression module;
  module.layer = layer;
  if (std::holds_alternative<reference::Flatten>(layer)) {
    first_.fixed = true;
    flow_.channels *= values(flow_);
    flow_.rank = 2;
  }
  add_layer(std::move(module), {});
}

void Generator::layers() {
  begin_chain();
  const bool linear_first = flow_.rank == 2 || flow_.rank == 3;
  if (flow_.rank == 4 && random_.chance(0.7)) {
    if (random_.chance(0.1)) add_batch_norm();
    add_convolution();
  } else if (linear_first && random_.chance(0.5)) {
    add_linear();
  }
  add_batch_norm();
  if (random_.chance(0.5)) add_plain(reference::ReLU{});
  if (random_.chance(0.2)) {
    if (flow_.rank == 4 && random_.chance(0.6)) add_convolution();
    add_batch_norm();
  }
  if (flow_.rank > 2 && random_.chance(0.25)) {
    add_plain(reference::Flatten{});
    add_linear();
    if (random_.chance(0.3)) add_batch_norm();
  } else if (flow_.rank == 2 && random_.chance(0.3)) {
    add_linear();
  }
}

/// The chain as a tree: flat, or its first layers in a block of their own.
void Generator::assemble(NameId result, int group) {
  Tree& tree = trees_.emplace_back();
  tree.name = result;
  tree.group = group;
  tree.structure = structures_++;
  tree.takes = first_;
  ModuleExpression root;
  if (chain_.size() == 1 && random_.chance(0.85)) {
    root = std::move(chain_[0].module);
    tree.parts.push_back(chain_[0].part);
  } else {
    const bool named = random_.chance(0.85);
    const bool nested = chain_.size() > 2 && random_.chance(0.2);
    const std::size_t inner = nested ? 2 : 0;
    root.named_children = named;
    root.children.reserve(chain_.size());
    tree.parts.push_back({});
    ModuleExpression* parent = &root;
    if (nested) {
      ModuleExpression block;
      block.named_children = named;
      block.children.reserve(inner);
      root.children.push_back({named ? "block" : "0", std::move(block)});
      tree.parts.emplace_back().place = 1;
      parent = &std::get<ModuleExpression>(root.children[0].module);
    }
    for (std::size_t i = 0; i < chain_.size(); ++i) {
      if (i == inner) parent = &root;
      std::string child =
          named ? std::move(chain_[i].name) : std::to_string(parent->children.size());
      parent->children.push_back({std::move(child), std::move(chain_[i].module)});
      chain_[i].part.place = static_cast<std::uint16_t>(tree.parts.size());
      chain_[i].part.module = chain_[i].part.place;
      tree.parts.push_back(chain_[i].part);
    }
  }
  for (const Part& part : tree.parts) tree.parameters = tree.parameters || part.weight;
  push(Construct{result, std::move(root)});
}

void Generator::network() {
  const bool alone = random_.chance(is(Profile::bench) ? 0.2 : 0.3);
  if (alone) {
    begin_chain();
    add_batch_norm();
  } else {
    layers();
  }
  groups_.push_back({});
  assemble(name("net", nets_), static_cast<int>(groups_.size()) - 1);
}

/// A BatchNorm with a name, and networks that hold it: one twice, or two once each.
void Generator::shared_network() {
  begin_chain();
  add_batch_norm();
  groups_.push_back({});
  const int group = static_cast<int>(groups_.size()) - 1;
  const NameId norm = name("bn", norms_);
  Tree& shared = trees_.emplace_back();
  shared.name = norm;
  shared.group = group;
  shared.structure = structures_++;
  shared.takes = first_;
  const Part part = chain_[0].part;
  shared.parts.push_back(part);
  shared.parameters = part.weight;
  const bool parameters = part.weight;
  push(Construct{norm, std::move(chain_[0].module)});
  const bool twice = random_.chance(0.6);
  for (int net = 0; net < (twice ? 1 : 2); ++net) {
    ModuleExpression root;
    root.named_children = true;
    root.children.push_back({"a", norm});
    ModuleExpression relu;
    relu.layer = reference::ReLU{};
    if (random_.chance(0.6)) root.children.push_back({"relu", std::move(relu)});
    if (twice) root.children.push_back({"b", norm});
    Tree& tree = trees_.emplace_back();
    tree.name = name("net", nets_);
    tree.group = group;
    tree.structure = structures_++;
    tree.takes = first_;
    tree.parameters = parameters;
    tree.parts.push_back({});
    std::uint16_t place = 1;
    for (const ModuleExpression::Child& child : root.children) {
      Part below;
      if (child.name != "relu") below = part;
      below.place = place++;
      tree.parts.push_back(below);
    }
    push(Construct{tree.name, std::move(root)});
  }
}

}  // namespace normdiff
