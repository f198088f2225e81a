#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "harness/scenario/scope.hpp"
#include "harness/trace/trace.hpp"
#include "reference/numeric/arithmetic.hpp"

namespace normdiff {

// A subject shows, after every step (harness/trace/recorder.hpp drops what did not change),
// for every live name in order of definition:
//   module, script   for each place: identity, training; for a batch norm of an eager module also
//                    momentum, eps, track_running_stats; every tensor slot that a module of this
//                    kind can have (None where it is absent), weight_grad and bias_grad where it
//                    can have a weight and bias (None or tensor)
//   tensor           value, grad
//   result           at the step that makes it: value, and where the subject can see them
//                    leaf_output of every leaf call but the last (that one is the value). A leaf is
//                    any module but a Sequential; calls are numbered from 0 in the order they
//                    happen, the calls of a refused forward too: what ran before the refusal is
//                    shown. At a backward step: leaf_output_grad of the same leaf calls
//   artefact         at the step that makes it: the onnx_... facts of each node
// A step whose operand was never made (its step was refused or unsupported) is `unsupported` with
// the text "needs NAME, which was not made". A refused or unsupported step makes no name live, and
// what a refused step changed is shown all the same.

/// Facts of a subject by name, in the order in which a bug report has them.
using Facts = std::vector<std::pair<std::string, std::string>>;

/// The identity of a subject: everything that a report or a deviation's range may ask.
struct Manifest {
  /// "libtorch", "python", "textbook", "textbook:biased-running-var", "python:/opt/bin/python"
  std::string subject;
  std::string family;          ///< "libtorch", "python", "textbook": what deviations name; any
                               ///< other is held to the documentation alone
  std::string version;         ///< normalised: "2.13.0", "1.13.1"; the textbook's is normdiff's own
  std::string path;            ///< the library, interpreter or program
  std::string cpu_capability;  ///< "DEFAULT", "AVX2", ...; empty: not known
  /// The bounds of its own forwards are those of these kernels. A port of an algorithm that is
  /// written down is stable.
  reference::Kernels kernels = reference::Kernels::stable;
  /// "torch" with its local version, "git", "python", the packages that an export needs, "threads",
  /// "system", "normdiff" with its commit, ...: as far as the subject can tell.
  Facts facts{};

  /// "libtorch@2.13.0"; of a subject that never said its version, the subject alone
  [[nodiscard]] std::string id() const;
};

/// An implementation under test. A value with two members: what it is, and how it runs a scenario.
struct Subject {
  Manifest manifest;
  /// Runs every step, from a reset, and records what was seen (`trace` is overwritten). Never
  /// throws for what the scenario does: that is an outcome. `scope` is resolve(scenario).
  std::function<void(const Scenario& scenario, const Scope& scope, Trace& trace)> run;
};

}  // namespace normdiff
