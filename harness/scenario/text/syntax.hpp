#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/text/lexer.hpp"

namespace normdiff {

/// How deep brackets may stand in one another.
inline constexpr int max_bracket_depth = 40;

/// One expression of the restricted Python, in a Syntax, by its number there; -1: none.
using NodeId = int;

struct Node {
  enum class Kind : std::uint8_t {
    name,       ///< net, True, nan
    attribute,  ///< base.text
    index,      ///< base[text], text a number or what is between the quotes
    call,       ///< base(first ...)
    number,     ///< text, the digits; `negative` is its sign
    list,       ///< [first ...]
    string,     ///< "text"
  };
  Kind kind = Kind::name;
  bool negative = false;  ///< of a number, and of the name inf
  Position position;      ///< where it begins; of an attribute, index: where its own part does
  std::string_view text;
  NodeId base = -1;
  NodeId first = -1;         ///< first argument or element
  NodeId next = -1;          ///< the one after this in an argument list or list
  std::string_view keyword;  ///< of a keyword argument
  Position keyword_position;
};

/// The expressions of one statement: `target = value`, or `value` alone.
class Syntax {
 public:
  /// Reads up to the end of the statement's last line, which is not taken. False: error() says why.
  bool read_statement(Lexer& lexer);

  [[nodiscard]] const Node& operator[](NodeId node) const {
    return nodes_[static_cast<std::size_t>(node)];
  }
  [[nodiscard]] NodeId target() const { return target_; }
  [[nodiscard]] NodeId value() const { return value_; }
  /// Where an expression begins: a path at its first name.
  [[nodiscard]] Position begin(NodeId node) const;
  /// The dotted text of a path, "torch.onnx.export"; empty where it has an index or call.
  [[nodiscard]] std::string dotted(NodeId node) const;
  /// "'net'", "the number 3", "a list", "a call": for messages.
  [[nodiscard]] std::string described(NodeId node) const;

  [[nodiscard]] const std::optional<ParseError>& error() const { return error_; }

 private:
  bool read(Lexer& lexer);
  bool keyword_problem();
  NodeId add(Node node);
  NodeId fail(Position position, std::string message);
  void advance() { token_ = lexer_->next(); }
  bool expect(char punctuation, std::string_view after);
  NodeId expression(int depth);
  NodeId atom(int depth);
  NodeId postfix(NodeId base, int depth);
  bool arguments(NodeId owner, char close, int depth);

  std::vector<Node> nodes_;
  NodeId target_ = -1;
  NodeId value_ = -1;
  Lexer* lexer_ = nullptr;
  Token token_;
  std::optional<ParseError> error_;
};

}  // namespace normdiff
