#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/language/scenario.hpp"

namespace normdiff {

/// All that is known about a name before anything runs.
struct NameInfo {
  NameKind kind = NameKind::undefined;
  int step = -1;  ///< the statement that defines it
  /// The tree of a module, script or artefact, as it was made. Two names have a spec in common
  /// exactly where they hold the same module; the specs of a copy, script or artefact are its own.
  ModuleSpecPtr spec;
  std::vector<reference::Place> places;  ///< of `spec`; empty for others
  std::int64_t elements = 0;             ///< of the tensors that it holds now
  /// A tensor or result has this shape; nullopt: the forward that would make it refuses the sizes.
  std::optional<Shape> shape;
  bool traced = false;          ///< of a script: made by torch.jit.trace (or loaded from one)
  bool differentiable = false;  ///< of a result: made with grad, by a module or script
};

/// Which names exist and what they are, statement by statement. The parser, `repair`, the subjects
/// and the checker all ask the same scope.
class Scope {
 public:
  explicit Scope(std::size_t names = 0) : names_(names) {}

  /// Why `step` can't come next (an operand is missing or of the wrong kind; its result is taken),
  /// as one sentence without place; nullopt: it can.
  [[nodiscard]] std::optional<std::string> problem(const Scenario& scenario,
                                                   const Step& step) const;
  /// Defines what `step` defines. Only for a step without a problem.
  void apply(const Scenario& scenario, const Step& step);

  [[nodiscard]] const NameInfo& operator[](NameId name) const { return names_[name]; }
  [[nodiscard]] std::size_t size() const { return names_.size(); }
  /// A path, and the module that stands there after the last statement that was applied: a
  /// replaced module keeps its number and path, and NameInfo says which module was made there.
  [[nodiscard]] const reference::Place& place(ModuleRef module) const {
    return places_now(module.name)[module.place];
  }
  /// The tree under a name after the last statement that was applied.
  [[nodiscard]] const ModuleSpecPtr& spec(NameId name) const;
  /// Puts another module in the place of one, in every tree that holds its parent.
  void replace(ModuleRef module, ModuleRef replacement);
  /// Places of all the trees together, which has a limit.
  [[nodiscard]] int total_places() const { return total_places_; }
  /// Elements of all the tensors and trees together, which has one too.
  [[nodiscard]] std::int64_t total_elements() const { return total_elements_; }
  /// The work of all the steps together (work.hpp), which has a limit, too.
  [[nodiscard]] double total_work() const { return total_work_; }
  void grow(std::size_t names) {
    if (names > names_.size()) names_.resize(names);
  }

 private:
  /// A tree in which a module was replaced.
  struct ChangedTree {
    NameId name = 0;
    ModuleSpecPtr spec;
    std::vector<reference::Place> places;
  };
  [[nodiscard]] const ChangedTree* changed(NameId name) const;
  [[nodiscard]] const std::vector<reference::Place>& places_now(NameId name) const {
    const ChangedTree* tree = changed_.empty() ? nullptr : changed(name);
    return tree ? tree->places : names_[name].places;
  }

  std::vector<NameInfo> names_;
  std::vector<ChangedTree> changed_;
  int steps_ = 0;
  int total_places_ = 0;
  std::int64_t total_elements_ = 0;
  double total_work_ = 0;
};

/// The step that defines a name, which is an S.
template <class S>
[[nodiscard]] const S& definition(const Scenario& scenario, const Scope& scope, NameId name) {
  return std::get<S>(scenario.statements[static_cast<std::size_t>(scope[name].step)].step);
}

/// The scope after the last statement of a valid scenario: every name of it.
[[nodiscard]] Scope resolve(const Scenario& scenario);

/// The module at a place, which has a parent, is this child of it, counted from 0.
[[nodiscard]] std::size_t child_number(const std::vector<reference::Place>& places,
                                       std::size_t place);

/// Drops, in order, every statement that can't come where it stands. For any subsequence of a valid
/// scenario's statements the result is valid; repairing again changes nothing.
void repair(Scenario& scenario);

/// Which of the module's tensors exist when it is fresh, and their shapes. A slot a module of this
/// kind and these options does not have: nullopt.
[[nodiscard]] std::optional<Shape> fresh_shape(const ModuleSpec& module, TensorSlot slot);

/// The initial values of a convolution's or linear layer's parameter, float32:
/// uniform(-1/sqrt(fan_in), 1/sqrt(fan_in)), keyed by (scenario seed, step that constructs, place).
void initial_values(const Scenario& scenario, int step, int place, const ModuleSpec& module,
                    TensorSlot slot, float* out);

}  // namespace normdiff
