#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "harness/trace/trace.hpp"
#include "reference/modules/spec.hpp"
#include "reference/numeric/judge.hpp"

namespace normdiff {

/// The facts of a tensor beside its values.
struct TensorFacts {
  DType dtype = DType::float32;
  Shape shape;
  bool requires_grad = false;
  bool is_leaf = true;
  std::uint64_t storage = 0;
};

/// Where an expectation comes from.
struct Origin {
  ModuleKind leaf = no_leaf;
  const char* branch = "";
  std::optional<Layout> layout;  ///< of the input, for the histograms
};

/// Holds values that have the expected dtype and shape against the expected ones.
using CompareValues = std::function<reference::Comparison(const void* observed)>;

/// The listener to which a step or a prediction states its expectations. It may be a replay that
/// only wants the step's effects, the oracle that judges the subject, or the trial of one
/// deviation; no statement has an answer, so that the reference learns nothing of what was
/// observed.
class Expectations {
 public:
  virtual ~Expectations() = default;

  /// The observation is this value, bit for bit.
  virtual void exact(Key key, const Value& expected, const Origin& origin) = 0;
  /// The observation is a tensor with these facts, and `compare` judges its values.
  virtual void within(Key key, const TensorFacts& facts, const Origin& origin,
                      const CompareValues& compare) = 0;
  /// Whatever is observed here is right: `why` says what leaves it open.
  virtual void anything(Key key, const char* why) = 0;
  /// `words` says of values that are not within the bound that was just stated what they are
  /// instead; empty: nothing is known of them.
  virtual void instead(Key, const std::function<std::string(const void* observed)>& words) {
    (void)words;
  }
};

/// Drops every statement: a caller that needs the effects of a step alone passes this one.
class NobodyListens final : public Expectations {
 public:
  void exact(Key, const Value&, const Origin&) override {}
  void within(Key, const TensorFacts&, const Origin&, const CompareValues&) override {}
  void anything(Key, const char*) override {}
};

}  // namespace normdiff
