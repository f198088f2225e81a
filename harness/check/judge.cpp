#include "harness/check/judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

Verdict verdict_of(const reference::Comparison& c) {
  if (c.outside > 0) return Verdict::diverged;
  if (c.elements() == c.equal) return Verdict::equal;
  // An observation of many elements gets the verdict of most of them.
  const std::int64_t within = c.equal + c.within;
  const std::int64_t most = std::max({within, c.loose, c.ill_conditioned, c.poisoned});
  if (most == within) return Verdict::within_bound;
  if (most == c.loose) return Verdict::loose;
  return most == c.ill_conditioned ? Verdict::ill_conditioned : Verdict::poisoned;
}

/// Inside a bound that says little or nothing.
bool says_little(Verdict verdict) {
  return verdict == Verdict::loose || verdict == Verdict::ill_conditioned ||
         verdict == Verdict::poisoned;
}

std::string tensor_facts(DType dtype, const Shape& shape, bool requires_grad, bool is_leaf) {
  return fmt::format("{}[{}]{}{}", reference::to_string(dtype),
                     fmt::join(shape.begin(), shape.end(), ", "),
                     requires_grad ? " requires_grad" : "", is_leaf ? "" : " of a graph");
}

}  // namespace

// Only the last star is ever tried again: one before it took the least it could.
bool glob_matches(std::string_view glob, std::string_view text) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t g = 0;
  std::size_t star = none;
  std::size_t taken_up_to = 0;
  for (std::size_t t = 0; t < text.size();) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken_up_to = t;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g;
      ++t;
    } else if (star != none) {
      g = star + 1;
      t = ++taken_up_to;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == none;
}

Coverage::Coverage(const Deviation& deviation) {
  for (std::size_t c = 0; c < covered_.size(); ++c)
    for (std::size_t s = 0; s < covered_[c].size(); ++s) {
      const auto observed = static_cast<ObservationClass>(c);
      const std::string place = fmt::format(
          "{}:{}", to_string(observed),
          observed == ObservationClass::error ? "outcome" : to_string(static_cast<Slot>(s)));
      covered_[c][s] =
          std::any_of(deviation.observations.begin(), deviation.observations.end(),
                      [&place](const std::string& glob) { return glob_matches(glob, place); });
    }
}

std::string print(const Value& value) {
  if (const auto* x = std::get_if<bool>(&value)) return *x ? "True" : "False";
  if (const auto* x = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *x);
  if (const auto* x = std::get_if<double>(&value)) return fmt::format("{}", *x);
  if (const auto* x = std::get_if<std::string_view>(&value)) return std::string(*x);
  if (const auto* t = std::get_if<ObservedTensor>(&value)) {
    if (!t->known_dtype) return "a tensor of a dtype outside the vocabulary";
    std::string text;
    const std::int64_t shown = std::min<std::int64_t>(t->shape.numel(), 4);
    for (std::int64_t i = 0; i < shown; ++i) {
      if (i > 0) text += ' ';
      if (t->dtype == DType::int64)
        text += fmt::format("{}", reinterpret_cast<const std::int64_t*>(t->data)[i]);
      else if (t->dtype == DType::float32)
        text += fmt::format("{}", reinterpret_cast<const float*>(t->data)[i]);
      else
        text += fmt::format("{}", reinterpret_cast<const double*>(t->data)[i]);
    }
    if (t->shape.rank() == 0) return text;
    return fmt::format("[{}{}]", text, t->shape.numel() > shown ? " ..." : "");
  }
  return "None";
}

void Judge::begin_scenario(const Scenario& scenario, Observed& observed, Tally& tally,
                           CheckResult& result) {
  scenario_ = &scenario;
  observed_ = &observed;
  tally_ = &tally;
  result_ = &result;
  discrepancies_.clear();
  explaining_ = nullptr;
}

void Judge::begin_step(bool refused) {
  refused_ = refused;
  discrepancies_.clear();
}

bool Judge::wanted(Key key, ObservationClass observed_class) {
  if (silent_) return false;
  const bool error = observed_class == ObservationClass::error;
  if (refused_ && !error && !observed_->now(key)) return false;
  if (explaining_) return coverage_->covers(observed_class, key.slot);
  int& judged = observed_->at(key).judged;
  if (judged == observed_->step()) return false;  // what is underived stays so
  judged = observed_->step();
  return true;
}

bool Judge::concerns(const Coverage& coverage) const {
  return std::any_of(discrepancies_.begin(), discrepancies_.end(), [&](const Judged& d) {
    return coverage.covers(d.observed_class, d.key.slot);
  });
}

