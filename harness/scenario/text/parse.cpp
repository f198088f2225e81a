#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "harness/scenario/text/reader.hpp"
#include "harness/scenario/text/syntax.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/text/utf8.hpp"

// The lines of a scenario: its first line, comments, and where statements begin.
namespace normdiff {
namespace {

constexpr std::string_view format_word = "# normdiff-scenario";
constexpr std::string_view format_line = "# normdiff-scenario 1";

std::string_view without_trailing_space(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
  return line;
}

Position position_of(std::string_view text, std::size_t byte) {
  Position position;
  for (std::size_t i = 0; i < byte; ++i) {
    if (text[i] == '\n') {
      ++position.line;
      position.column = 1;
    } else {
      ++position.column;
    }
  }
  return position;
}

/// The first problem of the bytes, before any of them is understood.
std::optional<ParseError> byte_problem(std::string_view text) {
  if (text.empty())
    return error_at({}, fmt::format("the text is empty; its first line is '{}'", format_line));
  if (text.size() > max_scenario_bytes)
    return error_at({},
                    fmt::format("the text has {} bytes, and at most {} are read; make it shorter",
                                text.size(), max_scenario_bytes));
  if (text.substr(0, 3) == "\xef\xbb\xbf")
    return error_at({}, "the text begins with a byte order mark; save it as UTF-8 without one");
  const std::size_t bad = std::min({not_utf8(text), text.find('\0'), text.find('\r')});
  if (bad == std::string_view::npos) return std::nullopt;
  const Position position = position_of(text, bad);
  if (text[bad] == '\0')
    return error_at(position, fmt::format("byte {} is NUL, which no text holds; remove it", bad));
  if (text[bad] == '\r')
    return error_at(position, fmt::format("byte {} is a carriage return; save the text with line "
                                          "feeds alone as line ends",
                                          bad));
  return error_at(position, fmt::format("byte {} (0x{:02x}) is not UTF-8; save the text as UTF-8",
                                        bad, static_cast<unsigned char>(text[bad])));
}

std::optional<ParseError> format_problem(std::string_view line) {
  if (line == format_line) return std::nullopt;
  if (line.substr(0, format_word.size()) != format_word)
    return error_at({}, fmt::format("expected '{}' as the first line, found '{}'", format_line,
                                    line.substr(0, 60)));
  std::string_view number = line.substr(format_word.size());
  number.remove_prefix(std::min(number.size(), number.find_first_not_of(' ')));
  return error_at({1, static_cast<int>(line.size() - number.size()) + 1},
                  fmt::format("format '{}' is not known, only 1 is; use a newer normdiff",
                              number.substr(0, 40)));
}

std::string comment_text(std::string_view line) {
  line.remove_prefix(1);
  if (!line.empty() && line[0] == ' ') line.remove_prefix(1);
  return std::string(line);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  std::variant<Scenario, ParseError> run() {
    error_ = format_problem(without_trailing_space(lexer_.take_line()));
    if (!error_) seed();
    while (!error_ && !lexer_.at_end()) line();
    if (!error_ && !comments_.empty() && !scenario_.statements.empty())
      error_ =
          error_at(comments_begin_,
                   "a comment belongs to the statement below it, and there is none; move it up");
    if (error_) return std::move(*error_);
    if (!comments_.empty()) scenario_.title = std::move(comments_);
    return std::move(scenario_);
  }

 private:
  void seed() {
    const std::string_view line = without_trailing_space(lexer_.peek_line());
    const std::string_view digits = seed_digits(line);
    if (digits.empty()) return;
    const char* end = digits.data() + digits.size();
    if (std::from_chars(digits.data(), end, scenario_.seed).ec != std::errc{})
      error_ = error_at({2, 8}, "a seed is at most 18446744073709551615; make it smaller");
    lexer_.take_line();
  }

  void line() {
    const std::string_view text = without_trailing_space(lexer_.peek_line());
    if (text.empty()) {
      lexer_.take_line();
    } else if (text[0] == '#') {
      if (comments_.empty()) comments_begin_ = lexer_.position();
      comments_.push_back(comment_text(text));
      lexer_.take_line();
    } else if (text[0] == ' ' || text[0] == '\t') {
      error_ = error_at(lexer_.position(), "a line begins in column 1; remove the space before it");
    } else {
      statement();
    }
  }

  void statement() {
    if (scenario_.statements.size() == max_scenario_steps) {
      error_ = error_at(lexer_.position(),
                        fmt::format("a scenario has at most {} statements", max_scenario_steps));
      return;
    }
    if (!syntax_.read_statement(lexer_)) {
      error_ = syntax_.error();
      return;
    }
    lexer_.take_line();
    std::optional<Step> step = reader_.read(syntax_);
    if (!step) {
      error_ = reader_.error();
      return;
    }
    scope_.apply(scenario_, *step);
    scenario_.statements.push_back({{}, std::move(*step)});
    const bool first = scenario_.statements.size() == 1;
    (first ? scenario_.title : scenario_.statements.back().comments) = std::move(comments_);
    comments_.clear();
  }

  Lexer lexer_;
  Syntax syntax_;
  Scenario scenario_;
  Scope scope_;
  Reader reader_{scenario_, scope_};
  std::vector<std::string> comments_;  ///< above the statement to come
  Position comments_begin_;
  std::optional<ParseError> error_;
};

}  // namespace

std::string ParseError::text(std::string_view file) const {
  return fmt::format("{}:{}:{}: {}", file, line, column, message);
}

std::variant<Scenario, ParseError> parse(std::string_view text) {
  if (auto problem = byte_problem(text)) return std::move(*problem);
  return Parser(text).run();
}

}  // namespace normdiff
