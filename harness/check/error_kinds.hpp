#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/subject/subject.hpp"
#include "reference/error.hpp"

namespace normdiff {

/// One way a subject words a kind of refusal (harness/check/error_kinds.toml).
struct ErrorPattern {
  reference::ErrorKind kind = reference::ErrorKind::unclassified;
  std::vector<std::string> subjects;  ///< families
  std::string versions;               ///< ">=1.13,<2.14"; empty: all
  std::string error_class;            ///< exact; empty: any
  std::string pattern;                ///< glob over the text: "*" stands for anything
  std::string example;                ///< a real text, as it was seen
};

/// The error itself: of a TorchScript traceback what it ends with, as the rest quotes source text;
/// of anything else all of it.
[[nodiscard]] std::string_view what_happened(std::string_view text);

/// The kinds of refusal that the texts of subjects stand for.
class ErrorKinds {
 public:
  explicit ErrorKinds(std::vector<ErrorPattern> patterns) : patterns_(std::move(patterns)) {}

  /// Parses the data file. Anything wrong with it: one sentence with its place.
  [[nodiscard]] static std::variant<ErrorKinds, std::string> parse(std::string_view toml,
                                                                   std::string_view file);
  /// The file built into the program.
  [[nodiscard]] static const ErrorKinds& built_in();

  /// The first pattern that matches; `unclassified` if none does.
  [[nodiscard]] reference::ErrorKind classify(const Manifest& subject, std::string_view error_class,
                                              std::string_view text) const;
  [[nodiscard]] const std::vector<ErrorPattern>& patterns() const { return patterns_; }

 private:
  std::vector<ErrorPattern> patterns_;
};

}  // namespace normdiff
