#pragma once

#include "harness/language/step.hpp"
#include "harness/scenario/scope.hpp"

namespace normdiff {

template <>
struct StepType<OnnxExport> {
  static constexpr std::string_view name = "torch.onnx.export";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "torch.onnx.export"}}};

  template <class Io, class S>
  static void fields(Io& io, S& step) {
    io.result(step.result, NameKind::artefact);
    io.operand("module", step.module, Takes::eager);
    io.operand("input", step.input, Takes::tensor);
    io.keywords();
    io.required("training", step.training, Any{});
    io.required("dynamo", step.dynamo, Any{});
    io.required("opset_version", step.opset_version, Range{-1000, 1000});
    io.option("do_constant_folding", step.do_constant_folding, true, Any{});
  }
};

}  // namespace normdiff
