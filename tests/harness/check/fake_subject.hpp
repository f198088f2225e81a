#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/check/check.hpp"
#include "harness/check/error_kinds.hpp"
#include "harness/scenario/plan.hpp"
#include "harness/trace/recorder.hpp"
#include "harness/triage/deviations.hpp"
#include "reference/modules/backward.hpp"
#include "reference/transforms/transforms.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff::testing {

inline Manifest manifest(const std::string& family, const std::string& version = "2.13.0") {
  return {family, family, version, "", ""};
}

/// A subject that plays the reference: every leaf's exact answer, rounded once. It does what the
/// documentation says, but where a test tells it not to.
class FakeSubject {
 public:
  explicit FakeSubject(const std::string& statements, const std::string& family = "textbook",
                       const std::string& version = "2.13.0")
      : scenario(testing::scenario(statements)),
        scope(resolve(scenario)),
        manifest(testing::manifest(family, version)) {}

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
  /// Wrong by a lot at this key, from this step on: what follows starts from there.
  void lie(int step, Key key) { lies_.emplace(step, key); }

  [[nodiscard]] Key key(std::string_view name, std::string_view path, Slot slot) {
    const NameId id = scenario.intern(name);
    const auto& places = scope[id].places;
    for (std::size_t p = 0; p < places.size(); ++p)
      if (places[p].path == path) return {id, static_cast<std::uint16_t>(p), slot};
    return {id, 0, slot};
  }
  /// The module at a place, for `after` and `instead`.
  [[nodiscard]] reference::Module& module(std::string_view name, std::string_view path = "") {
    return *live_.at(scenario.intern(name)).places[key(name, path, Slot::identity).place];
  }
  [[nodiscard]] const reference::ModulePtr& root(std::string_view name) {
    return live_.at(scenario.intern(name)).root;
  }
  /// Takes new children into account, or makes `name` a tree.
  void plant(std::string_view name, reference::ModulePtr root) {
    set_tree(scenario.intern(name), std::move(root));
  }
  /// One forward for what it leaves on the modules.
  void run_through(std::string_view name, std::string_view input) {
    const Thing& x = live_.at(scenario.intern(input));
    Walk walk{true, x.requires_grad, {x.values(), x.dtype, {}}, {}, nullptr, {}, 0};
    run_leaves(*root(name), walk);
  }
  /// Each place of its own, tensors shared.
  void split(std::string_view name) {
    const std::function<void(reference::Module&)> each = [&](reference::Module& parent) {
      for (auto& [child_name, child] : parent.children) {
        child = std::make_shared<reference::Module>(*child);
        each(*child);
      }
    };
    each(*root(name));
    plant(name, root(name));
  }

  [[nodiscard]] Trace run() {
    Trace trace;
    recorder_.begin(trace, scenario.names.size());
    live_.clear();
    order_.clear();
    made_.clear();
    filled_.clear();
    grads_.clear();
    for (std::size_t i = 0; i < scenario.statements.size(); ++i) {
      step_ = static_cast<int>(i);
      error_.reset();
      missing_.clear();
      shown_.clear();
      if (const auto found = end.find(step_); found != end.end()) {
        recorder_.end_step(found->second, {}, "gone");
        return trace;
      }
      const auto refused = refuse.find(step_);
      const auto declined = unsupported.find(step_);
      if (const auto other = instead.find(step_); other != instead.end())
        other->second(*this);
      else if (refused == refuse.end() && declined == unsupported.end())
        std::visit([this](const auto& step) { play(step); }, scenario.statements[i].step);
      if (const auto more = after.find(step_); more != after.end()) more->second(*this);
      for (auto [at, end_of] = lies_.equal_range(step_); at != end_of; ++at) corrupt(at->second);
      show_state();
      for (auto& show : shown_) show();
      if (refused != refuse.end())
        recorder_.end_step(Outcome::error, refused->second.first, refused->second.second);
      else if (declined != unsupported.end())
        recorder_.end_step(Outcome::unsupported, {}, declined->second);
      else if (!missing_.empty())
        recorder_.end_step(Outcome::unsupported, {}, "needs " + missing_ + ", which was not made");
      else if (error_)
        recorder_.end_step(Outcome::error, error_->first, error_->second);
      else
        recorder_.end_step(Outcome::ok);
    }
    return trace;
  }

