#include "harness/generate/networks.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace normdiff {
namespace {

/// A batch norm that takes inputs of a rank.
reference::Layer batch_norm_of(int rank, const reference::NormOptions& options) {
  if (rank == 5) return reference::BatchNorm<3>{{options}};
  if (rank == 4) return reference::BatchNorm<2>{{options}};
  return reference::BatchNorm<1>{{options}};
}
/// An instance norm that takes inputs of a rank, 3 to 5 with the batch.
reference::Layer instance_norm_of(int rank, const reference::NormOptions& options) {
  if (rank == 5) return reference::InstanceNorm<3>(options);
  if (rank == 4) return reference::InstanceNorm<2>(options);
  return reference::InstanceNorm<1>(options);
}

/// A convolution that takes inputs of a rank, with a batch.
reference::Layer convolution_of(int rank, const reference::ConvOptions& options) {
  if (rank == 5) return reference::Conv<3>{options};
  if (rank == 4) return reference::Conv<2>{options};
  return reference::Conv<1>{options};
}

/// Values of one sample and channel.
int values(const InputSizes& s) {
  int n = 1;
  for (int i = 0; i < s.rank - 2; ++i) n *= s.spatial[static_cast<std::size_t>(i)];
  return n;
}

/// A layer's name in its network, where it is the first of its kind; the second is "conv2".
struct LayerName {
  std::string_view operator()(const reference::Sequential&) const { return "block"; }
  std::string_view operator()(const reference::BatchNormOptions&) const { return "bn"; }
  std::string_view operator()(const reference::InstanceNormOptions&) const { return "inorm"; }
  std::string_view operator()(const reference::ConvOptions&) const { return "conv"; }
  std::string_view operator()(const reference::Linear&) const { return "fc"; }
  std::string_view operator()(const reference::ReLU&) const { return "relu"; }
  std::string_view operator()(const reference::Flatten&) const { return "flatten"; }
  std::string_view operator()(const reference::Identity&) const { return "identity"; }
  std::string_view operator()(const reference::Dropout&) const { return "dropout"; }
};
std::string_view layer_name(const reference::Layer& layer) {
  return std::visit(LayerName{}, layer);
}

/// The chain of layers being built, and the shape that flows through it.
class Chain {
 public:
  explicit Chain(Draft& draft);

  /// A batch norm; now and then, where a sample has values enough for it, an instance norm.
  void add_norm();
  void add_convolution();
  void add_linear();
  void add_plain(reference::Layer layer);
  /// Layers as people stack them.
  void add_layers();
  /// Constructs the chain as a tree: flat, or its first layers in a block of their own.
  void assemble(NameId result, std::size_t group);

  /// The whole chain takes such inputs.
  [[nodiscard]] const InputSizes& takes() const { return first_; }
  [[nodiscard]] ModuleExpression& first_module() { return layers_[0].module; }
  [[nodiscard]] const DraftedModule& first_part() const { return layers_[0].part; }

 private:
  struct Layer {
    std::string name;
    ModuleExpression module;
    DraftedModule part;
  };
  void add_layer(ModuleExpression module, DraftedModule part);

