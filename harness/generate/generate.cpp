#include "harness/generate/generate.hpp"

#include <algorithm>
#include <type_traits>

#include "harness/generate/generator.hpp"

// How many steps, which kind comes next, and how much each profile dwells on it.
namespace normdiff {
namespace {

/// How often a kind of step is drawn where it applies, in the order of Step. The bench's are tuned
/// until LibTorch's time is 20 % construction, 40 % forward, 20 % backward, 20 % state.
using Weights = std::array<std::uint8_t, step_kind_count>;
// clang-format off
constexpr EnumArray<Profile, Weights> weights = {
    //           net  x  train .tr mom eps trk fill rst to zero fwd bwd copy load trace scr s/l onnx
    /* modes    */ Weights{2,  2, 18,  7,  6,  4,  6,   9,  4, 1,  2,  44, 14, 10,  16,   0,   0,   0,   0},
    /* numerics */ Weights{2,  8,  7,  1,  2,  2,  1,  10,  2, 1,  3,  44, 32,  2,   2,   0,   0,   0,   0},
    /* exports  */ Weights{2,  2, 12,  5,  3,  1,  2,   5,  2, 0,  1,  38,  3,  2,   2,  12,   9,   7,  18},
    /* bench    */ Weights{12, 0, 14,  2,  2,  2,  1,  10,  4, 2,  6,  40, 26,  3,   3,   0,   0,   0,   0},
};
// clang-format on

constexpr bool every_kind_is_drawn() {
  for (std::size_t kind = 0; kind < step_kind_count; ++kind) {
    int sum = 0;
    for (const Weights& profile : weights) sum += profile[kind];
    if (sum == 0) return false;
  }
  return true;
}
static_assert(every_kind_is_drawn(), "a kind of step has no column in `weights`");

/// What part of the draws is wrong on purpose. Such a draw is one to three steps.
constexpr double wrong_share = 0.05;
constexpr int most_networks = 3;
constexpr std::size_t most_trees = 8;

template <class S, std::size_t... kinds>
constexpr std::size_t kind_of(std::index_sequence<kinds...>) {
  return ((std::is_same_v<S, std::variant_alternative_t<kinds, Step>> ? kinds : 0) + ...);
}
template <class S>
constexpr std::size_t kind_of() {
  return kind_of<S>(std::make_index_sequence<static_cast<std::size_t>(step_kind_count)>{});
}

}  // namespace

const std::array<Generator::Emitter, step_kind_count> Generator::emitters = {
    &Generator::construct,
    &Generator::input,
    &Generator::train,
    &Generator::set_training,
    &Generator::set_momentum,
    &Generator::set_eps,
    &Generator::set_track_running_stats,
    &Generator::fill,
    &Generator::reset,
    &Generator::cast,
    &Generator::zero_grad,
    &Generator::forward,
    &Generator::backward,
    &Generator::deepcopy,
    &Generator::load_state_dict,
    &Generator::trace,
    &Generator::script,
    &Generator::save_load,
    &Generator::onnx_export,
};

bool Generator::applies(std::size_t kind) const {
  switch (kind) {
    case kind_of<Construct>():
      return nets_ < most_networks && trees_.size() < most_trees;
    case kind_of<DeepCopy>():
    case kind_of<JitTrace>():
    case kind_of<JitScript>():
    case kind_of<OnnxExport>():
      return trees_.size() < most_trees;
    case kind_of<JitSaveLoad>():
      return scripts_ > 0 && trees_.size() < most_trees;
    case kind_of<LoadStateDict>():
      return copies_ > 0;
    case kind_of<Backward>():
      return outputs_ > 0;
    default:
      return true;
  }
}

void Generator::draw_step() {
  if (!is(Profile::bench) && random_.chance(wrong_share)) return emit_wrong();
  const Weights& table = weights[profile_];
  std::array<int, step_kind_count> upto;
  int total = 0;
  for (std::size_t kind = 0; kind < table.size(); ++kind) {
    if (table[kind] != 0 && applies(kind)) total += table[kind];
    upto[kind] = total;
  }
  const int drawn = between(0, total - 1);
  const auto kind = std::upper_bound(upto.begin(), upto.end(), drawn) - upto.begin();
  (this->*emitters[static_cast<std::size_t>(kind)])();
}

void Generator::emit_wrong() {
  switch (random_.below(is(Profile::exports) ? 6 : 5)) {
    case 0:
      return wrong_input();
    case 1:
      return single_value();
    case 2:
      return wrong_eps();
    case 3:
      return second_backward();
    case 4:
      return load_state_dict(false);
    default:
      return onnx_export(false);
  }
}

void Generator::run(Profile profile, std::uint64_t seed, std::uint64_t index, Scenario& out) {
  profile_ = profile;
  const std::uint64_t key =
      random_bits(random_bits(seed, static_cast<std::uint64_t>(profile)), index);
  random_ = Random(key);
  out_ = &out;
  out.title.clear();
  out.statements.clear();
  out.seed = key >> 40;
  trees_.clear();
  tensors_.clear();
  results_.clear();
  groups_.clear();
  names_used_ = 0;
  structures_ = 0;
  nets_ = copies_ = inputs_ = outputs_ = scripts_ = artefacts_ = norms_ = 0;
  const auto steps =
      static_cast<std::size_t>(is(Profile::bench) ? between(10, 14) : between(6, 16));
  out.statements.reserve(steps + 4);
  construct();
  while (out.statements.size() < steps) draw_step();
  out.names.resize(names_used_);
}

void generate(Profile profile, std::uint64_t seed, std::uint64_t index, Scenario& out) {
  thread_local Generator generator;
  generator.run(profile, seed, index, out);
}

}  // namespace normdiff
