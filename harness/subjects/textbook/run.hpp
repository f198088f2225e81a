#pragma once

#include <functional>
#include <map>

#include "harness/subjects/textbook/exporter.hpp"
#include "harness/trace/recorder.hpp"

namespace normdiff::textbook {

/// The calls that made a result, and the graph of the result that they began with.
struct Graph {
  std::vector<Call> calls;
  std::shared_ptr<Graph> before;  ///< null: they began with a tensor, or without gradients
};

/// The thing that a name stands for; `kind` is undefined until it is made.
struct Live {
  NameKind kind = NameKind::undefined;
  std::vector<ModulePtr> places;     ///< of a module or script
  Tensor tensor;                     ///< of a tensor or result
  std::optional<Tensor> grad;        ///< of a tensor
  bool requires_grad = false;        ///< of a tensor or result
  bool is_leaf = true;               ///< of a result: it may be the input itself
  std::optional<Artefact> artefact;  ///< of an artefact
  std::shared_ptr<Graph> graph;      ///< of a result of a module or script
  NameId input = 0;                  ///< of a result
};

/// How a step ended.
struct Ending {
  Outcome outcome = Outcome::ok;
  std::string error_class, text;
};

/// Runs scenarios, one after the other, and records what is seen.
class Runner {
 public:
  explicit Runner(Fault fault) : fault_(fault) {}
  void run(const Scenario& scenario, const Scope& scope, Trace& trace);

  // The same, a step at a time: for each statement `play`, then `end_step`. Whoever drives it may
  // leave steps out and change what is live in between.

  /// Scenario, scope and trace stay the caller's until the next `begin`.
  void begin(const Scenario& scenario, const Scope& scope, Trace& trace);
  [[nodiscard]] Ending play(const Step& step);
  /// Records what is to be seen, and how the step ended.
  void end_step(const Step& step, const Ending& ending);
  [[nodiscard]] Live& live(NameId name) { return lives_[name]; }
  /// Makes a name a tree, or takes new children of its root into account.
  void define_tree(NameId name, NameKind kind, const ModulePtr& root);
  /// One forward for what it leaves on the modules.
  [[nodiscard]] std::optional<Refusal> run_through(const ModulePtr& root, const Live& input);

  /// A batch norm refuses an eps or a batch that its formula would still take.
  bool checks = true;
  /// Told each output, and each gradient of one, that the next leaf gets; may change it.
  std::function<void(Key, Tensor&)> on_flow;

 private:
  /// The tensor that flows from leaf to leaf.
  struct Flow {
    Tensor tensor;
    bool requires_grad = false;
    bool is_leaf = true;
  };
  /// A forward under way.
  struct Walk {
    Flow flow;
    bool grad = true;
    std::vector<BakedCall> baked;  ///< of the root, by call
    std::optional<NameId> result;  ///< whose leaf outputs are shown
    std::size_t last = 0;          ///< the number of the last call
    std::vector<Call> calls;
  };

  [[nodiscard]] Ending needs(NameId name) const;
  static Ending ended(const std::optional<Refusal>& refusal);
  template <class F>
  Ending with(ModuleRef module, F f);
  [[nodiscard]] bool is_tree(NameId name) const;
  ModulePtr build(const ModuleExpression& expression, NameId result, std::size_t& place);
  /// Puts a module in the place of another, in every tree that holds the parent.
  void replace(const Replace& step);
  Live& define(NameId name, NameKind kind);
  /// A forward runs on a tensor, or on an earlier forward's result.
  [[nodiscard]] bool is_input(NameId name) const;
  std::optional<Refusal> walk(const ModulePtr& module, Walk& walk);
  static void accumulate(std::optional<Tensor>& grad, const Tensor& added, DType dtype);

  /// Has a function for each kind of step: steps.cpp.
  struct Steps;

  void show(const Step& step);
  void show_module(NameId name, const Live& live);
  void show_artefact(NameId name, const Artefact& artefact);
  void show_tensor(Key key, const Tensor& tensor, bool requires_grad, bool is_leaf);
  void show_optional(Key key, const std::optional<Tensor>& tensor, bool requires_grad);

  Fault fault_;
  const Scenario* scenario_ = nullptr;
  const Scope* scope_ = nullptr;
  int step_ = 0;
  Recorder recorder_;
  std::vector<Live> lives_;
  std::vector<NameId> shown_;  ///< modules, scripts and tensors, in order of definition
  std::map<const Module*, std::uint64_t> first_place_;
  std::vector<Flow> leaf_outputs_;                      ///< of the step under way
  std::vector<std::pair<int, Tensor>> leaf_gradients_;  ///< of the step under way, by call
};

}  // namespace normdiff::textbook
