#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "harness/subjects/libtorch/live.hpp"
#include "harness/trace/recorder.hpp"

namespace normdiff::libtorch {

/// How a step ended.
struct Ending {
  Outcome outcome = Outcome::ok;
  std::string error_class;
  std::string text;
};

/// Runs scenarios one after another. Keep one: its memory is reused.
class Runner {
 public:
  void run(const Scenario& scenario, const Scope& scope, Trace& trace);
  /// Nothing is looked at.
  void run_bare(const Scenario& scenario, const Scope& scope);

 private:
  void run_steps(const Scenario& scenario, const Scope& scope);
  [[nodiscard]] Ending run_step(const Step& step);
  void show(const Step& step, const Ending& ending);
  void show_identities(NameId name);
  void drop_everything();

  /// Has a function for each kind of step: steps.cpp.
  struct Steps;
  [[nodiscard]] Ending run(const Step& step);

  /// Calls f(node) where the module is live.
  template <class F>
  [[nodiscard]] Ending with(ModuleRef module, F&& f);
  [[nodiscard]] Ending needs(NameId name) const;
  void adopt(NameId name, std::shared_ptr<torch::nn::Module> root, const Layers& layers);
  void look_again(const void* sequential, std::size_t child, const Node& replacement);
  /// The module at `place`, leaf by leaf; outputs are put into leaf_outputs_.
  [[nodiscard]] at::Tensor walk(const std::vector<Node>& nodes, std::size_t place,
                                const at::Tensor& input);
  void hook_leaves(Live& result);
  [[nodiscard]] at::Tensor filled(const at::Tensor& like, const Data& data, std::uint64_t seed);

  const Scenario* scenario_ = nullptr;
  const Scope* scope_ = nullptr;
  bool observed_ = false;
  bool by_leaf_ = false;
  int step_ = 0;
  std::vector<Live> lives_;               ///< by name
  std::vector<NameId> shown_;             ///< live modules and tensors, in order of definition
  std::vector<at::Tensor> leaf_outputs_;  ///< of the forward under way
  std::unordered_map<const torch::nn::Module*, std::uint64_t> first_place_;
  std::vector<std::byte> scratch_;
  Recorder recorder_;
};

}  // namespace normdiff::libtorch
