#include "harness/check/second_look.hpp"

#include <utility>

#include "harness/check/comparison.hpp"
#include "harness/language/steps.hpp"

namespace normdiff {
namespace {

/// Notes what is outside its bound. Exact expectations have no second bound.
class Outside final : public Expectations {
 public:
  explicit Outside(Observed& observed) : observed_(observed) {}

  void exact(Key, const Value&, const Origin&) override {}
  void within(Key key, const TensorFacts& facts, const Origin&,
              const CompareValues& compare) override {
    const ObservedTensor* tensor = tensor_with(facts, observed_.now(key));
    if (!tensor) return;
    const reference::Comparison comparison = compare(tensor->data);
    if (comparison.outside > 0) found_.push_back({key, comparison.worst_bound});
  }
  void anything(Key, const char*) override {}

  [[nodiscard]] std::vector<Improbable> found() && { return std::move(found_); }

 private:
  Observed& observed_;
  std::vector<Improbable> found_;
};

/// Sums of no more terms have the same bound in both tiers (reference/numeric/limits.hpp): lambda
/// sqrt(k) is no less than k.
constexpr std::int64_t few_terms = 16;

/// The tensor or result that a step works on; nullopt: it works on none.
std::optional<NameId> worked_on(const Step& step) {
  return std::visit(
      []<class S>(const S& s) -> std::optional<NameId> {
        if constexpr (requires { s.input; })
          return s.input;
        else if constexpr (std::is_same_v<S, Backward>)
          return s.output;
        else
          return std::nullopt;
      },
      step);
}

}  // namespace

bool deserves_second_look(const Context& context, const Step& step) {
  const auto* forward = std::get_if<Forward>(&step);
  const bool by_artefact =
      forward && context.world.names[forward->module.name].kind == NameKind::artefact;
  if (context.manifest.kernels != reference::Kernels::stable && !by_artefact) return false;
  const std::optional<NameId> tensor = worked_on(step);
  return tensor && context.world.names[*tensor].values.shape.numel() > few_terms;
}

std::vector<Improbable> improbable(const Context& judged, const Step& step) {
  World world = judged.world.copy();
  Outside outside(judged.observed);
  Context context{judged.scenario,
                  judged.scope,
                  judged.manifest,
                  judged.step,
                  judged.subject_accepted,
                  world,
                  outside,
                  judged.observed,
                  judged.work,
                  judged.unchecked,
                  reference::Tier::probable};
  const Execution execution = execute(context, step);
  if (execution.underived) return {};
  std::vector<Key> touched;
  find_touched(world, judged.observed, touched);
  expect_state(context, execution, touched);
  return std::move(outside).found();
}

}  // namespace normdiff
