#pragma once

#include <variant>
#include <vector>

#include "harness/subjects/textbook/leaves.hpp"

// The exporter turns a tree into a graph that runs by itself, as torch.onnx.export does.
namespace normdiff::textbook {

/// The facts that a file says of one BatchNormalization node.
struct NormNode {
  std::int64_t training_mode = 0;
  std::int64_t outputs = 1;
  double epsilon = 0;
  double momentum = 0;
};

/// An exported graph.
struct Artefact {
  Shape shape;  ///< of the one input that it takes
  DType dtype = DType::float32;
  std::vector<ModulePtr> nodes;  ///< in the order they run; none shares anything with the model
  std::vector<NormNode> norms;   ///< of the nodes that are batch norms

  /// Running it changes nothing that anybody sees.
  [[nodiscard]] std::variant<Tensor, Refusal> run(const Tensor& input) const;
};

/// The model is left as it was, unless the fault is another.
[[nodiscard]] std::variant<Artefact, Refusal> onnx_export(const ModulePtr& root,
                                                          const Tensor& input,
                                                          const OnnxExport& step,
                                                          const Manner& manner);

}  // namespace normdiff::textbook
