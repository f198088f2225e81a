#include "harness/model/operands.hpp"

#include <algorithm>

#include "harness/language/steps.hpp"

namespace normdiff {
namespace {

using reference::Module;

/// A leaf has the tensors that its formulas need. A trace may say that one is gone.
bool whole(const Module& module) {
  const reference::Tensor* weight = module.find(TensorSlot::weight);
  if (traits_of(module.layer).needs_weight && weight == nullptr) return false;
  return (module.find(TensorSlot::running_mean) == nullptr) ==
         (module.find(TensorSlot::running_var) == nullptr);
}

/// The Io (language/field.hpp) that looks at operands.
class Looker {
 public:
  explicit Looker(const World& world) : world_(world) {}
  [[nodiscard]] Operands found() const { return found_; }

  void object(std::string_view, ModuleRef module, Takes takes) { look(module, takes); }
  void operand(std::string_view, ModuleRef module, Takes takes) { look(module, takes); }
  void operand(std::string_view, NameId name, Takes takes) {
    if (!live(name)) return;
    const Live& it = world_.names[name];
    if (takes == Takes::tensor)
      need(it.kind == NameKind::tensor && was_seen(it));
    else if (takes == Takes::input)
      need((it.kind == NameKind::tensor || it.kind == NameKind::result) && was_seen(it));
    else if (takes == Takes::script)
      need(it.root != nullptr);
  }
  void callee(std::string_view, ModuleRef module, bool) {
    if (live(module.name) && world_.names[module.name].kind != NameKind::artefact) look(module);
  }
  void state_dict(std::string_view, ModuleRef module, Takes) { look(module); }
  void slot(std::string_view, ModuleRef module, TensorSlot slot) {
    look(module);
    if (found_ != Operands::usable) return;
    const Module& there = *world_.names[module.name].places[module.place];
    const bool has_it = std::visit(
        [slot](const auto& x) { return std::ranges::find(x.slots, slot) != x.slots.end(); },
        there.layer);
    if (!has_it)
      found_ = Operands::dead;
    else if (there.find(slot) == nullptr)
      found_ = Operands::lacking;
  }
  void expression(std::string_view key, const ModuleExpression& module) {
    for (const ModuleExpression::Child& child : module.children)
      if (const NameId* name = std::get_if<NameId>(&child.module))
        look({*name, 0});
      else
        expression(key, std::get<ModuleExpression>(child.module));
  }

  template <class... Rest>
  void result(const Rest&...) {}
  template <class... Rest>
  void shape(const Rest&...) {}
  template <class... Rest>
  void data(const Rest&...) {}
  template <class... Rest>
  void seed(const Rest&...) {}
  template <class... Rest>
  void dtype(const Rest&...) {}
  template <class... Rest>
  void mode(const Rest&...) {}
  void keywords() {}
  template <class... Rest>
  void value(const Rest&...) {}
  template <class... Rest>
  void required(const Rest&...) {}
  template <class... Rest>
  void option(const Rest&...) {}

 private:
  static bool was_seen(const Live& tensor) {
    return tensor.values.data != nullptr || tensor.values.shape.numel() == 0;
  }
  bool live(NameId name) {
    if (world_.is_live(name)) return true;
    found_ = Operands::dead;
    return false;
  }
  void need(bool there) {
    if (!there && found_ == Operands::usable) found_ = Operands::unseen;
  }
  /// A norm that a step takes is another module where its replacement was not made.
  void look(ModuleRef module, Takes takes) {
    look(module);
    if (found_ == Operands::usable && takes == Takes::norm &&
        norm_in(world_.names[module.name].places[module.place]->layer) == nullptr)
      found_ = Operands::dead;
  }
  void look(ModuleRef module) {
    if (!live(module.name)) return;
    const std::vector<Module*>& places = world_.names[module.name].places;
    need(module.place < places.size());
    if (found_ != Operands::usable) return;
    need(all_whole(*places[module.place]));
  }
  static bool all_whole(const Module& module) {
    return whole(module) && std::all_of(module.children.begin(), module.children.end(),
                                        [](const auto& child) { return all_whole(*child.second); });
  }

  const World& world_;
  Operands found_ = Operands::usable;
};

}  // namespace

Operands operands_of(const World& world, const Step& step) {
  Looker looker(world);
  visit_fields(looker, step);
  return looker.found();
}

const reference::Layer* layer_of(const World& world, const Step& step) {
  const auto module = std::visit([](const auto& s) { return module_of(s); }, step);
  if (!module || !world.is_live(module->it.name)) return nullptr;
  const std::vector<Module*>& places = world.names[module->it.name].places;
  return module->it.place < places.size() ? &places[module->it.place]->layer : nullptr;
}

}  // namespace normdiff
