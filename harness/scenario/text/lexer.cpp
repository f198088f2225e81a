#include "harness/scenario/text/lexer.hpp"

#include <fmt/format.h>

#include "harness/scenario/text/habits.hpp"

namespace normdiff {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

ParseError error_at(Position position, std::string message) {
  return {position.line, position.column, std::move(message)};
}

std::string_view seed_digits(std::string_view line) {
  constexpr std::string_view word = "# seed ";
  if (line.substr(0, word.size()) != word) return {};
  line.remove_prefix(word.size());
  return line.find_first_not_of("0123456789") == std::string_view::npos ? line : "";
}

std::string Token::described() const {
  switch (kind) {
    case Kind::number:
      return fmt::format("the number {}", text);
    case Kind::string:
      return fmt::format("the string \"{}\"", text);
    case Kind::newline:
      return "the end of the line";
    case Kind::end:
      return "the end of the text";
    default:
      return fmt::format("'{}'", text);
  }
}

Position Lexer::position() const {
  return {line_, static_cast<int>(next_ - line_start_) + 1};
}

std::string_view Lexer::peek_line() const {
  const std::string_view rest = text_.substr(next_);
  return rest.substr(0, rest.find('\n'));
}

std::string_view Lexer::take_line() {
  const std::string_view line = peek_line();
  next_ += line.size();
  if (next_ < text_.size()) {
    ++next_;
    ++line_;
    line_start_ = next_;
  }
  return line;
}

std::optional<ParseError> Lexer::unclosed() const {
  for (auto open = brackets_.rbegin(); open != brackets_.rend(); ++open)
    if (open->unindented > 0)
      return error_at(open->position,
                      fmt::format("the bracket '{}' opened here is not closed, and line {} is read "
                                  "as part of it; close it",
                                  open->character, open->unindented));
  if (brackets_.empty() || !at_end()) return std::nullopt;
  return error_at(brackets_.back().position,
                  fmt::format("the bracket '{}' opened here is not closed; close it",
                              brackets_.back().character));
}

Token Lexer::token(Token::Kind kind, std::size_t begin, std::size_t end) {
  Token result{kind, text_.substr(begin, end - begin), position()};
  next_ = end;
  return result;
}

Token Lexer::fail(Position where, std::string message) {
  if (!error_) error_ = error_at(where, std::move(message));
  return {Token::Kind::end, {}, where};
}

void Lexer::skip_space() {
  while (next_ < text_.size()) {
    const char c = text_[next_];
    if (c == '\n' && !brackets_.empty()) {
      ++line_;
      line_start_ = next_ + 1;
      const char first = line_start_ < text_.size() ? text_[line_start_] : ' ';
      if (brackets_.back().unindented == 0 && is_letter(first)) brackets_.back().unindented = line_;
    } else if (c != ' ' && c != '\t') {
      return;
    }
    ++next_;
  }
}

Token Lexer::string(char quote) {
  std::size_t end = next_ + 1;
  while (end < text_.size() && text_[end] != quote && text_[end] != '\n' && text_[end] != '\\')
    ++end;
  if (end == text_.size() || text_[end] == '\n')
    return fail(position(), fmt::format("this string has no end; close it with {}", quote));
  if (text_[end] == '\\')
    return fail({line_, static_cast<int>(end - line_start_) + 1},
                "a backslash in a string is not understood; leave it out");
  Token result = token(Token::Kind::string, next_ + 1, end);
  next_ = end + 1;
  return result;
}

Token Lexer::number() {
  std::size_t end = next_;
  const auto digits = [&] {
    const std::size_t begin = end;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    return end > begin;
  };
  const bool whole = digits();
  bool fraction = false;
  if (end < text_.size() && text_[end] == '.') {
    ++end;
    fraction = digits();
  }
  bool good = whole || fraction;
  if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
    ++end;
    if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
    good = digits() && good;
  }
  const bool octal = end > next_ + 1 && text_[next_] == '0' && is_digit(text_[next_ + 1]);
  if (end < text_.size() && (is_letter(text_[end]) || text_[end] == '.')) {
    good = false;
    while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
  }
  if (!good || octal)
    return fail(position(),
                fmt::format("'{}' is not a number; write it as 12, 0.5 or 1e-5",
                            text_.substr(next_, std::min<std::size_t>(end - next_, 40))));
  return token(Token::Kind::number, next_, end);
}

Token Lexer::next() {
  if (error_) return {Token::Kind::end, {}, position()};
  skip_space();
  if (at_end()) return token(Token::Kind::end, next_, next_);
  const char c = text_[next_];
  if (c == '\n') return token(Token::Kind::newline, next_, next_);  // taken by take_line
  if (is_letter(c)) {
    std::size_t end = next_;
    while (end < text_.size() && (is_letter(text_[end]) || is_digit(text_[end]))) ++end;
    return token(Token::Kind::name, next_, end);
  }
  if (is_digit(c) || (c == '.' && next_ + 1 < text_.size() && is_digit(text_[next_ + 1])))
    return number();
  switch (c) {
    case '"':
    case '\'':
      return string(c);
    case '(':
    case '[':
      brackets_.push_back({c, position()});
      return token(Token::Kind::punctuation, next_, next_ + 1);
    case ')':
    case ']':
      if (!brackets_.empty()) brackets_.pop_back();
      return token(Token::Kind::punctuation, next_, next_ + 1);
    case '=':
    case ',':
    case '.':
    case '-':
      return token(Token::Kind::punctuation, next_, next_ + 1);
    case '#':
      if (!brackets_.empty())
        return fail(position(),
                    fmt::format("a comment stands on lines of its own above a statement, and the "
                                "bracket '{}' of line {} is open; close it, or move the comment up",
                                brackets_.back().character, brackets_.back().position.line));
      return fail(position(),
                  "a comment stands on lines of its own above a statement, not in or behind one; "
                  "move it up");
    default:
      if (c > ' ' && c < '\x7f') return fail(position(), instead_of_character(c));
      return fail(position(), fmt::format("byte 0x{:02x} is allowed in a comment only; remove it",
                                          static_cast<unsigned>(static_cast<unsigned char>(c))));
  }
}

}  // namespace normdiff