  Draft& draft_;
  std::vector<Layer> layers_;
  InputSizes first_;
  InputSizes flow_;
};

ModuleExpression norm(Draft& draft, InputSizes takes, bool instance, DraftedModule& part) {
  static constexpr std::array<double, 5> eps = {0.1, 1.0, 0.001, 1e-12, 0.01};
  static constexpr std::array<double, 6> momentum = {0, 1, -1.2, 2, 0.3, 0.5};
  reference::NormOptions options;
  options.num_features = takes.channels;
  if (!draft.is(Profile::bench)) {
    if (draft.random.chance(0.45)) options.eps = draft.one_of(eps);
    if (draft.random.chance(0.4)) {
      if (draft.random.chance(instance ? 0.05 : 0.3))  // C++'s instance norms take no None
        options.momentum.reset();
      else
        options.momentum = draft.one_of(momentum);
    }
    options.affine = !draft.random.chance(instance ? 0.5 : 0.12);
    options.track_running_stats = !draft.random.chance(instance ? 0.5 : 0.12);
  }
  part.norm = true;
  part.weight = part.bias = options.affine;
  part.running = options.track_running_stats;
  part.eps = options.eps;
  part.takes = takes;
  // Elsewhere than in its chain it takes any size of its rank.
  part.takes.fixed = false;
  part.takes.spatial = {1, 1, 1};
  part.takes.single = instance;
  part.takes.unbatched = instance;
  if (instance) part.takes.spatial[0] = 2;  // of one value there is no variance
  ModuleExpression module;
  module.layer =
      instance ? instance_norm_of(takes.rank, options) : batch_norm_of(takes.rank, options);
  return module;
}

Chain::Chain(Draft& draft) : draft_(draft) {
  static constexpr std::array<int, 10> ranks = {4, 4, 4, 4, 4, 2, 2, 3, 3, 5};
  flow_.rank = draft_.one_of(ranks);
  flow_.channels = draft_.between(1, 4);
  for (int& size : flow_.spatial) size = draft_.between(1, flow_.rank == 5 ? 2 : 3);
  flow_.single = true;
  flow_.unbatched = flow_.rank > 2;
  first_ = flow_;
}

void Chain::add_layer(ModuleExpression module, DraftedModule part) {
  std::string name(layer_name(module.layer));
  const auto before = std::count_if(layers_.begin(), layers_.end(), [&](const Layer& layer) {
    return layer_name(layer.module.layer) == layer_name(module.layer);
  });
  if (before > 0) name += std::to_string(before + 1);
  layers_.push_back({std::move(name), std::move(module), part});
}

void Chain::add_norm() {
  DraftedModule part;
  const bool instance =
      values(flow_) > 1 && !draft_.is(Profile::bench) && draft_.random.chance(0.2);
  ModuleExpression module = norm(draft_, flow_, instance, part);
  if (!instance) first_.unbatched = false;
  if (values(flow_) < 2) first_.single = false;
  add_layer(std::move(module), part);
}

void Chain::add_convolution() {
  const auto spatial = flow_.spatial.begin();
  const auto behind = spatial + (flow_.rank - 2);
  reference::ConvOptions options;
  options.in_channels = flow_.channels;
  options.out_channels = draft_.between(1, 4);
  options.padding = draft_.random.chance(0.3) ? 1 : 0;
  const int room = *std::min_element(spatial, behind) + 2 * static_cast<int>(options.padding);
  options.kernel_size = draft_.between(1, std::min(3, room));
  options.stride = draft_.random.chance(0.15) ? 2 : 1;
  options.bias = draft_.random.chance(0.5);
  if (draft_.random.chance(0.3)) {
    const std::int64_t wanted = draft_.random.chance(0.5) ? 2 : options.in_channels;
    options.groups = std::gcd(wanted, options.in_channels);
    options.out_channels = options.groups * draft_.between(1, 2);
  }
  for (auto size = spatial; size != behind; ++size)
    *size = static_cast<int>(options.windows().count(*size, options.kernel_size));
  flow_.channels = static_cast<int>(options.out_channels);
  DraftedModule part;
  part.weight = true;
  part.bias = options.bias;
  ModuleExpression module;
  module.layer = convolution_of(flow_.rank, options);
  add_layer(std::move(module), part);
}

void Chain::add_linear() {
  // A linear layer works on the last dimension: of (N, C, L) that is L.
  int& features = flow_.rank == 2 ? flow_.channels : flow_.spatial[0];
  reference::Linear options;
  options.in_features = features;
  options.out_features = draft_.between(1, 4);
  options.bias = draft_.random.chance(0.5);
  features = static_cast<int>(options.out_features);
  if (flow_.rank != 2) first_.fixed = true;
  first_.unbatched = false;
  DraftedModule part;
  part.weight = true;
  part.bias = options.bias;
  ModuleExpression module;
  module.layer = options;
  add_layer(std::move(module), part);
}

void Chain::add_plain(reference::Layer layer) {
  ModuleExpression module;
  module.layer = layer;
  if (std::holds_alternative<reference::Flatten>(layer)) {
    first_.fixed = true;
    first_.unbatched = false;
    flow_.channels *= values(flow_);
    flow_.rank = 2;
  }
  add_layer(std::move(module), {});
}

void Chain::add_layers() {
  const bool convolves = flow_.rank >= 4 || (flow_.rank == 3 && draft_.random.chance(0.5));
  const bool linear_first = flow_.rank == 2 || flow_.rank == 3;
  if (convolves && draft_.random.chance(0.7)) {
    if (draft_.random.chance(0.1)) add_norm();
    add_convolution();
  } else if (linear_first && draft_.random.chance(0.5)) {
    add_linear();
  }
  if (draft_.random.chance(0.06)) add_plain(reference::Identity{});
  add_norm();
  if (draft_.random.chance(0.5)) add_plain(reference::ReLU{});
  if (draft_.random.chance(0.06)) add_plain(reference::Identity{});
  if (draft_.random.chance(0.1)) add_plain(reference::Dropout{draft_.random.chance(0.3) ? 1. : 0.});
  if (draft_.random.chance(0.2)) {
    if (convolves && draft_.random.chance(0.6)) add_convolution();
    add_norm();
  }
  if (flow_.rank > 2 && draft_.random.chance(0.25)) {
    add_plain(reference::Flatten{});
    add_linear();
    if (draft_.random.chance(0.3)) add_norm();
  } else if (flow_.rank == 2 && draft_.random.chance(0.3)) {
    add_linear();
  }
}

void Chain::assemble(NameId result, std::size_t group) {
  DraftedTree& tree = draft_.trees.emplace_back();
  tree.name = result;
  tree.group = group;
  tree.structure = draft_.new_structure();
  tree.takes = first_;
  for (const Layer& layer : layers_)
    if (!is_batch_norm(layer.module.layer)) tree.layers.push_back(layer.module.layer);
  ModuleExpression root;
  if (layers_.size() == 1 && draft_.random.chance(0.85)) {
    root = std::move(layers_[0].module);
    tree.modules.push_back(layers_[0].part);
  } else {
    const bool named = draft_.random.chance(0.85);
    const bool nested = layers_.size() > 2 && draft_.random.chance(0.2);
    const std::size_t inner = nested ? 2 : 0;
    root.named_children = named;
    root.children.reserve(layers_.size());
    tree.modules.push_back({});
    ModuleExpression* parent = &root;
    if (nested) {
      ModuleExpression block;
      block.named_children = named;
      block.children.reserve(inner);
      root.children.push_back({named ? "block" : "0", std::move(block)});
      tree.modules.emplace_back().place = 1;
      parent = &std::get<ModuleExpression>(root.children[0].module);
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (i == inner) parent = &root;
      std::string child =
          named ? std::move(layers_[i].name) : std::to_string(parent->children.size());
      parent->children.push_back({std::move(child), std::move(layers_[i].module)});
      layers_[i].part.place = static_cast<std::uint16_t>(tree.modules.size());
      layers_[i].part.identity = layers_[i].part.place;
      tree.modules.push_back(layers_[i].part);
    }
  }
  for (const DraftedModule& part : tree.modules) tree.parameters = tree.parameters || part.weight;
  draft_.push(Construct{result, std::move(root)});
}

}  // namespace

