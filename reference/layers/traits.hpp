#pragma once

#include <cstdint>

namespace normdiff::reference {

/// The part that finds that an input has a number of dimensions that is not taken.
enum class RankCheck : std::uint8_t {
  operation,  ///< the operation, which looks at dtypes too
  module,     ///< the module, before anything else; a traced graph is without that check
  /// The operation; the module decides before it whether the input has a batch, and a traced graph
  /// takes the one that it was traced with.
  operation_by_batch,
};

/// The questions about a layer that are asked by parts which know no layer by name.
struct LayerTraits {
  bool is_container = false;  ///< its forward is those of its children, in order
  /// The output is the input or a view of it where the memory allows: nothing is computed.
  bool is_view = false;
  bool needs_weight = false;  ///< has no formula without one
  bool has_mode = false;      ///< does something else in training than in eval; traces bake it in
  /// The first opset of ONNX whose node says that it trains; 0: it has no mode.
  int mode_opset = 0;
  /// An exporter may fold batch norms in eval that are right behind into its weight.
  bool takes_norms_in = false;
  RankCheck rank_check = RankCheck::operation;
};

/// How a fresh tensor is filled.
enum class Fill : std::uint8_t {
  zeros,
  ones,
  drawn,  ///< uniform within 1 / sqrt(fan in) of 0
};

/// The multiplications of one call and of its backward, for the limit on work; doubles, as they may
/// be beyond any integer.
struct Products {
  double forward = 0;
  double backward = 0;
};

}  // namespace normdiff::reference
