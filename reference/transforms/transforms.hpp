#pragma once

#include <optional>
#include <vector>

#include "reference/enums.hpp"
#include "reference/modules/forward.hpp"
#include "reference/modules/module.hpp"

// The results of trace, script, save/load and export, and what they must leave behind. Standing: a
// script module "shares parameters and buffers with the original" is documented (torch.jit.script,
// torch.jit.trace); that an export leaves the model as it was is derived (it is documented as
// producing a file).

namespace normdiff::reference {

/// A script module of the same tree: flags and options copied, tensors shared, from then on on its
/// own. The original is not touched.
[[nodiscard]] ModulePtr script(const Module& root);

/// As script, with the mode of every module baked in. The caller runs the one forward that tracing
/// leaves on the original *before* this; a factor of momentum None is baked from its counter, and
/// `ranks` (ForwardPass::ranks()) says what each leaf got: without them a convolution takes both.
[[nodiscard]] ModulePtr trace(const Module& root, const std::vector<int>& ranks = {});

/// Through a file: flags, values and baked modes kept, nothing shared with the original.
[[nodiscard]] ModulePtr save_load(const Module& scripted);

enum class ExportMode : std::uint8_t { eval, preserve, training };

/// One call of a norm that may be a BatchNormalization of an exported graph.
struct ExportedBatchNorm {
  const Module* module = nullptr;
  bool training = false;  ///< normalises with the batch's statistics
  double eps = 0;
  std::optional<double> momentum;  ///< PyTorch's; ONNX writes 1 - momentum. None: irrelevant
  /// The layer whose weight a batch norm in eval may become part of: the one before it, past layers
  /// that do nothing and others that may. Null: there is none.
  const Module* folds_into = nullptr;
  /// An instance norm: an exporter has other nodes for it, too.
  bool is_instance_norm = false;
};

/// An artefact: the model as it was at the export, in the mode asked for.
struct Exported {
  /// A copy: traced_training says how each module behaves, and its flag what its own mode was.
  ModulePtr model;
  std::vector<ExportedBatchNorm> batch_norms;  ///< in the order they are called
  int mode_opset = 0;  ///< the first opset that says of every node that trains that it does
};

/// The artefact that an export must write. The model is not touched.
[[nodiscard]] Exported onnx_export(const Module& root, ExportMode mode);

}  // namespace normdiff::reference