void draw_network(Draft& draft) {
  const bool alone = draft.random.chance(draft.is(Profile::bench) ? 0.2 : 0.3);
  Chain chain(draft);
  if (alone)
    chain.add_norm();
  else
    chain.add_layers();
  const std::size_t group = draft.add_group();
  chain.assemble(draft.name(NameStem::net), group);
}

void draw_shared_network(Draft& draft) {
  Chain chain(draft);
  chain.add_norm();
  const std::size_t group = draft.add_group();
  const NameId norm = draft.name(NameStem::norm);
  DraftedTree& shared = draft.trees.emplace_back();
  shared.name = norm;
  shared.group = group;
  shared.structure = draft.new_structure();
  shared.takes = chain.takes();
  const DraftedModule part = chain.first_part();
  shared.modules.push_back(part);
  shared.parameters = part.weight;
  draft.push(Construct{norm, std::move(chain.first_module())});
  const bool twice = draft.random.chance(0.6);
  for (int net = 0; net < (twice ? 1 : 2); ++net) {
    ModuleExpression root;
    root.named_children = true;
    root.children.push_back({"a", norm});
    ModuleExpression relu;
    relu.layer = reference::ReLU{};
    if (draft.random.chance(0.6)) root.children.push_back({"relu", std::move(relu)});
    if (twice) root.children.push_back({"b", norm});
    DraftedTree& tree = draft.trees.emplace_back();
    tree.name = draft.name(NameStem::net);
    tree.group = group;
    tree.structure = draft.new_structure();
    tree.takes = chain.takes();
    tree.parameters = part.weight;
    tree.modules.push_back({});
    std::uint16_t place = 1;
    for (const ModuleExpression::Child& child : root.children) {
      DraftedModule below;
      if (child.name != "relu") below = part;
      below.place = place++;
      tree.modules.push_back(below);
    }
    draft.push(Construct{tree.name, std::move(root)});
  }
}

NameId draw_norm_for(Draft& draft, DraftedPath path) {
  constexpr int after_places = 1 << 10;  // identities of modules that no network was made with
  const std::size_t group = draft.tree(path).group;
  const InputSizes takes = draft.module(path).takes;
  const bool instance = takes.single && draft.random.chance(0.7);
  DraftedModule part;
  ModuleExpression module = norm(draft, takes, instance, part);
  const NameId name = draft.name(NameStem::norm);
  part.identity = static_cast<std::uint16_t>(after_places + draft.made(NameStem::norm));
  DraftedTree alone;
  alone.name = name;
  alone.group = group;
  alone.structure = draft.new_structure();
  alone.parameters = part.weight;
  alone.takes = part.takes;
  if (instance) alone.layers.push_back(module.layer);
  alone.modules.push_back(part);
  draft.push(Construct{name, std::move(module)});
  if (draft.groups[group].dtype == DType::float64) draft.push(CastTo{{name, 0}, DType::float64});
  DraftedTree& tree = draft.tree(path);
  part.place = tree.modules[path.module].place;
  tree.modules[path.module] = part;
  tree.structure = draft.new_structure();
  tree.parameters = tree.parameters || part.weight;
  if (!instance) tree.takes.single = tree.takes.unbatched = false;
  if (part.weight) draft.groups[group].requires_grad = true;
  draft.trees.push_back(std::move(alone));
  return name;
}

}  // namespace normdiff
