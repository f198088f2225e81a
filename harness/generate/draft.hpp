#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/language/profile.hpp"
#include "harness/language/scenario.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

/// The inputs that a module takes: (N, channels, spatial...).
struct InputSizes {
  int rank = 2;
  int channels = 1;
  std::array<int, 3> spatial{1, 1, 1};  ///< the least sizes, or the only ones
  bool fixed = false;                   ///< `spatial` are the only ones
  bool single = false;                  ///< a batch of one still has two values for each channel
  bool unbatched = false;               ///< (channels, spatial...) will do, too
};

/// One place of a tree, as far as draws need to know the module there.
struct DraftedModule {
  std::uint16_t place = 0;
  std::uint16_t identity = 0;  ///< norms of equal numbers in a group are one module
  bool norm = false;
  bool weight = false;   ///< whether it has one
  bool bias = false;     ///< whether it has one
  bool running = false;  ///< whether it has running statistics and their counter
  double eps = 1e-5;
  InputSizes takes;  ///< of a norm
};

/// A group is the names that share tensors, with what they have in common.
struct TensorGroup {
  DType dtype = DType::float32;
  int version = 0;            ///< rises when a tensor of the group is changed in place or replaced
  bool requires_grad = true;  ///< false once a whole module of it was frozen
};

/// A name that can be called.
struct DraftedTree {
  NameId name = 0;
  NameKind kind = NameKind::module;  ///< module, script or artefact
  std::size_t group = 0;             ///< in Draft::groups
  int structure = 0;                 ///< equal: their state dicts fit
  bool parameters = false;           ///< whether it has any
  InputSizes takes;
  /// The layers that a forward calls, in order; batch norms, which keep a shape, are left out.
  std::vector<reference::Layer> layers;
  Shape only;  ///< of an artefact: the shape it was exported with
  std::vector<DraftedModule> modules;
};

struct DraftedTensor {
  NameId name = 0;
  Shape shape;
  DType dtype = DType::float32;
  bool requires_grad = false;
};

/// The result of a forward.
struct DraftedResult {
  DraftedTensor value;  ///< the shape without dimensions where the forward ought to be refused
  std::optional<std::size_t> before;  ///< the result whose graph this one's goes on in
  std::size_t group = 0;              ///< of the tensors that its graph saved
  int version = 0;                    ///< of the group at that time
  bool backward = false;              ///< a backward from here is expected to work once
  bool freed = false;                 ///< and was done
};

/// A path of a tree, by its number in Draft::trees and in DraftedTree::modules.
struct DraftedPath {
  std::size_t tree = 0;
  std::size_t module = 0;
};

/// The beginning of the names of a kind of thing: net, net2, ...
enum class NameStem : std::uint8_t { net, norm, copy, tensor, result, script, artefact };
inline constexpr int name_stem_count = 7;

/// The indices of the elements that meet a condition.
template <class List, class Condition>
[[nodiscard]] std::vector<std::size_t> indices_where(const List& list, Condition condition) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < list.size(); ++i)
    if (condition(list[i])) indices.push_back(i);
  return indices;
}

/// A scenario that is being written, and an abstract view of it: enough to draw steps that apply,
/// and less than a Scope, which costs more than the draws. A step that is written must be noted in
/// the view (what it makes, which group's version it raises); the shared writers do so themselves.
/// One draft writes many scenarios, one after another, and keeps its memory.
class Draft {
 public:
  /// Begins a scenario that has no statement yet. `key` decides all that is drawn.
  void begin(Profile profile, std::uint64_t key, Scenario& out);
  /// Drops names that an earlier scenario left in `out`.
  void finish();

  [[nodiscard]] Profile profile() const { return profile_; }
  [[nodiscard]] bool is(Profile profile) const { return profile_ == profile; }
  /// The profile is one of those that export, by whichever exporter.
  [[nodiscard]] bool exports() const { return is(Profile::exports) || is(Profile::dynamo); }

  /// Names the next thing of a kind.
  [[nodiscard]] NameId name(NameStem stem);
  /// How many names of the kind were given.
  [[nodiscard]] int made(NameStem stem) const { return made_[static_cast<std::size_t>(stem)]; }