  /// How this family words a refusal.
  [[nodiscard]] std::pair<std::string, std::string> wording(reference::ErrorKind kind) const {
    if (manifest.family == "textbook") return {std::string(reference::to_string(kind)), "refused"};
    for (const ErrorPattern& pattern : ErrorKinds::built_in().patterns())
      if (pattern.kind == kind && std::find(pattern.subjects.begin(), pattern.subjects.end(),
                                            manifest.family) != pattern.subjects.end())
        return {pattern.error_class.empty() ? "RuntimeError" : pattern.error_class,
                pattern.example};
    return {"RuntimeError", "something else"};
  }

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
    std::vector<std::pair<Shape, bool>> facts = {};  ///< shape and requires_grad of each output
    std::optional<NameId> result = {};
    int last = -1;
  };

  static Bytes rounded(const reference::Values& values, DType dtype) {
    reference::Tensor tensor(dtype, values.shape);
    for (std::int64_t i = 0; i < tensor.numel(); ++i) tensor.set(i, values.at(i));
    const auto* data = static_cast<const std::byte*>(std::as_const(tensor).data());
    return Bytes(data, data + static_cast<std::size_t>(tensor.numel()) * reference::size_of(dtype));
  }
  static Shape strides_of(const Shape& shape) {
    Shape strides = shape;
    std::int64_t next = 1;
    for (int i = shape.rank() - 1; i >= 0; --i) {
      strides[i] = next;
      next *= shape[i];
    }
    return strides;
  }
  static void spoil(void* data, DType dtype, std::int64_t n) {
    if (n == 0) return;
    if (dtype == DType::float32)
      *static_cast<float*>(data) = *static_cast<float*>(data) * 2 + 1;
    else if (dtype == DType::float64)
      *static_cast<double*>(data) = *static_cast<double*>(data) * 2 + 1;
    else
      *static_cast<std::int64_t*>(data) += 3;
  }
  [[nodiscard]] bool lied(Key key) const {
    for (auto [at, last] = lies_.equal_range(step_); at != last; ++at)
      if (at->second == key) return true;
    return false;
  }

  void corrupt(Key key) {
    const auto found = live_.find(key.name);
    if (found == live_.end()) return;
    Thing& thing = found->second;
    if (key.slot == Slot::grad && thing.grad)
      spoil(thing.grad->data(), thing.grad->dtype(), thing.grad->numel());
    if (key.place >= thing.places.size()) return;
    reference::Module& m = *thing.places[key.place];
    if (key.slot == Slot::training) m.training = !m.training;
    if (key.slot == Slot::momentum)
      m.batch_norm().momentum = m.batch_norm().momentum.value_or(0.25) / 2;
    if (key.slot == Slot::eps) m.batch_norm().eps *= 2;
    if (key.slot == Slot::track_running_stats)
      m.batch_norm().track_running_stats = !m.batch_norm().track_running_stats;
    if (key.slot >= Slot::weight && key.slot <= Slot::num_batches_tracked) {
      auto& tensor =
          m.tensors[static_cast<std::size_t>(key.slot) - static_cast<std::size_t>(Slot::weight)];
      if (tensor) spoil(tensor->data(), tensor->dtype(), tensor->numel());
    }
    if (key.slot == Slot::weight_grad || key.slot == Slot::bias_grad) {
      const auto& tensor = m.tensors[key.slot == Slot::weight_grad ? 0 : 1];
      if (const auto grad = tensor ? grads_.find(tensor->storage()) : grads_.end();
          grad != grads_.end())
        spoil(grad->second.data(), grad->second.dtype(), grad->second.numel());
    }
  }

  void set_tree(NameId name, reference::ModulePtr root, bool eager = true) {
    if (live_.find(name) == live_.end()) order_.push_back(name);
    Thing& thing = live_[name];
    thing.eager = scope[name].kind == NameKind::module && eager;
    thing.root = std::move(root);
    thing.places = reference::places(*thing.root);
  }
  Thing& add(NameId name) {
    order_.push_back(name);
    return live_[name] = {};
  }
  /// Whether the operand is there.
  bool has(NameId name) {
    if (live_.find(name) != live_.end()) return true;
    if (missing_.empty()) missing_ = scenario.names[name];
    return false;
  }
  reference::Module& at(ModuleRef ref) { return *live_.at(ref.name).places[ref.place]; }
  void fail(reference::ErrorKind kind) { error_ = wording(kind); }

  // --- what it shows ------------------------------------------------------------------------

  void show_tensor(Key key, const reference::Tensor* tensor, bool requires_grad) {
    if (!tensor) return recorder_.none(key);
    show(key, tensor->data(), tensor->dtype(), tensor->shape(), requires_grad, true);
  }
  void show(Key key, const void* data, DType dtype, const Shape& shape, bool requires_grad,
            bool is_leaf) {
    ObservedTensor seen;
    seen.dtype = dtype;
    seen.shape = shape;
    seen.strides = strides_of(shape);
    seen.requires_grad = requires_grad;
    seen.is_leaf = is_leaf;
    seen.data = static_cast<const std::byte*>(data);
    recorder_.tensor(key, seen);
  }

  void show_state() {
    std::map<const reference::Module*, std::int64_t> first;
    for (NameId name : order_) {
      Thing& thing = live_.at(name);
      if (thing.is_tensor) {
        show({name, 0, Slot::value}, thing.data.data(), thing.dtype, thing.shape,
             thing.requires_grad, true);
        show_tensor({name, 0, Slot::grad}, thing.grad ? &*thing.grad : nullptr, false);
      }
      for (std::size_t p = 0; p < thing.places.size(); ++p) {
        const reference::Module& m = *thing.places[p];
        const auto key = [name = name, p](Slot slot) {
          return Key{name, static_cast<std::uint16_t>(p), slot};
        };
        const auto identity = static_cast<std::int64_t>(key(Slot::identity).packed());
        recorder_.integer(key(Slot::identity), first.emplace(&m, identity).first->second);
        recorder_.flag(key(Slot::training), m.training);
        const bool norm = reference::is_batch_norm(m.kind);
        if (norm && thing.eager) {
          const auto& options = m.batch_norm();
          if (options.momentum)
            recorder_.number(key(Slot::momentum), *options.momentum);
          else
            recorder_.none(key(Slot::momentum));
          recorder_.number(key(Slot::eps), options.eps);
          recorder_.flag(key(Slot::track_running_stats), options.track_running_stats);
        }
        if (!norm && m.kind != ModuleKind::Conv2d && m.kind != ModuleKind::Linear) continue;
        for (std::size_t i = 0; i < (norm ? reference::held_count : 2); ++i)
          show_tensor(key(slot_of(static_cast<TensorSlot>(i))),
                      m.tensors[i] ? &*m.tensors[i] : nullptr, i < 2);
        for (std::size_t i = 0; i < 2; ++i) {
          const auto grad = m.tensors[i] ? grads_.find(m.tensors[i]->storage()) : grads_.end();
          show_tensor(key(i == 0 ? Slot::weight_grad : Slot::bias_grad),
                      grad == grads_.end() ? nullptr : &grad->second, false);
        }
      }
    }
  }

  // --- what it does ---------------------------------------------------------------------------

  bool run_leaves(reference::Module& module, Walk& w) {
    if (module.kind == ModuleKind::Sequential) {
      for (auto& [name, child] : module.children)
        if (!run_leaves(*child, w)) return false;
      return true;
    }
    auto tape = std::make_shared<reference::Tape>();
    reference::ForwardOptions options;
    options.grad = w.grad;
    options.input_requires_grad = w.requires_grad;
    options.past_soft_refusals = accept.count(step_) > 0;
    options.arithmetic = &reference::any_implementation();
    reference::ForwardPass pass;
    pass.run(module, w.now, options, {}, tape.get());
    if (pass.calls() == 0) {
      w.refusals = pass.refusals();
      return false;
    }
    w.requires_grad = pass.requires_grad();
    const DType dtype = w.now.dtype;
    const Shape shape = pass.last().values.shape;
    Bytes out = rounded(pass.last().values, dtype);
    if (w.result) {
      const Key key = w.calls == w.last
                          ? Key{*w.result, 0, Slot::value}
                          : Key{*w.result, static_cast<std::uint16_t>(w.calls), Slot::leaf_output};
      if (lied(key)) spoil(out.data(), dtype, shape.numel());
    }
    w.buffers.push_back(std::move(out));
    w.facts.emplace_back(shape, w.requires_grad);
    w.now = {{w.buffers.back().data(), dtype, shape, nullptr}, dtype, {}};
    if (w.tapes) w.tapes->push_back(tape);
    ++w.calls;
    return true;
  }
  static int leaves(reference::Module& root) {
    const auto places = reference::places(root);
    return static_cast<int>(std::count_if(
        places.begin(), places.end(),
        [](const reference::Module* m) { return m->kind != ModuleKind::Sequential; }));
  }

  void play(const Construct& s) {
    reference::ModulePtr root = reference::construct(*scope[s.result].spec, made_);
    const auto places = reference::places(*root);
    for (std::size_t p = 0; p < places.size(); ++p) {
      if (!filled_.insert(places[p]).second) continue;
      if (places[p]->kind != ModuleKind::Conv2d && places[p]->kind != ModuleKind::Linear) continue;
      for (TensorSlot slot : {TensorSlot::weight, TensorSlot::bias})
        if (auto& tensor = places[p]->tensors[static_cast<std::size_t>(slot)])
          initial_values(scenario, step_, static_cast<int>(p), *scope[s.result].places[p].module,
                         slot, static_cast<float*>(tensor->data()));
    }
    set_tree(s.result, root);
  }
  void play(const MakeTensor& s) {
    Thing& x = add(s.result);
    x.is_tensor = true;
    x.dtype = s.dtype;
    x.shape = s.shape;
    x.requires_grad = s.requires_grad;
    x.data.resize(static_cast<std::size_t>(s.shape.numel()) * reference::size_of(s.dtype) + 8);
    make_data(s.data, s.seed, s.shape.numel(), s.dtype, x.data.data());
    if (lied({s.result, 0, Slot::value})) spoil(x.data.data(), s.dtype, s.shape.numel());
  }
  void play(const Train& s) {
    if (has(s.module.name)) reference::train(at(s.module), s.mode);
  }
  void play(const SetTraining& s) {
    if (has(s.module.name)) at(s.module).training = s.value;
  }
  void play(const SetMomentum& s) {
    if (has(s.module.name)) at(s.module).batch_norm().momentum = s.value;
  }
  void play(const SetEps& s) {
    if (has(s.module.name)) at(s.module).batch_norm().eps = s.value;
  }
  void play(const SetTrackRunningStats& s) {
    if (has(s.module.name)) at(s.module).batch_norm().track_running_stats = s.value;
  }
  void play(const Fill& s) {
    if (!has(s.module.name)) return;
    reference::Tensor& tensor = *at(s.module).tensors[static_cast<std::size_t>(s.slot)];
    make_data(s.data, s.seed, tensor.numel(), tensor.dtype(), tensor.data());
  }
  void play(const ResetRunningStats& s) {
    if (!has(s.module.name)) return;
    if (const auto refusal = reference::reset_running_stats(at(s.module))) fail(refusal->kind);
  }
  void play(const CastTo& s) {
    if (!has(s.module.name)) return;
    std::vector<std::pair<std::optional<reference::Tensor>*, const reference::Storage*>> old;
    for (reference::Module* m : reference::places(at(s.module)))
      for (auto& tensor : m->tensors)
        if (tensor) old.emplace_back(&tensor, tensor->storage());
    reference::to(at(s.module), s.dtype);
    for (const auto& [tensor, before] : old)
      if (const auto grad = grads_.find(before);
          grad != grads_.end() && (*tensor)->storage() != before)
        grads_[(*tensor)->storage()] = grad->second.to(s.dtype);
  }
  void play(const ZeroGrad& s) {
    if (!has(s.module.name)) return;
    for (reference::Module* m : reference::places(at(s.module)))
      for (auto& tensor : m->tensors)
        if (tensor) grads_.erase(tensor->storage());
  }
  void play(const Forward& s) {
    if (!has(s.module.name) || !has(s.input)) return;
    const Thing& artefact = live_.at(s.module.name);
    const Thing& x = live_.at(s.input);
    reference::Module& root = artefact.exported ? *artefact.exported->model : at(s.module);
    if (artefact.exported && (x.shape != artefact.shape || x.dtype != artefact.dtype))
      return fail(x.shape != artefact.shape ? reference::ErrorKind::shape_mismatch
                                            : reference::ErrorKind::dtype_mismatch);
    auto result = std::make_shared<Thing>();
    result->input = s.input;
    result->dtype = x.dtype;
    const bool grad = s.grad && !artefact.exported;
    Walk walk{grad, grad && x.requires_grad, {x.values(), x.dtype, {}}, {}, &result->tapes, {}, 0};
    walk.result = s.result;
    walk.last = leaves(root) - 1;
    const bool done = run_leaves(root, walk);
    result->shape = walk.now.values.shape;
    result->graph = walk.requires_grad;
    result->buffers = std::move(walk.buffers);
    const bool only_the_value = artefact.exported.has_value();
    for (int call = 0; call < walk.calls; ++call) {
      const bool last = call == walk.last;
      if (!last && only_the_value) continue;
      const auto [shape, requires_grad] = walk.facts[static_cast<std::size_t>(call)];
      shown_.push_back([this, s, call, last, result, shape = shape, requires_grad = requires_grad] {
        show({s.result, static_cast<std::uint16_t>(last ? 0 : call),
              last ? Slot::value : Slot::leaf_output},
             result->buffers[static_cast<std::size_t>(call)].data(), result->dtype, shape,
             requires_grad, !requires_grad);
      });
    }
    if (!done) return fail(walk.refusals.front().kind);
    if (walk.last < 0)
      shown_.push_back([this, s, &x] {
        show({s.result, 0, Slot::value}, x.data.data(), x.dtype, x.shape, x.requires_grad, true);
      });
    add(s.result);
    // The bytes are shared with what is shown: keep both.
    live_[s.result] = *result;
    for (std::size_t i = 0; i < result->tapes.size(); ++i)
      result->tapes[i]->calls[0].input.values.data =
          i == 0 ? static_cast<const void*>(x.data.data())
                 : static_cast<const void*>(live_[s.result].buffers[i - 1].data());
  }
  void play(const Backward& s) {
    if (!has(s.output)) return;
    Thing& y = live_.at(s.output);
    if (!y.graph) return fail(reference::ErrorKind::no_graph);
    const bool saves = std::any_of(y.tapes.begin(), y.tapes.end(),
                                   [](const auto& tape) { return tape->saves_tensors; });
    if (y.freed && saves) return fail(reference::ErrorKind::graph_freed);
    y.freed = !s.retain_graph;
    auto upstream = std::make_shared<Bytes>(static_cast<std::size_t>(y.shape.numel()) * 8 + 8);
    make_gradient(s, y.shape.numel(), y.dtype, upstream->data());
    Shape shape = y.shape;
    bool reaches = true;
    for (std::size_t i = y.tapes.size(); i-- > 0 && reaches;) {
      const reference::Tape& tape = *y.tapes[i];
      reference::BackwardPass pass;
      pass.run(tape, {upstream->data(), y.dtype, shape, nullptr}, {});
      for (const reference::ParameterGradient& g : pass.parameters()) {
        const auto which = static_cast<std::size_t>(g.held);
        accumulate(g.module->tensors[which]->storage(), y.dtype, g.module->tensors[which]->shape(),
                   g.expected);
      }
      reaches = pass.input() != nullptr;
      if (!reaches) break;
      shape = pass.input()->shape;
      upstream = std::make_shared<Bytes>(rounded(pass.input()->values(), y.dtype));
      if (i == 0) break;
      const Key key{s.output, static_cast<std::uint16_t>(i - 1), Slot::leaf_output_grad};
      if (lied(key)) spoil(upstream->data(), y.dtype, shape.numel());
      shown_.push_back([this, key, upstream, shape, dtype = y.dtype] {
        show(key, upstream->data(), dtype, shape, false, true);
      });
    }
    Thing& x = live_.at(y.input);
    if (!x.requires_grad || !reaches) return;
    const reference::Values dx{upstream->data(), y.dtype, shape, nullptr};
    if (!x.grad) x.grad = reference::Tensor(y.dtype, shape);
    for (std::int64_t i = 0; i < shape.numel(); ++i) x.grad->set(i, x.grad->at(i) + dx.at(i));
  }
  void accumulate(const reference::Storage* parameter, DType dtype, const Shape& shape,
                  const reference::Bounded& added) {
    const auto [at, is_new] = grads_.emplace(parameter, reference::Tensor());
    if (is_new) at->second = reference::Tensor(dtype, shape);
    for (std::int64_t i = 0; i < shape.numel(); ++i)
      at->second.set(i, at->second.at(i) + added.value[static_cast<std::size_t>(i)]);
  }
  void play(const DeepCopy& s) {
    if (has(s.module.name)) set_tree(s.result, reference::deepcopy(at(s.module)));
  }
  void play(const LoadStateDict& s) {
    if (!has(s.target.name) || !has(s.source.name)) return;
    auto state = reference::state_dict(at(s.source));
    for (auto& [key, tensor] : state) tensor = tensor.clone();
    if (const auto refusal = reference::load_state_dict(at(s.target), state)) fail(refusal->kind);
  }
  void play(const JitTrace& s) {
    if (!has(s.module.name) || !has(s.input)) return;
    const Thing& x = live_.at(s.input);
    Walk walk{true, x.requires_grad, {x.values(), x.dtype, {}}, {}, nullptr, {}, 0};
    if (!run_leaves(at(s.module), walk)) return fail(walk.refusals.front().kind);
    set_tree(s.result, reference::trace(at(s.module)));
  }
  void play(const JitScript& s) {
    if (has(s.module.name)) set_tree(s.result, reference::script(at(s.module)));
  }
  void play(const JitSaveLoad& s) {
    if (has(s.script)) set_tree(s.result, reference::save_load(*live_.at(s.script).root));
  }
  void play(const OnnxExport& s) {
    if (!has(s.module.name) || !has(s.input)) return;
    if (s.opset_version < 6 || s.opset_version > 23) return fail(reference::ErrorKind::bad_opset);
    const auto mode = s.training == ExportMode::EVAL       ? reference::ExportMode::eval
                      : s.training == ExportMode::PRESERVE ? reference::ExportMode::preserve
                                                           : reference::ExportMode::training;
    Thing made;
    made.exported = reference::onnx_export(at(s.module), mode);
    const Thing& x = live_.at(s.input);
    const reference::ModulePtr trial = reference::deepcopy(*made.exported->model);
    Walk walk{false, false, {x.values(), x.dtype, {}}, {}, nullptr, {}, 0};
    if (!run_leaves(*trial, walk)) return fail(walk.refusals.front().kind);
    made.shape = x.shape;
    made.dtype = x.dtype;
    add(s.result) = made;
    if (folds)
      made.exported->batch_norms.erase(
          std::remove_if(made.exported->batch_norms.begin(), made.exported->batch_norms.end(),
                         [](const auto& bn) { return bn.may_be_folded; }),
          made.exported->batch_norms.end());
    const auto norms = made.exported->batch_norms;
    shown_.push_back([this, s, norms] {
      const auto integer = [&](std::size_t place, Slot slot, std::int64_t value) {
        const Key key{s.result, static_cast<std::uint16_t>(place), slot};
        recorder_.integer(key, lied(key) ? value + 1 : value);
      };
      const auto number = [&](std::size_t place, Slot slot, double value) {
        const Key key{s.result, static_cast<std::uint16_t>(place), slot};
        recorder_.number(key,
                         static_cast<double>(static_cast<float>(lied(key) ? value * 2 : value)));
      };
      integer(0, Slot::onnx_batch_norms, static_cast<std::int64_t>(norms.size()));
      for (std::size_t i = 0; i < norms.size(); ++i) {
        const bool attribute = s.opset_version >= 14;  // before it, 5 outputs say the same
        integer(i, Slot::onnx_training_mode, norms[i].training && attribute ? 1 : 0);
        integer(i, Slot::onnx_outputs, !norms[i].training ? 1 : attribute ? 3 : 5);
        number(i, Slot::onnx_epsilon, norms[i].eps);
        number(i, Slot::onnx_momentum, 1 - norms[i].momentum.value_or(0));
      }
    });
  }

 public:
  bool folds = false;  ///< an export folds what it may

 private:
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

