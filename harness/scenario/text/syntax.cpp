#include "harness/scenario/text/syntax.hpp"

#include <fmt/format.h>

#include "harness/language/words.hpp"
#include "harness/scenario/text/habits.hpp"

namespace normdiff {

namespace {

/// A keyword of Python that is not one of its values.
bool is_keyword(const Token& token) {
  return token.kind == Token::Kind::name && is_python_keyword(token.text) && token.text != "True" &&
         token.text != "False" && token.text != "None";
}

}  // namespace

NodeId Syntax::add(Node node) {
  nodes_.push_back(node);
  return static_cast<NodeId>(nodes_.size()) - 1;
}

NodeId Syntax::fail(Position position, std::string message) {
  // A character that the lexer could not read explains best why a token is not the one expected.
  if (!error_) error_ = lexer_->error() ? *lexer_->error() : error_at(position, std::move(message));
  return -1;
}

bool Syntax::expect(char punctuation, std::string_view after) {
  if (token_.is(punctuation)) {
    advance();
    return true;
  }
  fail(token_.position,
       fmt::format("expected '{}' {}, found {}", punctuation, after, token_.described()));
  return false;
}

bool Syntax::read_statement(Lexer& lexer) {
  if (read(lexer)) return true;
  // A bracket left open explains best why the lines below it can't be read.
  if (auto unclosed = lexer.unclosed()) error_ = std::move(unclosed);
  return false;
}

bool Syntax::keyword_problem() {
  if (!is_keyword(token_)) return false;
  const Token keyword = token_;
  advance();
  // The rest of the line does not matter, whatever the lexer makes of it.
  error_ = error_at(
      keyword.position,
      token_.is('=') ? fmt::format("'{}' is a keyword of Python; choose another name", keyword.text)
                     : instead_of_statement(keyword.text));
  return true;
}

bool Syntax::read(Lexer& lexer) {
  nodes_.clear();
  error_.reset();
  target_ = -1;
  lexer_ = &lexer;
  advance();
  if (keyword_problem()) return false;
  value_ = expression(0);
  if (value_ < 0) return false;
  if (token_.is('=')) {
    advance();
    target_ = value_;
    value_ = expression(0);
    if (value_ < 0) return false;
  }
  if (token_.kind == Token::Kind::newline || (token_.kind == Token::Kind::end && !lexer.error()))
    return true;
  if (is_keyword(token_)) {
    fail(token_.position, instead_of_statement(token_.text));
    return false;
  }
  fail(token_.position, fmt::format("expected the end of the statement, found {}; a line holds one "
                                    "statement, with one '=' at most",
                                    token_.described()));
  return false;
}

NodeId Syntax::expression(int depth) {
  if (depth > max_bracket_depth)
    return fail(token_.position, fmt::format("brackets are nested more than {} deep; flatten them",
                                             max_bracket_depth));
  const NodeId node = atom(depth);
  return node < 0 ? node : postfix(node, depth);
}

NodeId Syntax::atom(int depth) {
  Node node;
  node.position = token_.position;
  if (token_.is('-')) {
    node.negative = true;
    advance();
    if (token_.kind != Token::Kind::number && token_.text != "inf")
      return fail(token_.position,
                  fmt::format("expected a number after '-', found {}", token_.described()));
  }
  node.text = token_.text;
  switch (token_.kind) {
    case Token::Kind::name:
      node.kind = Node::Kind::name;
      if (is_keyword(token_))
        return fail(
            token_.position,
            fmt::format("'{}' is a keyword of Python; write a name or a value", token_.text));
      break;
    case Token::Kind::number:
      node.kind = Node::Kind::number;
      break;
    case Token::Kind::string:
      node.kind = Node::Kind::string;
      break;
    default: {
      if (!token_.is('['))
        return fail(
            token_.position,
            fmt::format("expected a name or a value, found {}{}", token_.described(),
                        token_.is('(') ? "; there are no tuples, write the value alone" : ""));
      node.kind = Node::Kind::list;
      const NodeId list = add(node);
      advance();
      return arguments(list, ']', depth) ? list : -1;
    }
  }
  advance();
  return add(node);
}

NodeId Syntax::postfix(NodeId base, int depth) {
  while (true) {
    Node node;
    node.base = base;
    node.position = token_.position;
    if (token_.is('.')) {
      advance();
      if (token_.kind != Token::Kind::name)
        return fail(token_.position,
                    fmt::format("expected a name after '.', found {}", token_.described()));
      node.kind = Node::Kind::attribute;
      node.position = token_.position;
      node.text = token_.text;
      advance();
      base = add(node);
    } else if (token_.is('[')) {
      advance();
      if (token_.kind != Token::Kind::number && token_.kind != Token::Kind::string)
        return fail(token_.position, fmt::format("expected a child's number or name in quotes "
                                                 "between '[' and ']', found {}",
                                                 token_.described()));
      node.kind = Node::Kind::index;
      node.position = token_.position;
      node.text = token_.text;
      advance();
      base = add(node);
      if (!expect(']', "after the index")) return -1;
    } else if (token_.is('(')) {
      node.kind = Node::Kind::call;
      base = add(node);
      advance();
      if (!arguments(base, ')', depth)) return -1;
    } else {
      return base;
    }
  }
}

bool Syntax::arguments(NodeId owner, char close, int depth) {
  NodeId last = -1;
  bool keyword_seen = false;
  while (!token_.is(close)) {
    NodeId argument = expression(depth + 1);
    if (argument < 0) return false;
    if (close == ')' && token_.is('=')) {
      const Node name = (*this)[argument];
      if (name.kind != Node::Kind::name) {
        fail(begin(argument),
             fmt::format("expected a keyword before '=', found {}", described(argument)));
        return false;
      }
      advance();
      argument = expression(depth + 1);
      if (argument < 0) return false;
      nodes_[static_cast<std::size_t>(argument)].keyword = name.text;
      nodes_[static_cast<std::size_t>(argument)].keyword_position = name.position;
      keyword_seen = true;
    } else if (keyword_seen) {
      fail(begin(argument), fmt::format("{} stands behind a keyword argument; put it before them, "
                                        "or give it its keyword",
                                        described(argument)));
      return false;
    }
    if (last < 0)
      nodes_[static_cast<std::size_t>(owner)].first = argument;
    else
      nodes_[static_cast<std::size_t>(last)].next = argument;
    last = argument;
    if (token_.is(close)) break;
    if (!token_.is(',')) {
      fail(token_.position,
           fmt::format("expected ',' or '{}', found {}", close, token_.described()));
      return false;
    }
    advance();
  }
  advance();
  return true;
}

Position Syntax::begin(NodeId node) const {
  while ((*this)[node].base >= 0) node = (*this)[node].base;
  return (*this)[node].position;
}

std::string Syntax::dotted(NodeId node) const {
  std::string text;
  for (; node >= 0; node = (*this)[node].base) {
    const Node& part = (*this)[node];
    if (part.kind != Node::Kind::name && part.kind != Node::Kind::attribute) return {};
    if (text.size() + part.text.size() > 2 * max_name_length) return {};
    text.insert(0, text.empty() ? std::string(part.text) : std::string(part.text) + '.');
  }
  return text;
}

std::string Syntax::described(NodeId node) const {
  const Node& n = (*this)[node];
  switch (n.kind) {
    case Node::Kind::number:
      return fmt::format("the number {}{}", n.negative ? "-" : "", n.text.substr(0, 40));
    case Node::Kind::string:
      return fmt::format("the string \"{}\"", n.text.substr(0, 40));
    case Node::Kind::list:
      return "a list";
    case Node::Kind::call: {
      const std::string callee = dotted(n.base);
      return callee.empty() ? "a call" : fmt::format("a call of '{}'", callee);
    }
    case Node::Kind::name:
      return fmt::format("'{}{}'", n.negative ? "-" : "", n.text.substr(0, max_name_length));
    default: {
      const std::string path = dotted(node);
      return path.empty() ? "a path" : fmt::format("'{}'", path);
    }
  }
}

}  // namespace normdiff
