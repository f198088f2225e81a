#include "harness/check/oracle.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "harness/check/comparison.hpp"
#include "harness/trace/value_text.hpp"

namespace normdiff {
namespace {

std::string facts_text(DType dtype, const Shape& shape, bool requires_grad, bool is_leaf) {
  return fmt::format("{}[{}]{}{}", reference::to_string(dtype),
                     fmt::join(shape.begin(), shape.end(), ", "),
                     requires_grad ? " requires_grad" : "", is_leaf ? "" : " of a graph");
}
std::string facts_text(const ObservedTensor& tensor) {
  return facts_text(tensor.dtype, tensor.shape, tensor.requires_grad, tensor.is_leaf);
}

/// Which memory a tensor lies in, said where two tensors differ in nothing else.
std::string_view memory_text(Key key, std::uint64_t storage) {
  return storage == key.packed() ? "in memory of its own" : "in shared memory";
}

}  // namespace

Oracle::Oracle(const CheckOptions& options, Observed& observed, const StepRecord& record,
               Tally& tally, std::vector<Judged>& judged, std::vector<Judged>& discrepancies)
    : options_(options),
      observed_(observed),
      record_(record),
      tally_(tally),
      judged_(judged),
      discrepancies_(discrepancies) {
  discrepancies_.clear();
}

bool Oracle::takes(Key key) {
  // A refused step need not show what it would have made.
  if (record_.outcome == Outcome::error && !observed_.now(key)) return false;
  int& judged = observed_.at(key).judged;
  return std::exchange(judged, observed_.step()) != observed_.step();
}

bool Oracle::wants_text(Verdict verdict) const {
  return options_.keep_everything || is_new_discrepancy(verdict);
}

void Oracle::record(Key key, ObservationClass observed_class, Verdict verdict, const Origin& origin,
                    double ratio, const std::string& expected, const std::string& observed) {
  if (options_.always_equal && is_new_discrepancy(verdict)) verdict = Verdict::equal;
  if (*origin.branch != '\0') count(tally_.branches_reached, origin.branch);
  const bool discrepancy = is_new_discrepancy(verdict);
  if (!discrepancy) {
    tally_.add_verdict(observed_class, verdict);
    if (!options_.keep_everything && verdict != Verdict::harness_error) return;
  }
  Judged judged;
  judged.step = observed_.step();
  judged.key = key;
  judged.observed_class = observed_class;
  judged.verdict = verdict;
  judged.leaf = origin.leaf;
  judged.branch = origin.branch;
  judged.expected = expected;
  judged.observed = observed;
  judged.ratio = ratio;
  (discrepancy ? discrepancies_ : judged_).push_back(std::move(judged));
}

void Oracle::exact(Key key, const Value& expected, const Origin& origin) {
  if (!takes(key)) return;
  const Value* now = observed_.now(key);
  const bool equal = now && same(*now, expected);
  const Verdict verdict = equal ? Verdict::equal : Verdict::diverged;
  std::string expected_text;
  std::string observed_text;
  if (wants_text(verdict)) {
    expected_text = print(expected);
    observed_text = now ? print(*now) : "nothing";
    const auto* a = std::get_if<ObservedTensor>(&expected);
    const auto* b = now ? std::get_if<ObservedTensor>(now) : nullptr;
    if (!equal && a && b && (a->dtype != b->dtype || a->shape != b->shape)) {
      expected_text = facts_text(*a);
      observed_text = facts_text(*b);
    } else if (!equal && a && b && expected_text == observed_text) {
      if (a->storage != b->storage) {
        expected_text += fmt::format(", {}", memory_text(key, a->storage));
        observed_text += fmt::format(", {}", memory_text(key, b->storage));
      } else {
        expected_text += ' ' + facts_text(*a);
        observed_text += ' ' + facts_text(*b);
      }
    }
  }
  record(key, class_of(key.slot), verdict, origin, 0, expected_text, observed_text);
}

void Oracle::facts_differ(Key key, const Value* now, const TensorFacts& facts,
                          const Origin& origin) {
  std::string expected = facts_text(facts.dtype, facts.shape, facts.requires_grad, facts.is_leaf);
  std::string observed = !now ? "nothing" : print(*now);
  const auto* tensor = now ? std::get_if<ObservedTensor>(now) : nullptr;
  if (tensor && tensor->known_dtype) {
    observed = facts_text(*tensor);
    if (observed == expected) {
      expected += fmt::format(" {}", memory_text(key, facts.storage));
      observed += fmt::format(" {}", memory_text(key, tensor->storage));
    }
  }
  record(key, class_of(key.slot), Verdict::diverged, origin, 0, expected, observed);
}

void Oracle::within(Key key, const TensorFacts& facts, const Origin& origin,
                    const CompareValues& compare) {
  if (!takes(key)) return;
  const Value* now = observed_.now(key);
  const ObservedTensor* tensor = tensor_with(facts, now);
  if (!tensor) return facts_differ(key, now, facts, origin);
  const reference::Comparison comparison = compare(tensor->data);
  Verdict verdict = verdict_of(comparison);
  const auto found = std::find_if(improbable_.begin(), improbable_.end(),
                                  [key](const Improbable& it) { return it.key == key; });
  const bool is_improbable = found != improbable_.end() && !is_new_discrepancy(verdict);
  if (is_improbable) verdict = Verdict::improbable;
  if (verdict == Verdict::diverged) outside_ = key;
  tally_.add_ratio(class_of(key.slot), tensor->dtype, origin.layout.value_or(Layout::contiguous),
                   verdict, comparison.worst_ratio);
  std::string expected;
  std::string observed;
  if (wants_text(verdict) && verdict == Verdict::algorithmic_loss) {
    const std::string own = comparison.worst_bound > 0
                                ? fmt::format("+- {:.2g}", comparison.worst_bound)
                                : std::string("any number");
    expected =
        fmt::format("{:.10g} ({}; of a stable algorithm +- {:.2g}) at [{}]",
                    comparison.lost_expected, own, comparison.lost_bound, comparison.lost_index);
    observed = fmt::format("{:.10g}", comparison.lost_observed);
  } else if (wants_text(verdict) && comparison.worst_index >= 0) {
    expected = fmt::format("{:.10g} (+- {:.2g}{}) at [{}]", comparison.worst_expected,
                           comparison.worst_bound,
                           is_improbable ? fmt::format("; probably {:.2g}", found->bound) : "",
                           comparison.worst_index);
    observed = fmt::format("{:.10g}", comparison.worst_observed);
  }
  record(key, class_of(key.slot), verdict, origin, comparison.worst_ratio, expected, observed);
}

void Oracle::instead(Key key, const std::function<std::string(const void* observed)>& words) {
  if (outside_ != key || discrepancies_.empty()) return;
  const std::string said = words(std::get<ObservedTensor>(*observed_.now(key)).data);
  if (!said.empty()) discrepancies_.back().expected += "; " + said;
}

void Oracle::anything(Key key, const char* why) {
  if (takes(key) && observed_.now(key)) count(tally_.free, why);
}

void Oracle::underived(Key key, const char* reason) {
  observed_.at(key).judged = observed_.step();
  tally_.add_verdict(class_of(key.slot), Verdict::underived);
  count(tally_.not_compared, reason);
}

void Oracle::underived_outcome(const char* reason) {
  tally_.add_verdict(ObservationClass::error, Verdict::underived);
  count(tally_.not_compared, reason);
}

void Oracle::outcome(Verdict verdict, const Origin& origin, const std::string& expected,
                     const std::string& observed) {
  record({0, 0, Slot::value}, ObservationClass::error, verdict, origin, 0, expected, observed);
}

void Oracle::rest(const Trace& trace, const World& world) {
  for (std::uint32_t i = record_.first; i < record_.last; ++i) {
    const Observation& seen = trace.observations[i];
    if (!takes(seen.key)) continue;
    const Value* before = observed_.before(seen.key);
    Origin origin;
    const Live& live = world.names[seen.key.name];
    if (seen.key.place < live.places.size()) origin.leaf = live.places[seen.key.place]->kind();
    origin.branch = "unasked";
    record(seen.key, class_of(seen.key.slot), Verdict::diverged, origin, 0,
           before ? print(*before) : "nothing", print(seen.value));
  }
}

}  // namespace normdiff
