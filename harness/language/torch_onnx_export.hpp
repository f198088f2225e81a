#pragma once

#include "harness/language/step.hpp"

namespace normdiff {

// Each draws a step of this kind that both sides ought to refuse.
void draw_impossible_opset(Draft& draft);

/// m = torch.onnx.export(net, x, training=EVAL, dynamo=False, opset_version=17)
struct OnnxExport {
  NameId result = 0;
  ModuleRef module;
  NameId input = 0;
  ExportMode training = ExportMode::EVAL;
  bool dynamo = false;
  int opset_version = 17;
  bool do_constant_folding = true;

  static constexpr std::string_view name = "torch.onnx.export";
  static constexpr std::array<Spelling, 1> spellings = {{{Form::function, "torch.onnx.export"}}};
  static constexpr std::array<DrawMistake, 1> mistakes = {draw_impossible_opset};
  static constexpr DrawInfo drawing = {
      .weights = {0, 0, 18, 0, 8}, .needs = {.room_for_tree = true}, .mistakes = mistakes};
  static constexpr Effect effect = {
      .makes = NameKind::artefact, .copies_tree = true, .forwards = 2, .needs = Capability::onnx};
  static constexpr auto fields = std::tuple{
      field::Result{&OnnxExport::result},
      field::Operand{"module", &OnnxExport::module, Takes::eager},
      field::Operand{"input", &OnnxExport::input, Takes::tensor},
      field::KeywordsOnly{},
      field::Required{"training", &OnnxExport::training},
      field::Required{"dynamo", &OnnxExport::dynamo},
      field::Required{"opset_version", &OnnxExport::opset_version, IntegerRange{-1000, 1000}},
      field::Option{"do_constant_folding", &OnnxExport::do_constant_folding, true}};
};

void draw(Draft& draft, KindOf<OnnxExport>);
Execution execute(Context& context, const OnnxExport& step);

}  // namespace normdiff
