#include "harness/scenario/text/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/language/words.hpp"
#include "harness/scenario/check.hpp"
#include "harness/scenario/text/habits.hpp"
#include "harness/text/nearest.hpp"

// Which step a statement is, the names in it, and which argument of a call is whose. The values of
// arguments are in reader_values.cpp.
namespace normdiff {
namespace {

std::vector<std::string_view> words_of(Form form) {
  std::vector<std::string_view> words;
  for_each_step_type([&](auto tag) {
    for (const Spelling& spelling : decltype(tag)::type::spellings)
      if (spelling.form == form) words.push_back(spelling.word);
  });
  std::sort(words.begin(), words.end());
  return words;
}

bool is_word_of(Form form, std::string_view word) {
  const std::vector<std::string_view> words = words_of(form);
  return std::binary_search(words.begin(), words.end(), word);
}

/// The function that a path is an imported spelling of: "BatchNorm1d" of nn.BatchNorm1d,
/// "torch.jit.script" of jit.script; empty: of none.
std::string_view without_import(const std::string& path) {
  for (const std::string_view word : words_of(Form::function))
    if (path.ends_with(fmt::format(".{}", word)) || word.ends_with("." + path)) return word;
  return {};
}

/// A scenario has this in place of a path that is no function.
std::string instead_of(const std::string& path) {
  const std::string last = path.substr(path.rfind('.') + 1);
  if (const auto instead = instead_of_function(last)) return std::string(*instead);
  if (const auto word = without_import(path); !word.empty()) return fmt::format("write {}", word);
  if (is_later_word(last)) return fmt::format("{} is a word of later versions, not of this", last);
  const std::vector<std::string_view> words = words_of(Form::function);
  std::string_view near = nearest(path, words);
  if (near.empty()) near = nearest(last, words);
  if (!near.empty()) return fmt::format("did you mean {}?", near);
  if (!last.empty() && last[0] >= 'A' && last[0] <= 'Z') {
    std::vector<std::string_view> modules(names_of<ModuleKind>.begin(), names_of<ModuleKind>.end());
    sort_by_nearness(last, modules);
    return fmt::format("the modules are {}", fmt::join(modules, ", "));
  }
  return "normdiff language lists the functions";
}

std::string assignable(std::string_view attribute) {
  if (const auto instead = instead_of_attribute(attribute)) return std::string(*instead);
  return fmt::format("the attributes that can are {}", fmt::join(words_of(Form::attribute), ", "));
}

std::string instead_of(std::string_view keyword, const std::vector<std::string_view>& known) {
  if (known.empty()) return "it takes nothing";
  if (const auto instead = instead_of_keyword(keyword)) return std::string(*instead);
  return fmt::format("it takes {}", fmt::join(known, ", "));
}

}  // namespace

void Reader::fail(Position position, std::string message) {
  if (!error_) error_ = error_at(position, std::move(message));
}

std::optional<NameId> Reader::find(std::string_view name) const {
  const auto found = ids_.find(std::string(name));
  if (found == ids_.end() || scope_[found->second].kind == NameKind::undefined) return std::nullopt;
  return found->second;
}

// --- Which step --------------------------------------------------------------------------------

std::optional<Step> Reader::read(const Syntax& syntax) {
  syntax_ = &syntax;
  error_.reset();
  noted_.clear();
  has_result_ = false;
  assigned_ = false;
  path_ = -1;
  child_ = children_ = 0;
  Form form = Form::call;
  if (!classify(form)) return std::nullopt;
  return dispatch(form);
}

bool Reader::classify(Form& form) {
  const NodeId target = syntax().target();
  const NodeId value = syntax().value();
  if (target >= 0 && syntax()[target].kind == Node::Kind::attribute) {
    form = Form::attribute;
    assigned_ = true;
    word_ = syntax()[target].text.substr(0, max_name_length);
    path_ = syntax()[target].base;
    call_ = {fmt::format("an assignment to '{}'", word_),
             syntax().begin(value),
             value,
             value,
             false,
             {}};
    if (!is_word_of(form, word_))
      fail(syntax()[target].position,
           fmt::format("'{}' can't be assigned; {}", word_, assignable(word_)));
    return !error_;
  }
  if (target >= 0 && syntax()[target].kind != Node::Kind::name) {
    fail(target, fmt::format("expected a name or an attribute of a module before '=', found {}",
                             syntax().described(target)));
    return false;
  }
  if (syntax()[value].kind != Node::Kind::call) {
    fail(value, not_a_call(value));
    return false;
  }
  const NodeId callee = syntax()[value].base;
  word_ = syntax().dotted(callee);
  if (is_word_of(Form::function, word_)) {
    form = Form::function;
  } else if (syntax()[callee].kind == Node::Kind::attribute &&
             is_word_of(Form::method, syntax()[callee].text)) {
    form = Form::method;
    word_ = syntax()[callee].text;
    path_ = syntax()[callee].base;
  } else {
    if (!can_be_called(callee)) {
      unknown(callee);
      return false;
    }
    if (no_method(callee)) return false;
    form = Form::call;
    path_ = callee;
  }
  call_ = open_call(value, form == Form::call ? "a forward" : fmt::format("'{}'", word_));
  return true;
}

bool Reader::can_be_called(NodeId callee) const {
  if (is_word_of(Form::function, syntax().dotted(callee))) return true;
  while (syntax()[callee].base >= 0) callee = syntax()[callee].base;
  return syntax()[callee].kind == Node::Kind::name && find(syntax()[callee].text).has_value();
}

void Reader::unknown(NodeId callee) {
  const Node& node = syntax()[callee];
  const std::string path = syntax().dotted(callee);
  if (node.kind == Node::Kind::name)
    return fail(callee, fmt::format("'{}' is neither a function nor a module defined above; {}",
                                    node.text.substr(0, max_name_length), instead_of(path)));
  const std::string_view package = std::string_view(path).substr(0, path.find('.'));
  constexpr std::array<std::string_view, 9> packages = {"F",    "copy",  "jit", "nn",   "np",
                                                        "onnx", "optim", "os",  "torch"};
  if (std::find(packages.begin(), packages.end(), package) != packages.end())
    return fail(callee,
                fmt::format("'{}' is not a function of format 1; {}", path, instead_of(path)));
  NodeId root = callee;
  while (syntax()[root].base >= 0) root = syntax()[root].base;
  not_defined(root);
}

bool Reader::no_method(NodeId callee) {
  if (syntax()[callee].kind != Node::Kind::attribute) return false;
  ModuleRef module;
  path(callee, "module", module);
  if (!error_) return false;
  // A mistake further up in the path is said as such.
  const bool in_path = error_->line == syntax()[callee].position.line &&
                       error_->column < syntax()[callee].position.column &&
                       syntax()[syntax()[callee].base].kind != Node::Kind::call &&
                       error_->column > syntax().begin(callee).column;
  if (in_path) return true;
  error_.reset();
  const std::string_view name = syntax()[callee].text.substr(0, max_name_length);
  std::vector<std::string_view> methods = words_of(Form::method);
  sort_by_nearness(name, methods);
  const auto instead = instead_of_method(name);
  fail(syntax()[callee].position,
       fmt::format("there is no method '{}' here; {}", name,
                   instead ? std::string(*instead)
                           : fmt::format("the methods are {}", fmt::join(methods, ", "))));
  return true;
}

void Reader::not_defined(NodeId name) {
  std::vector<std::string_view> names;
  for (const auto& [text, id] : ids_)
    if (scope_[id].kind != NameKind::undefined) names.push_back(text);
  std::sort(names.begin(), names.end());
  const std::string_view near = nearest(syntax()[name].text, names);
  fail(name, fmt::format("{} is not defined above; {}", syntax().described(name),
                         near.empty() ? "define it first, or correct the name"
                                      : fmt::format("did you mean {}?", near)));
}

std::string Reader::not_a_call(NodeId value) const {
  const Node& node = syntax()[value];
  if (node.kind == Node::Kind::attribute && is_word_of(Form::method, node.text))
    return fmt::format("'{}' is a method, and is not called; write {}()", node.text,
                       syntax().dotted(value));
  const bool path = node.kind == Node::Kind::attribute || node.kind == Node::Kind::index;
  std::string_view instead = "a statement is a call, or gives an attribute its value";
  if (path && syntax().target() >= 0)
    instead = "a part of a module is named by its path, there where it is used";
  else if (path)
    instead = "every tensor is observed after each step without that; leave the line out";
  return fmt::format("expected a call, found {}; {}", syntax().described(value), instead);
}

std::optional<Step> Reader::dispatch(Form form) {
  std::optional<Step> step;
  const std::string_view word = form == Form::call ? std::string_view{} : word_;
  for_each_step_type([&](auto tag) {
    using S = typename decltype(tag)::type;
    for (const Spelling& spelling : S::spellings)
      if (!step && spelling.form == form && spelling.word == word) {
        step.emplace(std::in_place_type<S>);
        visit_fields_of(*this, std::get<S>(*step));
      }
  });
  close_call();
  const NodeId target = syntax().target();
  if (target >= 0 && form != Form::attribute && !has_result_)
    fail(target, fmt::format("'{}' gives no result; remove '{} ='", word_,
                             syntax()[target].text.substr(0, max_name_length)));
  if (error_) return std::nullopt;
  if (auto problem = check(scenario_, scope_, *step)) {
    fail(position_of(problem->field), std::move(problem->sentence));
    return std::nullopt;
  }
  return step;
}

Position Reader::position_of(FieldKey field) const {
  const FieldKey module{"module", field.child};
  Position position = syntax().begin(syntax().value());
  for (const auto& [noted, where] : noted_) {
    if (noted == field) return where;
    if (noted == module) position = where;
  }
  return position;
}

// --- Names -------------------------------------------------------------------------------------

void Reader::result(std::string_view key, NameId& name) {
  has_result_ = true;
  const NodeId target = syntax().target();
  if (target < 0)
    return fail(syntax().value(),
                fmt::format("the result of {} needs a name; write name = ...", call_.word));
  const std::string_view text = syntax()[target].text;
  if (auto problem = name_problem(text)) return fail(target, std::move(*problem));
  const auto [entry, added] =
      ids_.emplace(std::string(text), static_cast<NameId>(scenario_.names.size()));
  if (!added)
    return fail(target, fmt::format("'{}' is assigned in line {} already, and a name is assigned "
                                    "once; choose another name",
                                    text, lines_[entry->second]));
  scenario_.names.emplace_back(text);
  lines_.push_back(syntax().begin(target).line);
  scope_.grow(scenario_.names.size());
  name = entry->second;
  note(key, syntax().begin(target));
}

void Reader::path(NodeId node, std::string_view key, ModuleRef& module) {
  std::vector<NodeId> parts;
  while (syntax()[node].base >= 0) {
    if (syntax()[node].kind == Node::Kind::call)
      return fail(node, "expected a path, as net.bn, found a call; give its result a name");
    parts.push_back(node);
    node = syntax()[node].base;
  }
  const Node& root = syntax()[node];
  if (root.kind != Node::Kind::name || root.negative)
    return fail(node, fmt::format("expected a name or path, as net.bn, found {}",
                                  syntax().described(node)));
  note(key, root.position);
  const std::optional<NameId> name = find(root.text);
  if (!name) return not_defined(node);
  module = {*name, 0};
  const NameInfo& info = scope_[*name];
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    const Node& step = syntax()[*part];
    if (!info.spec)
      return fail(step.position, fmt::format("'{}' is no module, and has no parts", root.text));
    const reference::Place& parent = info.places[module.place];
    std::size_t place = module.place + std::size_t{1};
    bool found = false;
    std::vector<std::string_view> children;
    for (const ModuleSpec::Child& child : parent.module->children) {
      found = child.name == step.text;
      if (found) break;
      children.push_back(child.name);
      place = static_cast<std::size_t>(info.places[place].end);
    }
    if (!found && named<TensorSlot>(step.text))
      return fail(step.position,
                  fmt::format("'{}' is a tensor, and a module is needed here; {}", step.text,
                              instead_of_attribute(step.text).value_or("leave it out")));
    if (!found) {
      if (children.size() > 12) children.resize(12);
      return fail(
          step.position,
          fmt::format("this {} has no child '{}'; {}", reference::to_string(parent.module->kind()),
                      step.text.substr(0, max_name_length),
                      children.empty()
                          ? std::string("it has none")
                          : fmt::format("its children are {}", fmt::join(children, ", "))));
    }
    module.place = static_cast<std::uint16_t>(place);
  }
}

