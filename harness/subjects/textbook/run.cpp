#include "harness/subjects/textbook/run.hpp"

namespace normdiff::textbook {

void Runner::begin(const Scenario& scenario, const Scope& scope, Trace& trace) {
  scenario_ = &scenario;
  scope_ = &scope;
  lives_.assign(scenario.names.size(), Live());
  shown_.clear();
  first_place_.clear();
  recorder_.begin(trace, scenario.names.size());
  step_ = 0;
}

void Runner::end_step(const Step& step, const Ending& ending) {
  show(step);
  recorder_.end_step(ending.outcome, ending.error_class, ending.text);
  leaf_outputs_.clear();
  leaf_gradients_.clear();
  ++step_;
}

void Runner::run(const Scenario& scenario, const Scope& scope, Trace& trace) {
  begin(scenario, scope, trace);
  for (const Statement& statement : scenario.statements)
    end_step(statement.step, play(statement.step));
  lives_.clear();  // modules point into the scope, which is the caller's
}

Ending Runner::needs(NameId name) const {
  return {Outcome::unsupported, {}, "needs " + scenario_->names[name] + ", which was not made"};
}

Ending Runner::ended(const std::optional<Refusal>& refusal) {
  if (!refusal) return {};
  return {Outcome::error, std::string(reference::to_string(refusal->kind)), refusal->why};
}

bool Runner::is_tree(NameId name) const {
  return lives_[name].kind == NameKind::module || lives_[name].kind == NameKind::script;
}

bool Runner::is_input(NameId name) const {
  return lives_[name].kind == NameKind::tensor || lives_[name].kind == NameKind::result;
}

Live& Runner::define(NameId name, NameKind kind) {
  Live& live = lives_[name];
  const bool is_shown =
      kind == NameKind::module || kind == NameKind::script || kind == NameKind::tensor;
  if (is_shown && live.kind == NameKind::undefined) shown_.push_back(name);
  live = Live();
  live.kind = kind;
  return live;
}

void Runner::define_tree(NameId name, NameKind kind, const ModulePtr& root) {
  list_places(root, define(name, kind).places);
}

}  // namespace normdiff::textbook
