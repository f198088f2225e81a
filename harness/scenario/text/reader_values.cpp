#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "harness/language/words.hpp"
#include "harness/scenario/modules.hpp"
#include "harness/scenario/text/reader.hpp"

// Reads the arguments of a statement, by the type of the field that takes them.
namespace normdiff {
namespace {

/// A whole number, where the digits are one and it fits.
template <class Integer>
bool whole(const Node& node, Integer& out) {
  if (node.kind != Node::Kind::number) return false;
  std::string digits(node.negative ? "-" : "");
  digits += node.text;
  const char* end = digits.data() + digits.size();
  if (node.negative && std::is_unsigned_v<Integer>) return false;
  const auto result = std::from_chars(digits.data(), end, out);
  return result.ec == std::errc{} && result.ptr == end;
}

}  // namespace

void Reader::expected(NodeId node, std::string_view what, std::string_view key) {
  fail(node, fmt::format("expected {} for '{}', found {}", what, key, syntax().described(node)));
}

// --- Scalars -----------------------------------------------------------------------------------

void Reader::convert(NodeId node, bool& field, std::string_view key) {
  const Node& n = syntax()[node];
  const bool word = n.kind == Node::Kind::name;
  if (!word || (n.text != "True" && n.text != "False")) return expected(node, "True or False", key);
  field = n.text == "True";
}

void Reader::convert(NodeId node, std::int64_t& field, std::string_view key) {
  if (!whole(syntax()[node], field)) expected(node, "a whole number", key);
}

void Reader::convert(NodeId node, int& field, std::string_view key) {
  if (!whole(syntax()[node], field)) expected(node, "a whole number", key);
}

void Reader::convert(NodeId node, std::uint64_t& field, std::string_view key) {
  if (!whole(syntax()[node], field)) expected(node, "a whole number from 0 to 2^64 - 1", key);
}

bool Reader::number(NodeId node, double& out, std::string_view what) {
  const Node& n = syntax()[node];
  if (n.kind == Node::Kind::name && (n.text == "inf" || (n.text == "nan" && !n.negative))) {
    out = n.text == "nan" ? std::numeric_limits<double>::quiet_NaN()
                          : std::numeric_limits<double>::infinity();
  } else if (n.kind == Node::Kind::number) {
    const char* end = n.text.data() + n.text.size();
    const auto result = std::from_chars(n.text.data(), end, out);
    if (result.ec != std::errc{} || result.ptr != end) {
      fail(node, fmt::format("{} does not fit a double; write inf or 0", syntax().described(node)));
      return false;
    }
  } else {
    expected(node, "a number", what);
    return false;
  }
  if (n.negative) out = -out;
  return true;
}

void Reader::convert(NodeId node, double& field, std::string_view key) {
  number(node, field, key);
}

void Reader::convert(NodeId node, std::optional<double>& field, std::string_view key) {
  if (syntax()[node].kind == Node::Kind::name && syntax()[node].text == "None") {
    field.reset();
    return;
  }
  double value = 0;
  if (number(node, value, key)) field = value;
}

template <class Enum>
void Reader::convert_word(NodeId node, Enum& field, std::string_view key) {
  const Node& n = syntax()[node];
  const auto value = named<Enum>(n.text);
  if (n.kind == Node::Kind::attribute && value)
    return fail(node, fmt::format("write {} alone for '{}', without import", n.text, key));
  if ((n.kind == Node::Kind::name || n.kind == Node::Kind::attribute) && is_later_word(n.text))
    return fail(node, fmt::format("{} is a word of later versions, not of this; write {}", n.text,
                                  fmt::join(names_of<Enum>, " or ")));
  if (n.kind != Node::Kind::name || !value)
    return expected(node, fmt::format("{}", fmt::join(names_of<Enum>, " or ")), key);
  field = *value;
}
template void Reader::convert_word(NodeId, DType&, std::string_view);
template void Reader::convert_word(NodeId, Layout&, std::string_view);
template void Reader::convert_word(NodeId, ExportMode&, std::string_view);

// --- Operands ----------------------------------------------------------------------------------

void Reader::object(std::string_view key, ModuleRef& module, Takes) {
  path(path_, key, module);
}

void Reader::operand(std::string_view key, ModuleRef& module, Takes) {
  const NodeId node = take_required(key);
  if (node >= 0) path(node, key, module);
}

void Reader::operand(std::string_view key, NameId& name, Takes) {
  const NodeId node = take_required(key);
  if (node < 0) return;
  note(key, syntax().begin(node));
  const Node& n = syntax()[node];
  if (n.kind != Node::Kind::name || n.negative) return expected(node, "a name", key);
  const std::optional<NameId> found = find(n.text);
  if (!found) return not_defined(node);
  name = *found;
}

void Reader::callee(std::string_view key, ModuleRef& module, bool& grad) {
  grad = path_ >= 0;
  if (grad)
    path(path_, key, module);
  else
    operand(key, module, Takes::callable);
}

void Reader::state_dict(std::string_view key, ModuleRef& module, Takes) {
  const NodeId node = take_required(key);
  if (node < 0) return;
  const Node& call = syntax()[node];
  const bool good = call.kind == Node::Kind::call && call.first < 0 &&
                    syntax()[call.base].kind == Node::Kind::attribute &&
                    syntax()[call.base].text == "state_dict";
  if (!good) return expected(node, "a state dict, as net.state_dict(),", key);
  path(syntax()[call.base].base, key, module);
}

void Reader::slot(std::string_view key, ModuleRef& module, TensorSlot& which) {
  const NodeId node = take_required("tensor");
  if (node < 0) return;
  const Node& attribute = syntax()[node];
  const auto slot = named<TensorSlot>(attribute.text);
  if (attribute.kind != Node::Kind::attribute || !slot)
    return fail(node, fmt::format("expected a tensor of a module, as net.bn.weight, found {}; the "
                                  "tensors are {}",
                                  syntax().described(node), fmt::join(names_of<TensorSlot>, ", ")));
  note("slot", attribute.position);
  which = *slot;
  path(attribute.base, key, module);
}

void Reader::mode(std::string_view key, bool& on) {
  on = word_ == "train";
  if (on) option(key, on, true, Any{});
}

// --- Data --------------------------------------------------------------------------------------

void Reader::shape(std::string_view key, Shape& sizes) {
  note(key, call_.position);
  for (NodeId node = peek(); node >= 0; node = peek()) {
    const bool is_size = syntax()[node].kind == Node::Kind::number;
    const NodeId after = syntax()[node].next;
    const bool last = after < 0 || !syntax()[after].keyword.empty();
    if (!is_size && last) return;
    if (sizes.rank() == Shape::max_rank)
      return fail(node, fmt::format("a shape has at most {} sizes; remove some", Shape::max_rank));
    std::int64_t size = 0;
    if (!whole(syntax()[node], size) || size < 0) return expected(node, "a size, 0 or more,", key);
    sizes.push_back(size);
    call_.next = after;
  }
}

void Reader::literal(NodeId list, Literal& numbers) {
  for (NodeId node = syntax()[list].first; node >= 0 && !error_; node = syntax()[node].next) {
    if (syntax()[node].kind == Node::Kind::list)
      return fail(node,
                  "a list has numbers alone in it; write the sizes before one list, as "
                  "tensor(2, 2, [1, 2, 3, 4])");
    std::int64_t exact = 0;
    double value = 0;
    const bool minus_zero = syntax()[node].negative && syntax()[node].text == "0";  // a double's
    if (!minus_zero && whole(syntax()[node], exact))
      numbers.emplace_back(exact);
    else if (number(node, value, "an element of the list"))
      numbers.emplace_back(value);
  }
}

void Reader::rule(NodeId node, RuleKind kind, Rule& rule) {
  rule = {kind, 0, 0};
  int count = 0;
  for (NodeId n = syntax()[node].first; n >= 0 && !error_; n = syntax()[n].next, ++count) {
    if (!syntax()[n].keyword.empty())
      return fail(syntax()[n].keyword_position,
                  fmt::format("the numbers of {} have no keywords; remove '{}='", to_string(kind),
                              syntax()[n].keyword.substr(0, max_name_length)));
    if (count < 2) number(n, count == 0 ? rule.a : rule.b, to_string(kind));
  }
  if (count != parameter_count(kind))
    fail(node, fmt::format("{} takes {} number{}, found {}", to_string(kind), parameter_count(kind),
                           parameter_count(kind) == 1 ? "" : "s", count));
}

void Reader::data(std::string_view key, Data& data) {
  const NodeId node = take_required(key);
  if (node < 0) return;
  note(key, syntax().begin(node));
  const Node& n = syntax()[node];
  if (n.kind == Node::Kind::list) {
    literal(node, data.emplace<Literal>());
    return;
  }
  if (n.kind == Node::Kind::call && syntax()[n.base].kind == Node::Kind::name)
    if (const auto kind = named<RuleKind>(syntax()[n.base].text))
      return rule(node, *kind, data.emplace<Rule>());
  fail(node,
       fmt::format("expected a list of numbers or a rule for '{}', found {}; the rules are {}", key,
                   syntax().described(node), fmt::join(names_of<RuleKind>, ", ")));
}

// --- Modules -----------------------------------------------------------------------------------

void Reader::expression(std::string_view, ModuleExpression& module) {
  // The call's arguments are the module's own: the statement's call is done with.
  call_ = {};
  module_fields(syntax().value(), module);
}

void Reader::module_fields(NodeId call, ModuleExpression& module) {
  module.layer = make_layer(*named<ModuleKind>(syntax()[syntax()[call].base].text));
  note("module", syntax().begin(call));
  if (!is_container(module.layer)) {
    call_ = open_call(call, fmt::format("'{}'", reference::to_string(kind_in(module.layer))));
    visit_arguments(*this, module.layer);
    close_call();
    call_ = {};
    return;
  }
  std::size_t count = 0;
  for (NodeId node = syntax()[call].first; node >= 0; node = syntax()[node].next) {
    ++count;
    const bool named = !syntax()[node].keyword.empty();
    if (count > 1 && named != module.named_children)
      return fail(named ? syntax()[node].keyword_position : syntax().begin(node),
                  "the children of a Sequential are all named or all not; name each of them");
    module.named_children = named;
  }
  if (count > static_cast<std::size_t>(max_tree_places))
    return fail(call,
                fmt::format("a module has at most {} places; make it smaller", max_tree_places));
  module.children.reserve(count);
  for (NodeId node = syntax()[call].first; node >= 0 && !error_; node = syntax()[node].next) {
    const std::string number = std::to_string(module.children.size());
    child(node, number, module.children.emplace_back());
  }
}

void Reader::child(NodeId node, const std::string& number, ModuleExpression::Child& child) {
  const Node& n = syntax()[node];
  child_ = ++children_;
  note("name", n.keyword.empty() ? n.position : n.keyword_position);
  if (n.kind == Node::Kind::call && syntax()[n.base].kind == Node::Kind::name &&
      named<ModuleKind>(syntax()[n.base].text)) {
    module_fields(node, child.module.emplace<ModuleExpression>());
  } else if (n.kind == Node::Kind::name) {
    const std::optional<NameId> name = find(n.text);
    if (!name) return not_defined(node);
    note("module", n.position);
    child.module = *name;
  } else if (n.kind == Node::Kind::call && !can_be_called(n.base)) {
    return unknown(n.base);
  } else {
    return fail(node, fmt::format("expected a module or the name of one, found {}; the modules "
                                  "are {}",
                                  syntax().described(node), fmt::join(names_of<ModuleKind>, ", ")));
  }
  child.name = n.keyword.empty() ? number : std::string(n.keyword);
}

}  // namespace normdiff