// --- Arguments ---------------------------------------------------------------------------------

Reader::Call Reader::open_call(NodeId call, std::string word) const {
  const NodeId first = syntax()[call].first;
  return {std::move(word), syntax().begin(call), first, first, false, {}};
}

NodeId Reader::peek() const {
  if (call_.next < 0 || !syntax()[call_.next].keyword.empty()) return -1;
  return call_.next;
}

NodeId Reader::take(std::string_view key) {
  call_.known.push_back(key);
  NodeId keyword = call_.first;
  while (keyword >= 0 && syntax()[keyword].keyword != key) keyword = syntax()[keyword].next;
  const NodeId positional = call_.keywords_only ? -1 : peek();
  if (positional < 0) return keyword;
  call_.next = syntax()[positional].next;
  if (keyword >= 0)
    fail(syntax()[keyword].keyword_position, fmt::format("'{}' is given twice; remove one", key));
  return positional;
}

NodeId Reader::take_required(std::string_view key) {
  const NodeId node = take(key);
  if (node < 0)
    fail(call_.position, fmt::format("{} needs '{}', which is missing; add it", call_.word, key));
  return node;
}

void Reader::close_call() {
  if (error_) return;
  if (const NodeId extra = peek(); extra >= 0)
    return fail(extra, fmt::format("{} takes no further argument here, found {}; remove it, or "
                                   "give it its keyword",
                                   call_.word, syntax().described(extra)));
  std::vector<std::string_view> seen;
  for (NodeId node = call_.first; node >= 0; node = syntax()[node].next) {
    const Node& argument = syntax()[node];
    if (argument.keyword.empty()) continue;
    const auto is_it = [&](std::string_view key) { return key == argument.keyword; };
    if (std::none_of(call_.known.begin(), call_.known.end(), is_it))
      return fail(argument.keyword_position,
                  fmt::format("{} has no keyword '{}'; {}", call_.word,
                              argument.keyword.substr(0, max_name_length),
                              instead_of(argument.keyword, call_.known)));
    if (std::any_of(seen.begin(), seen.end(), is_it))
      return fail(argument.keyword_position,
                  fmt::format("'{}' is given twice; remove one", argument.keyword));
    seen.push_back(argument.keyword);
  }
}

}  // namespace normdiff