bool Judge::wants_text(Verdict verdict) const {
  return !explaining_ && (options_.keep_everything || is_new_discrepancy(verdict));
}

void Judge::explain(Judged& discrepancy, Verdict verdict) {
  if (says_little(verdict)) {
    // A prediction that nearly anything agrees with explains nothing: it is not counted as known.
    if (is_new_discrepancy(discrepancy.verdict)) discrepancy.verdict = verdict;
  } else if (is_new_discrepancy(discrepancy.verdict) || says_little(discrepancy.verdict)) {
    discrepancy.verdict = Verdict::known_deviation;
    discrepancy.deviation = explaining_->id;
  } else if (discrepancy.verdict == Verdict::known_deviation &&
             discrepancy.deviation != explaining_->id) {
    discrepancy.verdict = Verdict::harness_error;
    discrepancy.observed = fmt::format("predicted by both {} and {}",
                                       std::exchange(discrepancy.deviation, {}), explaining_->id);
    discrepancy.expected = "one deviation to a discrepancy";
  }
}

void Judge::record(Key key, ObservationClass observed_class, Verdict verdict, const Origin& origin,
                   double ratio, const std::string& expected, const std::string& observed) {
  if (options_.always_equal && is_new_discrepancy(verdict)) verdict = Verdict::equal;
  if (explaining_) {
    const auto discrepancy = std::find_if(
        discrepancies_.begin(), discrepancies_.end(),
        [&](const Judged& d) { return d.key == key && d.observed_class == observed_class; });
    const bool there = discrepancy != discrepancies_.end();
    // Another deviation may have moved what is there; but who is refused is so by one of them.
    if (is_new_discrepancy(verdict))
      contradicted_ =
          contradicted_ || !there || (refused_ && observed_class == ObservationClass::error);
    else if (there)
      predicted_.emplace_back(&*discrepancy, verdict);
    return;
  }
  if (*origin.branch != '\0') count(tally_->cells, origin.branch);
  const bool discrepancy = is_new_discrepancy(verdict);
  if (!discrepancy) {
    ++tally_->verdicts[static_cast<std::size_t>(observed_class)][static_cast<std::size_t>(verdict)];
    if (!options_.keep_everything && verdict != Verdict::harness_error) return;
  }
  Judged judged;
  judged.step = observed_->step();
  judged.key = key;
  judged.observed_class = observed_class;
  judged.verdict = verdict;
  judged.leaf = origin.leaf;
  judged.branch = origin.branch;
  judged.expected = expected;
  judged.observed = observed;
  judged.ratio = ratio;
  if (discrepancy)
    discrepancies_.push_back(std::move(judged));
  else
    result_->judged.push_back(std::move(judged));
}

void Judge::exact(Key key, const Value& expected, const Origin& origin) {
  const ObservationClass observed_class = class_of(key.slot);
  if (!wanted(key, observed_class)) return;
  const Value* now = observed_->now(key);
  const bool equal = now && same(*now, expected);
  const Verdict verdict = equal ? Verdict::equal : Verdict::diverged;
  std::string expected_text;
  std::string observed_text;
  if (wants_text(verdict)) {
    expected_text = print(expected);
    observed_text = now ? print(*now) : "nothing";
    const auto* a = std::get_if<ObservedTensor>(&expected);
    const auto* b = now ? std::get_if<ObservedTensor>(now) : nullptr;
    if (!equal && a && b && expected_text == observed_text) {
      if (a->storage != b->storage) {
        expected_text +=
            a->storage == key.packed() ? ", in memory of its own" : ", in shared memory";
        observed_text +=
            b->storage == key.packed() ? ", in memory of its own" : ", in shared memory";
      } else {
        expected_text += ' ' + tensor_facts(a->dtype, a->shape, a->requires_grad, a->is_leaf);
        observed_text += ' ' + tensor_facts(b->dtype, b->shape, b->requires_grad, b->is_leaf);
      }
    }
  }
  record(key, observed_class, verdict, origin, 0, expected_text, observed_text);
}

