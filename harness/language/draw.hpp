#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "harness/language/profile.hpp"
#include "harness/language/scenario.hpp"

// How each kind of step is drawn: how often, where, and by which function. A kind without one of
// them does not compile or does not link.
namespace normdiff {

class Draft;

/// Chooses an overload by a kind of step.
template <class S>
struct KindOf {};

/// What a draft must hold before a kind of step can be drawn. Every draft holds a module.
struct DrawNeeds {
  bool room_for_network = false;  ///< it makes a network, of which a draft holds few
  bool room_for_tree = false;     ///< it makes a module, script or artefact, which have a limit too
  bool copy = false;              ///< it works between a module and its copy
  bool script = false;
  bool result = false;  ///< of a forward
};

/// Draws a kind of step in a way that both sides ought to refuse.
using DrawMistake = void (*)(Draft&);

struct DrawInfo {
  /// How often the kind is drawn where it applies, by profile. The bench's are tuned until
  /// LibTorch's time is 20 % construction, 40 % forward, 20 % backward, 20 % state.
  EnumArray<Profile, std::uint8_t> weights{};
  DrawNeeds needs{};
  /// Each is drawn as often as any other kind's, in the profiles in which this kind has a weight.
  std::span<const DrawMistake> mistakes{};

  [[nodiscard]] constexpr int weight(Profile profile) const { return weights[profile]; }
};

// One function for each kind of step, in harness/steps/: chooses the fields of a step, writes it,
// and notes in the draft what the step makes and changes.
void draw(Draft& draft, KindOf<Construct>);
void draw(Draft& draft, KindOf<MakeTensor>);
void draw(Draft& draft, KindOf<Train>);
void draw(Draft& draft, KindOf<SetTraining>);
void draw(Draft& draft, KindOf<SetMomentum>);
void draw(Draft& draft, KindOf<SetEps>);
void draw(Draft& draft, KindOf<SetTrackRunningStats>);
void draw(Draft& draft, KindOf<Fill>);
void draw(Draft& draft, KindOf<ResetRunningStats>);
void draw(Draft& draft, KindOf<CastTo>);
void draw(Draft& draft, KindOf<ZeroGrad>);
void draw(Draft& draft, KindOf<Forward>);
void draw(Draft& draft, KindOf<Backward>);
void draw(Draft& draft, KindOf<DeepCopy>);
void draw(Draft& draft, KindOf<LoadStateDict>);
void draw(Draft& draft, KindOf<JitTrace>);
void draw(Draft& draft, KindOf<JitScript>);
void draw(Draft& draft, KindOf<JitSaveLoad>);
void draw(Draft& draft, KindOf<OnnxExport>);

// The mistakes, each beside the kind of step that is refused.
void draw_wrong_input(Draft& draft);
void draw_single_value(Draft& draft);
void draw_wrong_eps(Draft& draft);
void draw_second_backward(Draft& draft);
void draw_unfitting_state_dict(Draft& draft);
void draw_impossible_opset(Draft& draft);
inline constexpr std::array<DrawMistake, 3> forward_mistakes = {draw_wrong_input, draw_single_value,
                                                                draw_wrong_eps};
inline constexpr std::array<DrawMistake, 1> backward_mistakes = {draw_second_backward};
inline constexpr std::array<DrawMistake, 1> load_mistakes = {draw_unfitting_state_dict};
inline constexpr std::array<DrawMistake, 1> export_mistakes = {draw_impossible_opset};

// clang-format off
//                                                                              modes numerics export bench
constexpr DrawInfo draw_info(KindOf<Construct>)            { return {{ 2,  2,  2, 12}, {.room_for_network = true, .room_for_tree = true}}; }
constexpr DrawInfo draw_info(KindOf<MakeTensor>)           { return {{ 2,  8,  2,  0}}; }
constexpr DrawInfo draw_info(KindOf<Train>)                { return {{18,  7, 12, 14}}; }
constexpr DrawInfo draw_info(KindOf<SetTraining>)          { return {{ 7,  1,  5,  2}}; }
constexpr DrawInfo draw_info(KindOf<SetMomentum>)          { return {{ 6,  2,  3,  2}}; }
constexpr DrawInfo draw_info(KindOf<SetEps>)               { return {{ 4,  2,  1,  2}}; }
constexpr DrawInfo draw_info(KindOf<SetTrackRunningStats>) { return {{ 6,  1,  2,  1}}; }
constexpr DrawInfo draw_info(KindOf<Fill>)                 { return {{ 9, 10,  5, 10}}; }
constexpr DrawInfo draw_info(KindOf<ResetRunningStats>)    { return {{ 4,  2,  2,  4}}; }
constexpr DrawInfo draw_info(KindOf<CastTo>)               { return {{ 1,  1,  0,  2}}; }
constexpr DrawInfo draw_info(KindOf<ZeroGrad>)             { return {{ 2,  3,  1,  6}}; }
constexpr DrawInfo draw_info(KindOf<Forward>)              { return {{44, 44, 38, 40}, {}, forward_mistakes}; }
constexpr DrawInfo draw_info(KindOf<Backward>)             { return {{14, 32,  3, 26}, {.result = true}, backward_mistakes}; }
constexpr DrawInfo draw_info(KindOf<DeepCopy>)             { return {{10,  2,  2,  3}, {.room_for_tree = true}}; }
constexpr DrawInfo draw_info(KindOf<LoadStateDict>)        { return {{16,  2,  2,  3}, {.copy = true}, load_mistakes}; }
constexpr DrawInfo draw_info(KindOf<JitTrace>)             { return {{ 0,  0, 12,  0}, {.room_for_tree = true}}; }
constexpr DrawInfo draw_info(KindOf<JitScript>)            { return {{ 0,  0,  9,  0}, {.room_for_tree = true}}; }
constexpr DrawInfo draw_info(KindOf<JitSaveLoad>)          { return {{ 0,  0,  7,  0}, {.room_for_tree = true, .script = true}}; }
constexpr DrawInfo draw_info(KindOf<OnnxExport>)           { return {{ 0,  0, 18,  0}, {.room_for_tree = true}, export_mistakes}; }
// clang-format on

}  // namespace normdiff