/// What the checker made of a subject.
struct Checked {
  Tally tally;
  std::vector<Judged> judged;
  std::vector<std::string> signatures;  ///< of `judged`

  [[nodiscard]] std::uint64_t count(ObservationClass observed, Verdict verdict) const {
    return tally.verdicts[static_cast<std::size_t>(observed)][static_cast<std::size_t>(verdict)];
  }
  [[nodiscard]] std::vector<std::string> discrepancies() const {
    std::vector<std::string> found;
    for (std::size_t i = 0; i < judged.size(); ++i)
      if (is_new_discrepancy(judged[i].verdict) || !judged[i].deviation.empty())
        found.push_back("step " + std::to_string(judged[i].step) + ": " + signatures[i] +
                        " expected " + judged[i].expected + ", observed " + judged[i].observed);
    return found;
  }
};

inline Checked check(const FakeSubject& subject, const Trace& trace, CheckOptions options = {},
                     const Deviations& deviations = {}) {
  Checked checked;
  CheckResult result;
  Checker checker(subject.manifest, deviations, options);
  checker.check(subject.scenario, subject.scope, trace, checked.tally, result);
  for (const Judged& judged : result.judged)
    checked.signatures.push_back(signature(subject.manifest, subject.scenario, judged));
  checked.judged = result.judged;
  return checked;
}
inline Checked check(FakeSubject& subject, CheckOptions options = {},
                     const Deviations& deviations = {}) {
  const Trace trace = subject.run();
  return check(subject, trace, options, deviations);
}

}  // namespace normdiff::testing