const ObservedTensor* Judge::numeric_facts(Key key, const TensorFacts& facts,
                                           const Origin& origin) {
  const ObservationClass observed_class = class_of(key.slot);
  if (!wanted(key, observed_class)) return nullptr;
  const Value* now = observed_->now(key);
  const auto* tensor = now ? std::get_if<ObservedTensor>(now) : nullptr;
  if (tensor && tensor->known_dtype && tensor->dtype == facts.dtype &&
      tensor->shape == facts.shape && tensor->requires_grad == facts.requires_grad &&
      tensor->is_leaf == facts.is_leaf && tensor->storage == facts.storage)
    return tensor;
  std::string expected = tensor_facts(facts.dtype, facts.shape, facts.requires_grad, facts.is_leaf);
  std::string observed = !now ? "nothing" : print(*now);
  if (tensor && tensor->known_dtype) {
    observed = tensor_facts(tensor->dtype, tensor->shape, tensor->requires_grad, tensor->is_leaf);
    if (observed == expected) {
      expected += facts.storage == key.packed() ? " in memory of its own" : " in shared memory";
      observed += tensor->storage == key.packed() ? " in memory of its own" : " in shared memory";
    }
  }
  record(key, observed_class, Verdict::diverged, origin, 0, expected, observed);
  return nullptr;
}

void Judge::numeric_values(Key key, const ObservedTensor& tensor, const Origin& origin,
                           const reference::Comparison& comparison) {
  const Verdict verdict = verdict_of(comparison);
  if (!explaining_) {
    RatioHistogram& histogram =
        tally_->ratios[tensor.dtype == DType::float64 ? 1 : 0]
                      [static_cast<std::size_t>(origin.layout.value_or(Layout::contiguous))];
    if (verdict == Verdict::equal) {
      ++histogram.exact;
    } else if (verdict == Verdict::within_bound || verdict == Verdict::loose) {
      ++histogram.buckets[std::min<std::size_t>(
          9, static_cast<std::size_t>(std::max(0.0, comparison.worst_ratio) * 10))];
      histogram.largest = std::max(histogram.largest, comparison.worst_ratio);
    }
  }
  std::string expected;
  std::string observed;
  if (wants_text(verdict) && comparison.worst_index >= 0) {
    expected = fmt::format("{:.10g} (+- {:.2g}) at [{}]", comparison.worst_expected,
                           comparison.worst_bound, comparison.worst_index);
    observed = fmt::format("{:.10g}", comparison.worst_observed);
  }
  record(key, class_of(key.slot), verdict, origin, comparison.worst_ratio, expected, observed);
}

void Judge::underived(Key key, const char* reason) {
  if (silent_ || explaining_) return;
  observed_->at(key).judged = observed_->step();
  ++tally_->verdicts[static_cast<std::size_t>(class_of(key.slot))]
                    [static_cast<std::size_t>(Verdict::underived)];
  count(tally_->not_compared, reason);
}

void Judge::outcome(Verdict verdict, const Origin& origin, const std::string& expected,
                    const std::string& observed) {
  const Key key{0, 0, Slot::value};
  if (explaining_ && !wanted(key, ObservationClass::error)) return;
  record(key, ObservationClass::error, verdict, origin, 0, expected, observed);
}

void Judge::rest(const Trace& trace, const StepRecord& step, const World& world) {
  for (std::uint32_t i = step.first; i < step.last; ++i) {
    const Observation& seen = trace.observations[i];
    if (observed_->at(seen.key).judged == observed_->step()) continue;
    observed_->at(seen.key).judged = observed_->step();
    const Value* before = observed_->before(seen.key);
    Origin origin;
    const Live& live = world.names[seen.key.name];
    if (seen.key.place < live.places.size()) origin.leaf = live.places[seen.key.place]->kind();
    origin.branch = "unasked";
    record(seen.key, class_of(seen.key.slot), Verdict::diverged, origin, 0,
           before ? print(*before) : "nothing", print(seen.value));
  }
}

bool Judge::anything_unexplained() const {
  return std::any_of(discrepancies_.begin(), discrepancies_.end(),
                     [](const Judged& d) { return is_new_discrepancy(d.verdict); });
}

void Judge::begin_explaining(const Deviation& deviation, const Coverage& coverage) {
  explaining_ = &deviation;
  coverage_ = &coverage;
  predicted_.clear();
  contradicted_ = false;
}

void Judge::end_explaining(bool applies) {
  if (applies && !contradicted_)
    for (const auto& [discrepancy, verdict] : predicted_) explain(*discrepancy, verdict);
  explaining_ = nullptr;
}

void Judge::end_step() {
  for (Judged& d : discrepancies_) {
    ++tally_->verdicts[static_cast<std::size_t>(d.observed_class)]
                      [static_cast<std::size_t>(d.verdict)];
    if (d.verdict == Verdict::known_deviation)
      count(tally_->deviations, d.deviation);
    else if (is_new_discrepancy(d.verdict))
      count(tally_->signatures, signature(manifest_, *scenario_, d));
    if (!says_little(d.verdict) || options_.keep_everything)
      result_->judged.push_back(std::move(d));
  }
  discrepancies_.clear();
}

}  // namespace normdiff