  // --- The view --------------------------------------------------------------------------------

  std::vector<DraftedTree> trees;
  std::vector<DraftedTensor> tensors;
  std::vector<DraftedResult> results;
  std::vector<TensorGroup> groups;

  [[nodiscard]] DraftedTree& tree(DraftedPath path) { return trees[path.tree]; }
  [[nodiscard]] DraftedModule& module(DraftedPath path) { return tree(path).modules[path.module]; }
  [[nodiscard]] TensorGroup& group(const DraftedTree& tree) { return groups[tree.group]; }
  [[nodiscard]] TensorGroup& group(DraftedPath path) { return group(tree(path)); }
  [[nodiscard]] const InputSizes& takes(DraftedPath path) const;
  [[nodiscard]] ModuleRef ref(DraftedPath path) const;
  /// The number of trees of a kind.
  [[nodiscard]] int count(NameKind kind) const;
  /// No tensor that the result's graph saved has changed since.
  [[nodiscard]] bool is_current(const DraftedResult& result) const;
  /// A result is freed if a backward freed its graph, or one that it goes on in.
  [[nodiscard]] bool is_freed(const DraftedResult& result) const;
  /// A backward frees the result's graph and those that it goes on in.
  void free(DraftedResult& result);

  /// A group of its own for tensors that nothing else shares. Gives its number.
  [[nodiscard]] std::size_t add_group(DType dtype = DType::float32);
  /// A structure that no other tree has.
  [[nodiscard]] int new_structure() { return structures_++; }
  /// Adds what a transform made of a module: nothing inside it has a name.
  DraftedTree& add_derived_tree(DraftedPath of, NameKind kind, NameId result);

  // --- Choices ---------------------------------------------------------------------------------

  Random random{0};

  [[nodiscard]] int between(int least, int most) {
    return least + static_cast<int>(random.below(static_cast<std::uint64_t>(most - least) + 1));
  }
  template <class List>
  [[nodiscard]] const auto& one_of(const List& list) {
    return list[random.below(list.size())];
  }
  /// A tree of a kind of which there is one.
  [[nodiscard]] std::size_t any_tree(NameKind kind);
  /// A norm anywhere in a module.
  [[nodiscard]] DraftedPath any_norm();
  /// The root of a module with a probability of `root_share`, else a norm.
  [[nodiscard]] DraftedPath any_eager(double root_share);
  /// The shape of an input for a module.
  [[nodiscard]] Shape shape_for(const InputSizes& takes);
  /// Values of an input, as the profile has them.
  [[nodiscard]] Data input_data(std::int64_t elements);
  /// A seed for the data; 0 where nothing is drawn by them.
  [[nodiscard]] std::uint64_t seed_of(const Data& data);

  // --- Statements ------------------------------------------------------------------------------

  template <class S>
  void push(S step) {
    out_->statements.push_back(Statement{{}, Step(std::move(step))});
  }
  /// A tensor that the module takes: one that was made before, or one that this makes. The
  /// reference holds until the next tensor is made.
  [[nodiscard]] const DraftedTensor& tensor_for(DraftedPath path);
  /// The result of an earlier forward that the module takes; nullopt: there is none.
  [[nodiscard]] std::optional<DraftedTensor> result_for(DraftedPath path);
  /// Makes a tensor. A plain one has nothing that could distract: normal values, contiguous, no
  /// gradient.
  const DraftedTensor& make_tensor(const Shape& shape, DType dtype, bool plain);
  /// Runs a module. `good`: both sides ought to accept.
  void forward(DraftedPath path, const DraftedTensor& input, bool good);

 private:
  /// A forward on an input of one shape gives this one; nullopt: it ought to refuse.
  [[nodiscard]] std::optional<Shape> output_shape(DraftedPath path, const Shape& input) const;
  /// A module takes tensors of its group's dtype and of the sizes that it is made for.
  [[nodiscard]] bool fits(DraftedPath path, const DraftedTensor& tensor) const;

  Profile profile_ = Profile::modes;
  Scenario* out_ = nullptr;
  std::size_t names_used_ = 0;
  std::array<int, name_stem_count> made_{};
  int structures_ = 0;
};

}  // namespace normdiff
