#include "tests/harness/check/fake_subject.hpp"

#include <algorithm>

#include "harness/check/error_kinds.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff::testing {

FakeSubject::FakeSubject(const std::string& statements, const std::string& family,
                         const std::string& version)
    : scenario(testing::scenario(statements)),
      scope(resolve(scenario)),
      manifest(testing::manifest(family, version)) {}

Key FakeSubject::key(std::string_view name, std::string_view path, Slot slot) {
  const NameId id = scenario.intern(name);
  const auto& places = scope[id].places;
  for (std::size_t p = 0; p < places.size(); ++p)
    if (places[p].path == path) return {id, static_cast<std::uint16_t>(p), slot};
  return {id, 0, slot};
}

reference::Module& FakeSubject::module(std::string_view name, std::string_view path) {
  return *live_.at(scenario.intern(name)).places[key(name, path, Slot::identity).place];
}

const reference::ModulePtr& FakeSubject::root(std::string_view name) {
  return live_.at(scenario.intern(name)).root;
}

void FakeSubject::plant(std::string_view name, reference::ModulePtr root) {
  set_tree(scenario.intern(name), std::move(root));
}

void FakeSubject::run_through(std::string_view name, std::string_view input) {
  const Thing& x = live_.at(scenario.intern(input));
  Walk walk{true, x.requires_grad, {x.values(), x.dtype, {}}, {}, nullptr, {}, 0};
  run_leaves(*root(name), walk);
}

void FakeSubject::split(std::string_view name) {
  const std::function<void(reference::Module&)> each = [&](reference::Module& parent) {
    for (auto& [child_name, child] : parent.children) {
      child = std::make_shared<reference::Module>(*child);
      each(*child);
    }
  };
  each(*root(name));
  plant(name, root(name));
}

Trace FakeSubject::run() {
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

std::pair<std::string, std::string> FakeSubject::wording(reference::ErrorKind kind) const {
  if (manifest.family == "textbook") return {std::string(reference::to_string(kind)), "refused"};
  for (const ErrorPattern& pattern : ErrorKinds::built_in().patterns())
    if (pattern.kind == kind && std::find(pattern.subjects.begin(), pattern.subjects.end(),
                                          manifest.family) != pattern.subjects.end())
      return {pattern.error_class.empty() ? "RuntimeError" : pattern.error_class, pattern.example};
  return {"RuntimeError", "something else"};
}

// --- what it has --------------------------------------------------------------------------------

void FakeSubject::set_tree(NameId name, reference::ModulePtr root, bool eager) {
  if (live_.find(name) == live_.end()) order_.push_back(name);
  Thing& thing = live_[name];
  thing.eager = scope[name].kind == NameKind::module && eager;
  thing.root = std::move(root);
  thing.places = reference::places(*thing.root);
}

FakeSubject::Thing& FakeSubject::add(NameId name) {
  order_.push_back(name);
  return live_[name] = {};
}

bool FakeSubject::has(NameId name) {
  if (live_.find(name) != live_.end()) return true;
  if (missing_.empty()) missing_ = scenario.names[name];
  return false;
}

// --- how it lies --------------------------------------------------------------------------------

void FakeSubject::spoil(void* data, DType dtype, std::int64_t n) {
  if (n == 0) return;
  if (dtype == DType::float32)
    *static_cast<float*>(data) = *static_cast<float*>(data) * 2 + 1;
  else if (dtype == DType::float64)
    *static_cast<double*>(data) = *static_cast<double*>(data) * 2 + 1;
  else
    *static_cast<std::int64_t*>(data) += 3;
}

bool FakeSubject::lied(Key key) const {
  for (auto [at, last] = lies_.equal_range(step_); at != last; ++at)
    if (at->second == key) return true;
  return false;
}

void FakeSubject::corrupt(Key key) {
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

// --- what it shows ------------------------------------------------------------------------------

void FakeSubject::show_tensor(Key key, const reference::Tensor* tensor, bool requires_grad) {
  if (!tensor) return recorder_.none(key);
  show(key, tensor->data(), tensor->dtype(), tensor->shape(), requires_grad, true);
}

void FakeSubject::show(Key key, const void* data, DType dtype, const Shape& shape,
                       bool requires_grad, bool is_leaf) {
  ObservedTensor seen;
  seen.dtype = dtype;
  seen.shape = shape;
  seen.strides = row_major_strides(shape);
  seen.requires_grad = requires_grad;
  seen.is_leaf = is_leaf;
  seen.data = static_cast<const std::byte*>(data);
  recorder_.tensor(key, seen);
}

void FakeSubject::show_state() {
  std::map<const reference::Module*, std::int64_t> first;
  for (NameId name : order_) {
    Thing& thing = live_.at(name);
    if (thing.is_tensor) {
      show({name, 0, Slot::value}, thing.data.data(), thing.dtype, thing.shape, thing.requires_grad,
           true);
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
      const bool norm = is_batch_norm(m.layer);
      if (norm && thing.eager) {
        const auto& options = m.batch_norm();
        if (options.momentum)
          recorder_.number(key(Slot::momentum), *options.momentum);
        else
          recorder_.none(key(Slot::momentum));
        recorder_.number(key(Slot::eps), options.eps);
        recorder_.flag(key(Slot::track_running_stats), options.track_running_stats);
      }
      if (!norm && !traits_of(m.layer).needs_weight) continue;
      for (std::size_t i = 0;
           i < (norm ? reference::tensor_slot_count : reference::parameter_slot_count); ++i)
        show_tensor(key(slot_of(static_cast<TensorSlot>(i))),
                    m.tensors[i] ? &*m.tensors[i] : nullptr, i < reference::parameter_slot_count);
      for (std::size_t i = 0; i < reference::parameter_slot_count; ++i) {
        const auto grad = m.tensors[i] ? grads_.find(m.tensors[i]->storage()) : grads_.end();
        show_tensor(key(i == 0 ? Slot::weight_grad : Slot::bias_grad),
                    grad == grads_.end() ? nullptr : &grad->second, false);
      }
    }
  }
}

}  // namespace normdiff::testing
