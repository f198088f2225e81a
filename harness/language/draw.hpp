#pragma once

#include <cstdint>
#include <span>

#include "harness/language/profile.hpp"

// How a kind of step is drawn: how often, where, and wrong in which ways. The data stand in the
// header of each step, and beside them is declared
//   void draw(Draft& draft, KindOf<S>);
// which chooses the fields of a step, writes it, and notes in the draft what the step makes and
// changes; harness/steps/ defines it.
namespace normdiff {

class Draft;

/// Chooses an overload by a kind of step.
template <class S>
struct KindOf {};

/// A draft must hold these before a kind of step can be drawn. Every draft holds a module.
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

}  // namespace normdiff
