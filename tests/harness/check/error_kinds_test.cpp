#include "harness/check/error_kinds.hpp"

#include <gmock/gmock.h>

#include "tests/harness/check/told_subject.hpp"

namespace normdiff {
namespace {

using reference::ErrorKind;
using ::testing::HasSubstr;
using testing::manifest;

std::string error_of(std::string_view toml) {
  auto parsed = ErrorKinds::parse(toml, "kinds.toml");
  const auto* error = std::get_if<std::string>(&parsed);
  return error ? *error : "";
}

TEST(ErrorKinds, EveryPatternMatchesTheTextItWasMadeFor) {
  const ErrorKinds& kinds = ErrorKinds::built_in();
  EXPECT_GT(kinds.patterns().size(), 15u);
  for (const ErrorPattern& pattern : kinds.patterns()) {
    EXPECT_FALSE(pattern.subjects.empty()) << pattern.pattern;
    for (const std::string& family : pattern.subjects)
      EXPECT_EQ(kinds.classify(manifest(family), pattern.error_class, pattern.example),
                pattern.kind)
          << family << ": " << pattern.example;
  }
}

// TorchScript quotes the source around the call: messages of other errors stand in it.
std::string in_traceback(std::string_view text) {
  return "The following operation failed in the TorchScript interpreter.\n"
         "Traceback of TorchScript (most recent call last):\n"
         "  File \"functional.py\", line 2898, in batch_norm\n"
         "        raise ValueError(f\"batch_norm eps must be non-negative, but got {eps}\")\n"
         "    return torch.batch_norm(\n           ~~~~~~~~~~~~~~~~ <--- HERE\n"
         "RuntimeError: " +
         std::string(text) + "\n";
}

TEST(ErrorKinds, OfATorchScriptTracebackTheEndIsLookedAt) {
  const ErrorKinds& kinds = ErrorKinds::built_in();
  EXPECT_EQ(what_happened(in_traceback("two\nlines")), "two\nlines");
  EXPECT_EQ(what_happened("RuntimeError: as it is"), "RuntimeError: as it is");
  for (const ErrorPattern& pattern : kinds.patterns()) {
    if (pattern.subjects.front() != "python") continue;
    EXPECT_EQ(
        kinds.classify(manifest("python"), pattern.error_class, in_traceback(pattern.example)),
        pattern.kind)
        << pattern.example;
  }
  EXPECT_EQ(kinds.classify(manifest("python"), "RuntimeError", in_traceback("out of cheese")),
            ErrorKind::unclassified);
}

TEST(ErrorKinds, WhatNoPatternMatchesIsUnclassified) {
  const ErrorKinds& kinds = ErrorKinds::built_in();
  EXPECT_EQ(kinds.classify(manifest("python"), "ValueError", ""), ErrorKind::unclassified);
  EXPECT_EQ(kinds.classify(manifest("python"), "ValueError", "out of cheese"),
            ErrorKind::unclassified);
  EXPECT_EQ(kinds.classify(manifest("somebody"), "", "expected 4D input (got 3D input)"),
            ErrorKind::unclassified);
}

TEST(ErrorKinds, TheTextbookNamesTheKind) {
  const ErrorKinds& kinds = ErrorKinds::built_in();
  EXPECT_EQ(kinds.classify(manifest("textbook"), "wrong_rank", "anything"), ErrorKind::wrong_rank);
  EXPECT_EQ(kinds.classify(manifest("textbook"), "?", "wrong_rank"), ErrorKind::unclassified);
}

TEST(ErrorKinds, SubjectVersionAndClassRestrictAPatternAndTheFirstMatchWins) {
  auto parsed = ErrorKinds::parse(R"(
[[error]]
kind = "bad_eps"
subjects = ["python"]
versions = ">=2.10"
class = "ValueError"
pattern = "*eps*"
example = "eps"
[[error]]
kind = "wrong_rank"
subjects = ["python", "libtorch"]
pattern = "*eps*"
example = "eps"
)",
                                  "kinds.toml");
  ASSERT_TRUE(std::holds_alternative<ErrorKinds>(parsed));
  const auto& kinds = std::get<ErrorKinds>(parsed);
  EXPECT_EQ(kinds.classify(manifest("python", "2.13.0"), "ValueError", "an eps"),
            ErrorKind::bad_eps);
  EXPECT_EQ(kinds.classify(manifest("python", "2.9.0"), "ValueError", "an eps"),
            ErrorKind::wrong_rank);
  EXPECT_EQ(kinds.classify(manifest("python", "2.13.0"), "TypeError", "an eps"),
            ErrorKind::wrong_rank);
  EXPECT_EQ(kinds.classify(manifest("libtorch"), "ValueError", "an eps"), ErrorKind::wrong_rank);
  EXPECT_EQ(kinds.classify(manifest("textbook"), "ValueError", "an eps"), ErrorKind::unclassified);
}

TEST(ErrorKinds, ABadFileIsOneSentenceWithItsPlace) {
  EXPECT_THAT(error_of(""), HasSubstr("kinds.toml: expected [[error]]"));
  EXPECT_THAT(error_of("x = "), HasSubstr("kinds.toml:1: "));
  EXPECT_THAT(error_of("error = 3"), HasSubstr("kinds.toml: expected [[error]]"));
  EXPECT_THAT(error_of("error = [3]"), HasSubstr("needs a known kind"));
  const std::string whole = "\n[[error]]\nkind = \"bad_eps\"\npattern = \"*\"\nexample = \"x\"\n";
  EXPECT_EQ(error_of(whole), "");
  for (const char* key : {"kind", "pattern", "example"}) {
    std::string less = whole;
    less.replace(less.find(key), 4, "xxxx");
    EXPECT_THAT(error_of(less), HasSubstr("kinds.toml:2: an [[error]] needs")) << key;
  }
  EXPECT_THAT(error_of("[[error]]\nkind = \"bad_epsilon\"\npattern = \"*\"\nexample = \"x\"\n"),
              HasSubstr("known kind"));
}

}  // namespace
}  // namespace normdiff
