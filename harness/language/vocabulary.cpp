#include "harness/language/vocabulary.hpp"

#include "harness/language/modules.hpp"
#include "harness/language/steps.hpp"

namespace normdiff {
namespace {

/// The Io (language/field.hpp) that collects the keywords of a step or a layer.
struct Keywords {
  Vocabulary::Words& words;

  void result(std::string_view, NameId) {}
  void object(std::string_view, ModuleRef, Takes) {}
  void operand(std::string_view key, ModuleRef, Takes) { add(key); }
  void operand(std::string_view key, NameId, Takes) { add(key); }
  void callee(std::string_view, ModuleRef, bool) {}
  void state_dict(std::string_view, ModuleRef, Takes) {}
  void slot(std::string_view, ModuleRef, TensorSlot) {}
  void expression(std::string_view, const ModuleExpression&) {}
  void shape(std::string_view, const Shape&) {}
  void data(std::string_view key, const Data&) { add(key); }
  void seed(std::string_view key, std::uint64_t) { add(key); }
  void dtype(std::string_view key, DType) { add(key); }
  void mode(std::string_view key, bool) { add(key); }
  void keywords() {}
  template <class T, class Allowed>
  void value(std::string_view key, const T&, Allowed) {
    add(key);
  }
  template <class T, class Allowed>
  void required(std::string_view key, const T&, Allowed) {
    add(key);
  }
  template <class T, class Allowed>
  void option(std::string_view key, const T&, const T&, Allowed) {
    add(key);
  }

 private:
  void add(std::string_view key) { words.emplace(key); }
};

template <Named... Enums>
void add_names(Vocabulary::Words& words) {
  (words.insert(names_of<Enums>.begin(), names_of<Enums>.end()), ...);
}

Vocabulary collect() {
  Vocabulary all;
  Keywords keywords{all.keywords};
  Keywords options{all.options};
  for_each_step_type([&]<class S>(TypeTag<S>) {
    for (const Spelling& spelling : S::spellings) switch (spelling.form) {
        case Form::function:
          all.functions.emplace(spelling.word);
          break;
        case Form::method:
          all.methods.emplace(spelling.word);
          break;
        case Form::attribute:
          all.attributes.emplace(spelling.word);
          break;
        case Form::call:
          break;
      }
    const S step;
    visit_fields_of(keywords, step);
  });
  for (const ModuleKind kind : all_of<ModuleKind>) {
    const reference::Layer layer = reference::make_layer(kind);
    visit_arguments(options, layer);
    std::visit(
        [&](const auto& x) { all.attributes.insert(x.attributes.begin(), x.attributes.end()); },
        layer);
  }
  add_names<RuleKind>(all.functions);
  add_names<DType, Layout, ExportMode>(all.values);
  add_names<TensorSlot>(all.slots);
  return all;
}

}  // namespace

const Vocabulary& vocabulary() {
  static const Vocabulary all = collect();
  return all;
}

}  // namespace normdiff
