#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/text/text.hpp"

namespace normdiff {

/// Where something stands in a text, both from 1; the column in bytes.
struct Position {
  int line = 1;
  int column = 1;
};

[[nodiscard]] ParseError error_at(Position position, std::string message);

struct Token {
  enum class Kind : std::uint8_t { name, number, string, punctuation, newline, end };
  Kind kind = Kind::end;
  std::string_view text;  ///< of a string: what is between the quotes
  Position position;

  [[nodiscard]] bool is(char punctuation) const {
    return kind == Kind::punctuation && text[0] == punctuation;
  }
  /// "'net'", "the number 3", "the end of the line": for messages.
  [[nodiscard]] std::string described() const;
};

/// "7" of "# seed 7", a scenario's second line; empty: the line only looks alike, and is a title.
[[nodiscard]] std::string_view seed_digits(std::string_view line);

/// Cuts a text into tokens, lines and comments. Inside brackets a newline is space.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  [[nodiscard]] bool at_end() const { return next_ == text_.size(); }
  [[nodiscard]] Position position() const;
  /// The rest of the line, without its newline; the next line is the next.
  std::string_view take_line();
  /// The line to come, not taken.
  [[nodiscard]] std::string_view peek_line() const;

  /// The next token of a statement; at an error the end, and error() says why.
  Token next();
  [[nodiscard]] const std::optional<ParseError>& error() const { return error_; }
  /// A bracket was probably meant to be closed further up, where a statement ended in an error: one
  /// that lines from column 1 on have been read into, or, at the end, the innermost.
  [[nodiscard]] std::optional<ParseError> unclosed() const;

 private:
  struct Bracket {
    char character;
    Position position;
    int unindented = 0;  ///< the first line inside of it that begins in column 1; 0: none does
  };

  Token token(Token::Kind kind, std::size_t begin, std::size_t end);
  Token fail(Position position, std::string message);
  Token string(char quote);
  Token number();
  void skip_space();

  std::string_view text_;
  std::size_t next_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
  std::vector<Bracket> brackets_;  ///< open ones, the innermost last
  std::optional<ParseError> error_;
};

}  // namespace normdiff
