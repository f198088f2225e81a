#include "harness/profiles/generate.hpp"

#include <algorithm>
#include <utility>

#include "harness/generate/draft.hpp"
#include "harness/language/steps.hpp"

// How many steps a scenario has, and which kind comes next.
namespace normdiff {
namespace {

/// A kind of step, as the generator sees it.
struct Kind {
  void (*draw)(Draft&);
  DrawInfo info;
};

template <class S>
constexpr Kind kind_of() {
  return {[](Draft& draft) { draw(draft, KindOf<S>{}); }, S::drawing};
}

/// All of them, in the order of Step.
constexpr std::array<Kind, step_kind_count> kinds =
    []<std::size_t... number>(std::index_sequence<number...>) {
      return std::array{kind_of<std::variant_alternative_t<number, Step>>()...};
    }(std::make_index_sequence<step_kind_count>{});

/// The share of the draws that are wrong on purpose. Such a draw is one to three steps.
constexpr double wrong_share = 0.05;
constexpr int most_networks = 3;
constexpr std::size_t most_trees = 8;

bool applies(const Draft& draft, const DrawNeeds& needs) {
  if (needs.room_for_network && draft.made(NameStem::net) >= most_networks) return false;
  if (needs.room_for_tree && draft.trees.size() >= most_trees) return false;
  if (needs.copy && draft.made(NameStem::copy) == 0) return false;
  if (needs.script && draft.made(NameStem::script) == 0) return false;
  return !needs.result || draft.made(NameStem::result) > 0;
}

void draw_mistake(Draft& draft) {
  std::vector<DrawMistake> mistakes;
  for (const Kind& kind : kinds)
    if (kind.info.weight(draft.profile()) > 0)
      mistakes.insert(mistakes.end(), kind.info.mistakes.begin(), kind.info.mistakes.end());
  draft.one_of(mistakes)(draft);
}

void draw_step(Draft& draft) {
  if (!draft.is(Profile::bench) && draft.random.chance(wrong_share)) return draw_mistake(draft);
  std::array<int, step_kind_count> upto;
  int total = 0;
  for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
    const DrawInfo& info = kinds[kind].info;
    const int weight = info.weight(draft.profile());
    if (weight != 0 && applies(draft, info.needs)) total += weight;
    upto[kind] = total;
  }
  const int drawn = draft.between(0, total - 1);
  const auto kind = std::upper_bound(upto.begin(), upto.end(), drawn) - upto.begin();
  kinds[static_cast<std::size_t>(kind)].draw(draft);
}

/// Exports what no step has exported yet, and runs a file.
void end_with_an_artefact(Draft& draft) {
  if (draft.count(NameKind::artefact) == 0) draw(draft, KindOf<OnnxExport>{});
  const DraftedPath path{draft.any_tree(NameKind::artefact), 0};
  draft.forward(path, draft.tensor_for(path), true);
}

}  // namespace

void generate(Profile profile, std::uint64_t seed, std::uint64_t index, Scenario& out) {
  thread_local Draft draft;  // kept for its memory
  const std::uint64_t key =
      random_bits(random_bits(seed, static_cast<std::uint64_t>(profile)), index);
  draft.begin(profile, key, out);
  const auto steps = static_cast<std::size_t>(draft.is(Profile::bench) ? draft.between(10, 14)
                                                                       : draft.between(6, 16));
  out.statements.reserve(steps + 4);
  draw(draft, KindOf<Construct>{});  // all other kinds need a module
  while (out.statements.size() < steps) draw_step(draft);
  if (draft.is(Profile::dynamo)) end_with_an_artefact(draft);
  draft.finish();
}

}  // namespace normdiff
