#include "tests/harness/check/told_subject.hpp"

#include <algorithm>

#include "harness/check/error_kinds.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff::testing {
namespace {

void spoil(reference::Tensor& tensor) {
  if (tensor.numel() == 0) return;
  tensor.set(0, tensor.dtype() == DType::int64 ? tensor.at(0) + 3 : tensor.at(0) * 2 + 1);
}

void spoil(std::optional<reference::Tensor>& tensor) {
  if (tensor) spoil(*tensor);
}

bool is_fact_of_a_graph(Slot slot) {
  return slot >= Slot::onnx_batch_norms;
}

}  // namespace

ToldSubject::ToldSubject(const std::string& statements, const std::string& family,
                         const std::string& version)
    : scenario(testing::scenario(statements)),
      scope(resolve(scenario)),
      manifest(testing::manifest(family, version)) {}

Key ToldSubject::key(std::string_view name, std::string_view path, Slot slot) {
  const NameId id = scenario.intern(name);
  const auto& places = scope[id].places;
  for (std::size_t p = 0; p < places.size(); ++p)
    if (places[p].path == path) return {id, static_cast<std::uint16_t>(p), slot};
  return {id, 0, slot};
}

textbook::Module& ToldSubject::module(std::string_view name, std::string_view path) {
  const Key at = key(name, path, Slot::identity);
  return *runner_.live(at.name).places.at(at.place);
}

textbook::ModulePtr ToldSubject::root(std::string_view name) {
  return runner_.live(scenario.intern(name)).places.at(0);
}

textbook::Artefact& ToldSubject::artefact(std::string_view name) {
  return *runner_.live(scenario.intern(name)).artefact;
}

void ToldSubject::plant(std::string_view name, const textbook::ModulePtr& root) {
  const NameId id = scenario.intern(name);
  runner_.define_tree(id, scope[id].kind, root);
}

void ToldSubject::run_through(std::string_view name, std::string_view input) {
  (void)runner_.run_through(root(name), runner_.live(scenario.intern(input)));
}

void ToldSubject::split(std::string_view name) {
  const std::function<void(textbook::Module&)> each = [&](textbook::Module& parent) {
    for (auto& [child_name, child] : parent.children) {
      kept_.push_back(child);
      child = std::make_shared<textbook::Module>(*child);
      each(*child);
    }
  };
  each(*root(name));
  plant(name, root(name));
}

Trace ToldSubject::run() {
  Trace trace;
  runner_.begin(scenario, scope, trace);
  runner_.on_flow = [this](Key key, reference::Tensor& tensor) {
    if (!lied(key)) return;
    tensor = tensor.clone();
    spoil(tensor);
  };
  step_ = 0;
  for (const Statement& statement : scenario.statements) {
    if (const auto found = end.find(step_); found != end.end()) {
      runner_.end_step(statement.step, {found->second, {}, "gone"});
      return trace;
    }
    runner_.checks = accept.count(step_) == 0;
    const textbook::Ending ending = do_step(statement.step);
    if (const auto more = after.find(step_); more != after.end()) more->second(*this);
    for (auto [at, last] = lies_.equal_range(step_); at != last; ++at) corrupt(at->second);
    runner_.end_step(statement.step, ending);
    for (auto [at, last] = lies_.equal_range(step_); at != last; ++at) corrupt(trace, at->second);
    ++step_;
  }
  return trace;
}

textbook::Ending ToldSubject::do_step(const Step& step) {
  if (const auto other = instead.find(step_); other != instead.end()) {
    other->second(*this);
    return {};
  }
  if (const auto refused = refuse.find(step_); refused != refuse.end())
    return {Outcome::error, refused->second.first, refused->second.second};
  if (const auto declined = unsupported.find(step_); declined != unsupported.end())
    return {Outcome::unsupported, {}, declined->second};
  textbook::Ending ending;
  if (const auto* exported = std::get_if<OnnxExport>(&step)) {
    OnnxExport told = *exported;
    told.do_constant_folding = folds;
    ending = runner_.play(told);
  } else {
    ending = runner_.play(step);
  }
  if (ending.outcome != Outcome::error) return ending;
  const auto kind = reference::named<reference::ErrorKind>(ending.error_class);
  std::tie(ending.error_class, ending.text) = wording(*kind);
  return ending;
}

std::pair<std::string, std::string> ToldSubject::wording(reference::ErrorKind kind) const {
  if (manifest.family == "textbook") return {std::string(reference::to_string(kind)), "refused"};
  for (const ErrorPattern& pattern : ErrorKinds::built_in().patterns())
    if (pattern.kind == kind && std::find(pattern.subjects.begin(), pattern.subjects.end(),
                                          manifest.family) != pattern.subjects.end())
      return {pattern.error_class.empty() ? "RuntimeError" : pattern.error_class, pattern.example};
  return {"RuntimeError", "something else"};
}

bool ToldSubject::lied(Key key) const {
  for (auto [at, last] = lies_.equal_range(step_); at != last; ++at)
    if (at->second == key) return true;
  return false;
}

void ToldSubject::corrupt(Key key) {
  textbook::Live& live = runner_.live(key.name);
  if (live.kind == NameKind::tensor) spoil(key.slot == Slot::grad ? *live.grad : live.tensor);
  if (key.place >= live.places.size()) return;
  textbook::Module& m = *live.places[key.place];
  if (key.slot == Slot::training) m.training = !m.training;
  if (key.slot == Slot::momentum) m.momentum = m.momentum.value_or(0.25) / 2;
  if (key.slot == Slot::eps) m.eps *= 2;
  if (key.slot == Slot::track_running_stats) m.track_running_stats = !m.track_running_stats;
  if (key.slot >= Slot::weight && key.slot <= Slot::num_batches_tracked)
    spoil(m[static_cast<TensorSlot>(static_cast<int>(key.slot) - static_cast<int>(Slot::weight))]);
  if (key.slot == Slot::weight_grad) spoil(m.parameters[0]->grad);
  if (key.slot == Slot::bias_grad) spoil(m.parameters[1]->grad);
}

void ToldSubject::corrupt(Trace& trace, Key key) {
  if (!is_fact_of_a_graph(key.slot)) return;
  for (Observation& seen : trace.observations) {
    if (!(seen.key == key)) continue;
    if (auto* integer = std::get_if<std::int64_t>(&seen.value)) ++*integer;
    if (auto* number = std::get_if<double>(&seen.value)) *number *= 2;
  }
}

}  // namespace normdiff::testing
