#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/scenario/scope.hpp"
#include "harness/subject/subject.hpp"
#include "harness/trace/recorder.hpp"
#include "reference/modules/forward.hpp"
#include "reference/transforms/transforms.hpp"

namespace normdiff::testing {

inline Manifest manifest(const std::string& family, const std::string& version = "2.13.0") {
  return {family, family, version, "", ""};
}

/// A subject that plays the reference: every leaf's exact answer, rounded once. It does what the
/// documentation says, but where a test tells it not to.
class FakeSubject {
 public:
  explicit FakeSubject(const std::string& statements, const std::string& family = "textbook",
                       const std::string& version = "2.13.0");

  Scenario scenario;
  Scope scope;
  Manifest manifest;

  using Act = std::function<void(FakeSubject&)>;
  std::map<int, Act> after;    ///< done after the step, before anybody looks
  std::map<int, Act> instead;  ///< done in place of the step, which succeeds
  std::map<int, std::pair<std::string, std::string>> refuse;  ///< error class and text; not done
  std::map<int, std::string> unsupported;                     ///< why; not done
  std::map<int, Outcome> end;                                 ///< the last thing that happens
  std::set<int> accept;  ///< past what can be computed although it is refused
  bool folds = false;    ///< an export folds what it may
  /// Wrong by a lot at this key, from this step on: what follows starts from there.
  void lie(int step, Key key) { lies_.emplace(step, key); }

  [[nodiscard]] Key key(std::string_view name, std::string_view path, Slot slot);
  /// The module at a place, for `after` and `instead`.
  [[nodiscard]] reference::Module& module(std::string_view name, std::string_view path = "");
  [[nodiscard]] const reference::ModulePtr& root(std::string_view name);
  /// Takes new children into account, or makes `name` a tree.
  void plant(std::string_view name, reference::ModulePtr root);
  /// One forward for what it leaves on the modules.
  void run_through(std::string_view name, std::string_view input);
  /// Each place of its own, tensors shared.
  void split(std::string_view name);

  [[nodiscard]] Trace run();

  /// How this family words a refusal.
  [[nodiscard]] std::pair<std::string, std::string> wording(reference::ErrorKind kind) const;

 private:
  using Bytes = std::vector<std::byte>;

  struct Thing {
    reference::ModulePtr root;
    std::vector<reference::Module*> places;
    bool eager = true;
    // tensor
    Bytes data;
    DType dtype = DType::float32;
    Shape shape;
    bool requires_grad = false;
    bool is_tensor = false;
    std::optional<reference::Tensor> grad;
    // result: one tape for each leaf call, and what they point to
    std::vector<std::shared_ptr<reference::Tape>> tapes;
    std::vector<Bytes> buffers;
    bool graph = false, freed = false;
    NameId input = 0;
    std::optional<reference::Exported> exported;

    [[nodiscard]] reference::Values values() const { return {data.data(), dtype, shape, nullptr}; }
  };

  struct Walk {
    bool grad;
    bool requires_grad;
    reference::Activation now;
    std::vector<Bytes> buffers;
    std::vector<std::shared_ptr<reference::Tape>>* tapes;
    std::vector<reference::Refusal> refusals;
    int calls;
    std::vector<reference::TracedCall> traced = {};  ///< of a traced root, by call
    std::vector<int> ranks = {};                     ///< of the leaves' inputs
    std::vector<std::pair<Shape, bool>> facts = {};  ///< shape and requires_grad of each output
    std::optional<NameId> result = {};
    int last = -1;
  };

  void set_tree(NameId name, reference::ModulePtr root, bool eager = true);
  Thing& add(NameId name);
  /// Whether the operand is there.
  bool has(NameId name);
  reference::Module& at(ModuleRef ref) { return *live_.at(ref.name).places[ref.place]; }
  void fail(reference::ErrorKind kind) { error_ = wording(kind); }

  static void spoil(void* data, DType dtype, std::int64_t n);
  [[nodiscard]] bool lied(Key key) const;
  void corrupt(Key key);

  void show_tensor(Key key, const reference::Tensor* tensor, bool requires_grad);
  void show(Key key, const void* data, DType dtype, const Shape& shape, bool requires_grad,
            bool is_leaf);
  void show_state();

  static int leaves(reference::Module& root);
  bool run_leaves(reference::Module& module, Walk& w);
  void accumulate(const reference::Storage* parameter, DType dtype, const Shape& shape,
                  const reference::Bounded& added);
  void play(const Construct& s);
  void play(const MakeTensor& s);
  void play(const Train& s);
  void play(const SetTraining& s);
  void play(const SetMomentum& s);
  void play(const SetEps& s);
  void play(const SetTrackRunningStats& s);
  void play(const Fill& s);
  void play(const ResetRunningStats& s);
  void play(const CastTo& s);
  void play(const ZeroGrad& s);
  void play(const Forward& s);
  void play(const Backward& s);
  void play(const DeepCopy& s);
  void play(const LoadStateDict& s);
  void play(const JitTrace& s);
  void play(const JitScript& s);
  void play(const JitSaveLoad& s);
  void play(const OnnxExport& s);

  Recorder recorder_;
  std::map<NameId, Thing> live_;
  std::vector<NameId> order_;
  reference::Made made_;
  std::set<const reference::Module*> filled_;
  std::map<const reference::Storage*, reference::Tensor> grads_;  ///< by parameter
  std::multimap<int, Key> lies_;
  int step_ = 0;
  std::optional<std::pair<std::string, std::string>> error_;
  std::string missing_;
  std::vector<std::function<void()>> shown_;
};

}  // namespace normdiff::testing
