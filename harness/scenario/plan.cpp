#include "harness/scenario/plan.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/language/modules.hpp"
#include "harness/language/steps.hpp"
#include "harness/scenario/scope.hpp"
#include "harness/text/base64.hpp"
#include "harness/text/number.hpp"

// The plan, as one JSON object:
//   {"format": 1, "names": ["net", ...], "steps": [STEP, ...]}
//   STEP    {"step": its kind's name, its fields by theirs}; a name by its number in "names". A
//   step
//           that is done as it is spelled (is_done_as_spelled) has its spelling too:
//           "spelled": {"method" or "attribute": "to", "values": [VALUE, ...], "keywords": {...}}
//   VALUE   a number, True, None, a word, or {"dtype": "float64"}
//   TREE    {"kind": "Sequential", "place": 0, "children": [["bn", TREE], ...]}
//           {"kind": "Conv2d", "place": 1, "arguments": {...}, "initial": {"weight": TENSOR, ...}}
//           each with what can be seen of it: "attributes": ["eps", ...], "slots": ["weight", ...]
//           {"shared": name, "place": 1}, a child that is the module of that name
//   TENSOR  {"dtype": "float32", "shape": [2], "bits": base64 of little-endian row-major elements}
//   module  {"name": 0, "place": 1, "path": "bn"}
//   A tensor whose dtype is not known before anything runs is float64, for the subject to round
//   once; where that would not do, "KEY_float32" beside it has what a float32 one holds.
//   number  1.5, or {"double": "nan" | "inf" | "-inf"}
namespace normdiff {
namespace {

using nlohmann::json;

json number_json(double value) {
  if (std::isfinite(value)) return value;
  return {{"double", number_text(value)}};
}

/// How many elements of a backward's gradient the others repeat.
std::int64_t gradient_length(const Data& gradient) {
  const auto* list = std::get_if<Literal>(&gradient);
  return list ? static_cast<std::int64_t>(list->size()) : gradient_cycle_length;
}

json tensor_json(DType dtype, const Shape& shape, const void* bits) {
  const auto bytes = static_cast<std::size_t>(shape.numel()) * size_of(dtype);
  return {{"dtype", reference::to_string(dtype)},
          {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
          {"bits", base64(bits, bytes)}};
}

/// Writes what a subject has to know of a layer to make one and to look at it.
json layer_json(const reference::Layer& layer) {
  json slots = json::array(), attributes = json::array();
  std::visit(
      [&](const auto& x) {
        for (const TensorSlot slot : x.slots) slots.push_back(to_string(slot));
        for (const std::string_view attribute : x.attributes) attributes.push_back(attribute);
      },
      layer);
  return {{"kind", reference::to_string(kind_in(layer))},
          {"slots", std::move(slots)},
          {"attributes", std::move(attributes)}};
}

json made_tensor(DType dtype, const Shape& shape, const Data& data, std::uint64_t seed) {
  std::vector<std::byte> bits(static_cast<std::size_t>(shape.numel()) * size_of(dtype));
  make_data(data, seed, shape.numel(), dtype, bits.data());
  return tensor_json(dtype, shape, bits.data());
}

/// The Io (language/field.hpp) that writes a step, or the options of a module, as JSON.
class Planner {
 public:
  Planner(const Scenario& scenario, const Scope& scope, int step)
      : scenario_(scenario), scope_(scope), step_(step) {}
  json out = json::object();

  void result(std::string_view key, NameId name) { put(key, result_ = name); }
  void object(std::string_view key, ModuleRef module, Takes) { put(key, module_json(module)); }
  void operand(std::string_view key, ModuleRef module, Takes) { put(key, module_json(module)); }
  void operand(std::string_view key, NameId name, Takes) { put(key, name); }
  void callee(std::string_view key, ModuleRef module, bool grad) {
    put(key, module_json(module));
    out["grad"] = grad;
  }
  void state_dict(std::string_view key, ModuleRef module, Takes) { put(key, module_json(module)); }
  void slot(std::string_view key, ModuleRef module, TensorSlot which) {
    put(key, module_json(module));
    out["slot"] = to_string(which);
    shape_ = *fresh_shape(*scope_.place(module).module, which);
    if (which == TensorSlot::num_batches_tracked) dtype_ = DType::int64;
  }
  void shape(std::string_view, const Shape& sizes) { shape_ = sizes; }
  void data(std::string_view key, const Data& data) {
    data_key_ = key;
    data_ = &data;
  }
  void seed(std::string_view, std::uint64_t seed) { seed_ = seed; }
  void dtype(std::string_view, DType type) { dtype_ = type; }
  void mode(std::string_view key, bool on) {
    put(key, on);
    mode_ = on;
  }
  void keywords() {}
  void expression(std::string_view key, const ModuleExpression& module) {
    put(key, tree(module, scope_[result_].places, 0));
  }

  template <class T, class Allowed>
  void value(std::string_view key, const T& field, Allowed) {
    put(key, to_json(field));
    values_.push_back(spelled_value(field));
  }
  template <class T, class Allowed>
  void required(std::string_view key, const T& field, Allowed) {
    put(key, to_json(field));
    keywords_[std::string(key)] = spelled_value(field);
  }
  template <class T, class Allowed>
  void option(std::string_view key, const T& field, const T& standard, Allowed) {
    put(key, to_json(field));
    if (field != standard) keywords_[std::string(key)] = spelled_value(field);
  }

  /// A step of kind S as it is spelled. A mode has two spellings: the first turns it on.
  template <class S>
  void spell() {
    const Spelling& spelling = S::spellings[mode_ ? 0 : std::size(S::spellings) - 1];
    const char* form = spelling.form == Form::method ? "method" : "attribute";
    out["spelled"] = {
        {form, spelling.word}, {"values", std::move(values_)}, {"keywords", std::move(keywords_)}};
  }

  /// The data can be made only when every field of the step was seen.
  void finish() {
    if (data_ == nullptr) return;
    const Shape shape = shape_ ? *shape_ : Shape{gradient_length(*data_)};
    put(data_key_, made_tensor(dtype_.value_or(DType::float64), shape, *data_, seed_));
    if (!dtype_ && depends_on_dtype(*data_))
      put(std::string(data_key_) + "_float32", made_tensor(DType::float32, shape, *data_, seed_));
  }

 private:
  void put(std::string_view key, json value) { out[std::string(key)] = std::move(value); }

  static json to_json(bool value) { return value; }
  static json to_json(int value) { return value; }
  static json to_json(std::int64_t value) { return value; }
  static json to_json(double value) { return number_json(value); }
  static json to_json(const std::optional<double>& value) {
    return value ? number_json(*value) : json();
  }
  template <Named Enum>
  static json to_json(Enum value) {
    return to_string(value);
  }

  template <class T>
  static json spelled_value(const T& value) {
    if constexpr (std::is_same_v<T, DType>)
      return {{"dtype", to_json(value)}};
    else
      return to_json(value);
  }

  [[nodiscard]] json module_json(ModuleRef module) const {
    return {{"name", module.name}, {"place", module.place}, {"path", scope_.place(module).path}};
  }

  [[nodiscard]] json tree(const ModuleExpression& module,
                          const std::vector<reference::Place>& places, int place) const {
    const ModuleSpec& spec = *places[static_cast<std::size_t>(place)].module;
    Planner arguments(scenario_, scope_, step_);
    visit_arguments(arguments, module.layer);
    json made = layer_json(module.layer);
    made["place"] = place;
    made["arguments"] = std::move(arguments.out);
    made["initial"] = initial(spec, place);
    if (!is_container(module.layer)) return made;
    json& children = made["children"] = json::array();
    int below = place + 1;
    for (const ModuleExpression::Child& child : module.children) {
      if (const NameId* name = std::get_if<NameId>(&child.module))
        children.push_back({child.name, {{"shared", *name}, {"place", below}}});
      else
        children.push_back(
            {child.name, tree(std::get<ModuleExpression>(child.module), places, below)});
      below = places[static_cast<std::size_t>(below)].end;
    }
    return made;
  }

  [[nodiscard]] json initial(const ModuleSpec& spec, int place) const {
    json values = json::object();
    visit_tensors(spec.layer, [&](const reference::FreshTensor& fresh) {
      if (fresh.fill != reference::Fill::drawn) return;
      std::vector<float> bits(static_cast<std::size_t>(fresh.shape.numel()));
      initial_values(scenario_, step_, place, spec, fresh.slot, bits.data());
      values[std::string(to_string(fresh.slot))] =
          tensor_json(DType::float32, fresh.shape, bits.data());
    });
    return values;
  }

  const Scenario& scenario_;
  const Scope& scope_;
  int step_;
  NameId result_ = 0;
  bool mode_ = true;
  json values_ = json::array();
  json keywords_ = json::object();
  // The ingredients of the step's tensor.
  std::string_view data_key_;
  const Data* data_ = nullptr;
  std::uint64_t seed_ = 0;
  std::optional<DType> dtype_;  ///< where it is known before anything runs
  std::optional<Shape> shape_;  ///< a backward's data has none of its own
};

}  // namespace

json plan(const Scenario& scenario) {
  Scope scope(scenario.names.size());
  json steps = json::array();
  for (std::size_t i = 0; i < scenario.statements.size(); ++i) {
    const Step& step = scenario.statements[i].step;
    scope.apply(scenario, step);
    Planner planner(scenario, scope, static_cast<int>(i));
    visit_fields(planner, step);
    planner.finish();
    std::visit(
        [&]<class S>(const S&) {
          if constexpr (is_done_as_spelled<S>()) planner.spell<S>();
        },
        step);
    planner.out["step"] = step_kind_name(step.index());
    steps.push_back(std::move(planner.out));
  }
  return {{"format", 1}, {"names", scenario.names}, {"steps", std::move(steps)}};
}

void make_gradient(const Backward& step, std::int64_t n, DType dtype, void* out) {
  if (std::holds_alternative<Literal>(step.gradient))
    return make_data(step.gradient, step.seed, n, dtype, out);
  const std::int64_t head = std::min(n, gradient_cycle_length);
  make_data_head(step.gradient, step.seed, head, gradient_cycle_length, dtype, out);
  reference::visit_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    T* elements = static_cast<T*>(out);
    for (std::int64_t i = head; i < n; ++i) elements[i] = elements[i - gradient_cycle_length];
  });
}

}  // namespace normdiff
