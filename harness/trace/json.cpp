#include "harness/trace/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "harness/scenario/scope.hpp"
#include "harness/text/base64.hpp"
#include "harness/text/number.hpp"
#include "harness/text/utf8.hpp"

namespace normdiff {
namespace {

using nlohmann::json;

constexpr std::int64_t max_place = 4096;
constexpr std::int64_t max_elements = std::int64_t{1} << 40;
constexpr std::size_t max_text = 4096;

// --- Writing ----------------------------------------------------------------------------------

json number_json(double value) {
  return {{"double", std::isfinite(value) ? json(value) : json(number_text(value))}};
}

json shape_json(const Shape& shape) {
  return std::vector<std::int64_t>(shape.begin(), shape.end());
}

json tensor_json(const ObservedTensor& tensor) {
  json out = {{"dtype", tensor.known_dtype ? reference::to_string(tensor.dtype) : "other"},
              {"shape", shape_json(tensor.shape)},
              {"strides", shape_json(tensor.strides)},
              {"requires_grad", tensor.requires_grad},
              {"is_leaf", tensor.is_leaf},
              {"storage", tensor.storage}};
  if (tensor.known_dtype) out["bits"] = base64(tensor.data, tensor.bytes());
  return out;
}

json value_json(const Value& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* number = std::get_if<double>(&value)) return number_json(*number);
  if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
  if (const auto* tensor = std::get_if<ObservedTensor>(&value)) return tensor_json(*tensor);
  return nullptr;
}

// --- Reading: every function gives a sentence where the JSON is not what it should be ----------

using Problem = std::optional<std::string>;

const json* member(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

std::optional<std::int64_t> integer_of(const json* value) {
  if (value == nullptr || !value->is_number_integer()) return std::nullopt;
  if (value->is_number_unsigned() &&
      value->get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
    return std::nullopt;
  return value->get<std::int64_t>();
}

std::string_view text_of(const json& value) {
  return value.get_ref<const std::string&>();
}

/// At most `max_text` bytes, and no half of a UTF-8 character at the end.
std::string_view clipped(const json& value) {
  const std::string_view text = text_of(value);
  std::size_t end = std::min(text.size(), max_text);
  if (end < text.size())
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

Problem read_shape(const json* value, const char* what, bool sizes, Shape& out) {
  if (value == nullptr || !value->is_array()) return fmt::format("a tensor needs {}", what);
  if (value->size() > Shape::max_rank)
    return fmt::format("a tensor has {} dimensions, more than {}", value->size(), Shape::max_rank);
  std::int64_t elements = 1;
  for (const json& entry : *value) {
    const auto size = integer_of(&entry);
    if (!size) return fmt::format("{} of a tensor holds {}", what, entry.type_name());
    if (sizes && *size < 0) return fmt::format("a tensor has the size {}", *size);
    if (sizes && *size > 0) {
      if (*size > max_elements / elements) return "a tensor has more than 2^40 elements";
      elements *= *size;
    }
    out.push_back(*size);
  }
  return std::nullopt;
}

Problem read_flag(const json& object, const char* key, bool& out) {
  const json* value = member(object, key);
  if (value == nullptr || !value->is_boolean())
    return fmt::format("a tensor needs {}, true or false", key);
  out = value->get<bool>();
  return std::nullopt;
}

Problem read_dtype(const json& object, ObservedTensor& out) {
  const json* name = member(object, "dtype");
  if (name == nullptr || !name->is_string()) return "a tensor needs a dtype";
  const auto dtype = named<DType>(text_of(*name));
  out.known_dtype = dtype.has_value();
  if (dtype) out.dtype = *dtype;
  return std::nullopt;
}

Problem read_tensor(const json& object, Arena& arena, ObservedTensor& out) {
  if (auto problem = read_dtype(object, out)) return problem;
  if (auto problem = read_shape(member(object, "shape"), "shape", true, out.shape)) return problem;
  if (auto problem = read_shape(member(object, "strides"), "strides", false, out.strides))
    return problem;
  if (out.strides.rank() != out.shape.rank())
    return fmt::format("a tensor has {} sizes and {} strides", out.shape.rank(),
                       out.strides.rank());
  if (auto problem = read_flag(object, "requires_grad", out.requires_grad)) return problem;
  if (auto problem = read_flag(object, "is_leaf", out.is_leaf)) return problem;
  const auto storage = integer_of(member(object, "storage"));
  if (!storage || *storage < 0) return "a tensor needs storage, a whole number from 0";
  out.storage = static_cast<std::uint64_t>(*storage);
  if (!out.known_dtype) return std::nullopt;
  const json* bits = member(object, "bits");
  if (bits == nullptr || !bits->is_string()) return "a tensor needs bits";
  // The length first: nothing is allocated for a shape that the bits do not bear out.
  if (text_of(*bits).size() != base64_length(out.bytes()))
    return fmt::format("a tensor of {} bytes has {} characters of bits, not {}", out.bytes(),
                       text_of(*bits).size(), base64_length(out.bytes()));
  std::byte* data = arena.allocate(out.bytes());
  if (!decode_base64(text_of(*bits), data, out.bytes()))
    return "the bits of a tensor aren't base64";
  out.data = data;
  return std::nullopt;
}

Problem read_double(const json& value, Value& out) {
  if (value.is_number()) {
    out = value.get<double>();
    return std::nullopt;
  }
  if (value == "nan") {
    out = std::numeric_limits<double>::quiet_NaN();
  } else if (value == "inf") {
    out = std::numeric_limits<double>::infinity();
  } else if (value == "-inf") {
    out = -std::numeric_limits<double>::infinity();
  } else {
    return "a double is a number, \"nan\", \"inf\" or \"-inf\"";
  }
  return std::nullopt;
}

Problem read_value(const json& value, Arena& arena, Value& out) {
  if (value.is_null()) {
    out = None{};
  } else if (value.is_boolean()) {
    out = value.get<bool>();
  } else if (const auto integer = integer_of(&value)) {
    out = *integer;
  } else if (value.is_string()) {
    out = arena.copy(clipped(value));
  } else if (value.is_object()) {
    if (const json* number = member(value, "double")) return read_double(*number, out);
    ObservedTensor tensor;
    if (auto problem = read_tensor(value, arena, tensor)) return problem;
    out = tensor;
  } else {
    return fmt::format("a value can't be {}", value.is_number() ? "a bare number" : "an array");
  }
  return std::nullopt;
}

/// The values of a slot have one form; None, and text for what has no other form, fit all.
bool fits(Slot slot, const Value& value) {
  if (std::holds_alternative<None>(value) || std::holds_alternative<std::string_view>(value))
    return true;
  switch (slot) {
    case Slot::training:
    case Slot::track_running_stats:
      return std::holds_alternative<bool>(value);
    case Slot::momentum:
    case Slot::eps:
    case Slot::onnx_epsilon:
    case Slot::onnx_momentum:
      return std::holds_alternative<double>(value);
    case Slot::identity:
    case Slot::onnx_batch_norms:
    case Slot::onnx_training_mode:
    case Slot::onnx_outputs:
      return std::holds_alternative<std::int64_t>(value);
    default:
      return std::holds_alternative<ObservedTensor>(value);
  }
}

Problem read_observation(const json& entry, std::size_t names, Arena& arena, Observation& out) {
  if (!entry.is_array() || entry.size() < 4 || entry.size() > 5)
    return "an observation is [name, place, slot, value]";
  const auto name = integer_of(&entry[0]);
  if (!name || *name < 0 || static_cast<std::uint64_t>(*name) >= names)
    return fmt::format("an observation names something beyond the {} names there are", names);
  const auto place = integer_of(&entry[1]);
  if (!place || *place < 0 || *place > max_place)
    return fmt::format("an observation has a place outside 0 to {}", max_place);
  if (!entry[2].is_string()) return "the slot of an observation is a text";
  const auto slot = named<Slot>(text_of(entry[2]));
  if (!slot) return fmt::format("there is no slot '{}'", text_of(entry[2]).substr(0, 40));
  out.key = {static_cast<NameId>(*name), static_cast<std::uint16_t>(*place), *slot};
  if (auto problem = read_value(entry[3], arena, out.value)) return problem;
  if (!fits(*slot, out.value))
    return fmt::format("{} is shown as {}, which it can't be", to_string(*slot),
                       entry[3].type_name());
  return std::nullopt;
}

Problem read_outcome(const json& step, Arena& arena, StepRecord& out) {
  const json* name = member(step, "outcome");
  if (name == nullptr || !name->is_string()) return "a step needs an outcome";
  const auto outcome = named<Outcome>(text_of(*name));
  if (!outcome) return fmt::format("there is no outcome '{}'", text_of(*name).substr(0, 40));
  out.outcome = *outcome;
  if (*outcome == Outcome::error) {
    const json* error = member(step, "error");
    const json* kind = error && error->is_object() ? member(*error, "class") : nullptr;
    const json* text = error && error->is_object() ? member(*error, "text") : nullptr;
    if (kind == nullptr || !kind->is_string() || text == nullptr || !text->is_string())
      return "an error needs a class and a text";
    out.error_class = arena.copy(clipped(*kind));
    out.text = arena.copy(clipped(*text));
  } else if (const json* reason = member(step, "reason")) {
    if (!reason->is_string()) return "a reason is a text";
    out.text = arena.copy(clipped(*reason));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> append_json(const json& step, std::size_t names, Trace& trace) {
  if (!step.is_object()) return fmt::format("a step is an object, not {}", step.type_name());
  const auto number = integer_of(member(step, "step"));
  if (!number || *number != static_cast<std::int64_t>(trace.steps.size()))
    return fmt::format("expected step {}", trace.steps.size());
  const json* observed = member(step, "observed");
  if (observed == nullptr || !observed->is_array()) return "a step needs observed, an array";

  StepRecord record;
  if (auto problem = read_outcome(step, trace.arena, record)) return problem;
  const std::size_t first = trace.observations.size();
  std::unordered_set<std::uint64_t> keys;
  for (const json& entry : *observed) {
    Observation observation;
    auto problem = read_observation(entry, names, trace.arena, observation);
    if (!problem && !keys.insert(observation.key.packed()).second)
      problem =
          fmt::format("{} of name {}, place {} is observed twice", to_string(observation.key.slot),
                      observation.key.name, observation.key.place);
    if (problem) {
      trace.observations.resize(first);
      return fmt::format("'observed', entry {}: {}", keys.size(), *problem);
    }
    trace.observations.push_back(observation);
  }
  record.first = static_cast<std::uint32_t>(first);
  record.last = static_cast<std::uint32_t>(trace.observations.size());
  trace.steps.push_back(record);
  return std::nullopt;
}

json to_json(const Trace& trace, std::size_t step, const Scenario& scenario, const Scope& scope) {
  const StepRecord& record = trace.steps[step];
  json out = {{"step", step}, {"outcome", to_string(record.outcome)}};
  if (record.outcome == Outcome::error)
    out["error"] = {{"class", record.error_class}, {"text", record.text}};
  else if (!record.text.empty())
    out["reason"] = record.text;
  json& observed = out["observed"] = json::array();
  for (std::uint32_t i = record.first; i < record.last; ++i) {
    const auto& [key, value] = trace.observations[i];
    observed.push_back(
        {key.name, key.place, to_string(key.slot), value_json(value), print(scenario, scope, key)});
  }
  return out;
}

namespace {

/// Most are, and some are megabytes of data.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

void make_printable(json& value) {
  if (value.is_structured())
    for (json& member : value) make_printable(member);
  if (auto* text = value.get_ptr<std::string*>(); text && !is_plain(*text))
    *text = printable(*text);
  auto* object = value.get_ptr<json::object_t*>();
  if (!object || std::all_of(object->begin(), object->end(),
                             [](const auto& member) { return is_plain(member.first); }))
    return;
  json::object_t renamed;
  for (auto& [key, member] : *object) renamed.emplace(printable(key), std::move(member));
  *object = std::move(renamed);
}

}  // namespace

json parse_json(std::string_view text) {
  if (is_nested_deeply(text))
    throw json::other_error::create(600, "it is nested too deeply", nullptr);
  json value = json::parse(text);
  make_printable(value);
  return value;
}

std::string json_problem(std::string_view text, const std::exception& exception) {
  const auto* syntax = dynamic_cast<const json::parse_error*>(&exception);
  if (syntax == nullptr) {  // "[json.exception.other_error.501] the member 'family' is missing"
    const std::string_view sentence = exception.what();
    const std::size_t end = sentence.find("] ");
    return std::string(end == std::string_view::npos ? sentence : sentence.substr(end + 2));
  }
  const std::size_t at = std::min(text.size(), std::max<std::size_t>(syntax->byte, 1) - 1);
  const std::string_view rest = text.substr(at);
  for (const auto& [word, written] : {std::pair("NaN", "nan"), std::pair("Infinity", "inf")})
    if (rest.starts_with(word))
      return fmt::format("{} in column {} is no JSON; write \"{}\", in quotes", word, at + 1,
                         at > 0 && text[at - 1] == '-' ? fmt::format("-{}", written) : written);
  if (rest.empty()) return "this line is no JSON: it ends too soon";
  return fmt::format("this line is no JSON from column {} on, '{}'", at + 1,
                     on_one_line(rest.substr(0, 12)));
}

bool is_nested_deeply(std::string_view json) {
  constexpr int most = 64;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted && c == '\\') ++i;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > most) return true;
  }
  return false;
}

std::string print(const Scenario& scenario, const Scope& scope, Key key) {
  std::string text = key.name < scenario.names.size() ? scenario.names[key.name] : "?";
  switch (key.slot) {
    case Slot::value:
      return key.place == 0 ? text : text + " without optimisations";
    case Slot::leaf_output:
      return fmt::format("{}[leaf {}]", text, key.place);
    case Slot::leaf_output_grad:
      return fmt::format("{}[leaf {}].grad", text, key.place);
    case Slot::onnx_batch_norms:
      return fmt::format("{}.batch_norms", text);
    case Slot::onnx_training_mode:
    case Slot::onnx_outputs:
    case Slot::onnx_epsilon:
    case Slot::onnx_momentum:
      return fmt::format("{}[batch norm {}].{}", text, key.place,
                         to_string(key.slot).substr(std::string_view("onnx_").size()));
    default:
      break;
  }
  if (key.name < scope.size() && key.place < scope[key.name].places.size()) {
    const std::string& path = scope[key.name].places[key.place].path;
    if (!path.empty()) text += "." + path;
  }
  if (key.slot == Slot::weight_grad) return text + ".weight.grad";
  if (key.slot == Slot::bias_grad) return text + ".bias.grad";
  return fmt::format("{}.{}", text, to_string(key.slot));
}

}  // namespace normdiff
