#pragma once

#include <map>

#include "harness/subjects/textbook/leaves.hpp"
#include "harness/trace/recorder.hpp"

namespace normdiff::textbook {

/// Runs scenarios, one after the other, and records what is seen.
class Runner {
 public:
  explicit Runner(Fault fault) : fault_(fault) {}
  void run(const Scenario& scenario, const Scope& scope, Trace& trace);

 private:
  /// What a name stands for; `kind` is undefined until it is made.
  struct Live {
    NameKind kind = NameKind::undefined;
    std::vector<ModulePtr> places;  ///< of a module
    Tensor tensor;                  ///< of a tensor or result
    std::optional<Tensor> grad;     ///< of a tensor
    bool requires_grad = false;     ///< of a tensor or result
    bool is_leaf = true;            ///< of a result: it may be the input itself
    // Of a result made with grad:
    std::vector<Call> calls;
    NameId input = 0;
    bool freed = false;
  };
  struct Ending {
    Outcome outcome = Outcome::ok;
    std::string error_class, text;
  };
  /// What flows from leaf to leaf.
  struct Flow {
    Tensor tensor;
    bool requires_grad = false;
    bool is_leaf = true;
  };

  [[nodiscard]] Ending needs(NameId name) const;
  static Ending ended(const std::optional<Refusal>& refusal);
  template <class F>
  Ending with(ModuleRef module, F f);
  ModulePtr build(const ModuleExpression& expression, NameId result, std::size_t& place);
  void define(NameId name, Live live);
  std::optional<Refusal> walk(const ModulePtr& module, Flow& flow, bool grad,
                              std::vector<Call>& calls);
  static void accumulate(std::optional<Tensor>& grad, const Tensor& added, DType dtype);

  Ending run(const Construct& step);
  Ending run(const MakeTensor& step);
  Ending run(const Train& step);
  Ending run(const SetTraining& step);
  Ending run(const SetMomentum& step);
  Ending run(const SetEps& step);
  Ending run(const SetTrackRunningStats& step);
  Ending run(const Fill& step);
  Ending run(const ResetRunningStats& step);
  Ending run(const CastTo& step);
  Ending run(const ZeroGrad& step);
  Ending run(const Forward& step);
  Ending run(const Backward& step);
  Ending run(const DeepCopy& step);
  Ending run(const LoadStateDict& step);
  template <class Other>
  Ending run(const Other& step);

  void show(const Step& step, const Ending& ending);
  void show_module(NameId name, const Live& live);
  void show_tensor(Key key, const Tensor& tensor, bool requires_grad, bool is_leaf);
  void show_optional(Key key, const std::optional<Tensor>& tensor, bool requires_grad);

  Fault fault_;
  const Scenario* scenario_ = nullptr;
  const Scope* scope_ = nullptr;
  int step_ = 0;
  Recorder recorder_;
  std::vector<Live> lives_;
  std::vector<NameId> shown_;  ///< modules and tensors, in order of definition
  std::map<const Module*, std::uint64_t> first_place_;
  std::vector<Flow> leaf_outputs_;                      ///< of the step under way
  std::vector<std::pair<int, Tensor>> leaf_gradients_;  ///< of the step under way, by call
};

}  // namespace normdiff::textbook
