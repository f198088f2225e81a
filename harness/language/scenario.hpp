#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/language/data.hpp"
#include "harness/text/enums.hpp"
#include "reference/modules/spec.hpp"
#include "reference/tensor/slot.hpp"

namespace normdiff {

using reference::DType;
using reference::Layout;
using reference::ModuleKind;
using reference::ModuleSpec;
using reference::ModuleSpecPtr;
using reference::Shape;
using reference::TensorSlot;

/// The kind that stands for none, where an observation belongs to no leaf.
inline constexpr ModuleKind no_leaf = reference::kind_of<reference::Sequential>;

/// A name of a scenario, by its number in Scenario::names.
using NameId = std::uint16_t;

/// A module, by the name it lives under and its place in that name's tree (reference::Place;
/// 0 is the root). `net` is {net, 0}.
struct ModuleRef {
  NameId name = 0;
  std::uint16_t place = 0;
  friend bool operator==(ModuleRef a, ModuleRef b) {
    return a.name == b.name && a.place == b.place;
  }
};

// --- The steps. One struct each, its fields typed; harness/scenario/steps/ says how each is
// spelled. The spelling is in the comment. -------------------------------------------------------

/// A module as it is written: options, and children that are written in place or named.
struct ModuleExpression {
  struct Child;
  /// Sequential(a=..., b=...) or Sequential(..., ...). It comes first: a problem is about a field by
  /// its address, and that of a layer's first argument must not be the module's own.
  bool named_children = false;
  reference::Layer layer;
  std::vector<Child> children;
};
struct ModuleExpression::Child {
  std::string name;                               ///< "0", "1", ... where not named
  std::variant<ModuleExpression, NameId> module;  ///< a NameId: the module of that name, shared
};

struct Construct {  ///< net = Sequential(conv=Conv2d(3, 2, kernel_size=3), bn=BatchNorm2d(2))
  NameId result;
  ModuleExpression module;
};
struct MakeTensor {  ///< x = tensor(1, 3, 5, 5, normal(0, 1), seed=2)
  NameId result;
  Shape shape;
  Data data;
  std::uint64_t seed = 0;
  DType dtype = DType::float32;  ///< float32 or float64
  Layout memory_format = Layout::contiguous;
  bool requires_grad = false;
};
struct Train {  ///< net.train()   net.bn.eval()
  ModuleRef module;
  bool mode = true;
};
struct SetTraining {  ///< net.bn.training = True      the attribute alone
  ModuleRef module;
  bool value = true;
};
struct SetMomentum {  ///< net.bn.momentum = None
  ModuleRef module;
  std::optional<double> value;
};
struct SetEps {  ///< net.bn.eps = 0.001
  ModuleRef module;
  double value = 1e-5;
};
struct SetTrackRunningStats {  ///< net.bn.track_running_stats = False
  ModuleRef module;
  bool value = true;
};
struct Fill {  ///< fill(net.bn.running_var, uniform(0.5, 2), seed=3)
  ModuleRef module;
  TensorSlot slot = TensorSlot::weight;
  Data data;
  std::uint64_t seed = 0;
};
struct ResetRunningStats {  ///< net.bn.reset_running_stats()
  ModuleRef module;
};
struct CastTo {  ///< net.to(float64)
  ModuleRef module;
  DType dtype = DType::float64;
};
struct ZeroGrad {  ///< net.zero_grad()       every .grad None
  ModuleRef module;
};
struct Forward {  ///< y = net(x)   y = no_grad(net, x)   w = m(x) runs an exported artefact
  NameId result;
  ModuleRef module;
  NameId input;  ///< of a tensor step
  bool grad = true;
};
struct Backward {  ///< backward(y, normal(0, 1), seed=4, retain_graph=True)
  NameId output;   ///< of a forward step
  Data gradient;
  std::uint64_t seed = 0;
  bool retain_graph = false;
};
struct DeepCopy {  ///< b = copy.deepcopy(net)
  NameId result;
  ModuleRef module;
};
struct LoadStateDict {  ///< b.load_state_dict(net.state_dict())
  ModuleRef target;
  ModuleRef source;
};
struct JitTrace {  ///< s = torch.jit.trace(net, x, check_trace=False)
  NameId result;
  ModuleRef module;
  NameId input;
  bool check_trace = true;
};
struct JitScript {  ///< s = torch.jit.script(net)
  NameId result;
  ModuleRef module;
};
struct JitSaveLoad {  ///< s2 = torch.jit.save_load(s)      through a real file
  NameId result;
  NameId script;
};
enum class ExportMode : std::uint8_t { EVAL, PRESERVE, TRAINING };
template <>
inline constexpr Names<ExportMode> reference::names_of<ExportMode> = {"EVAL", "PRESERVE",
                                                                      "TRAINING"};
struct OnnxExport {  ///< m = torch.onnx.export(net, x, training=EVAL, dynamo=False,
                     ///< opset_version=17)
  NameId result;
  ModuleRef module;
  NameId input;
  ExportMode training = ExportMode::EVAL;  ///< required
  bool dynamo = false;                     ///< required
  int opset_version = 17;                  ///< required
  bool do_constant_folding = true;
};

using Step =
    std::variant<Construct, MakeTensor, Train, SetTraining, SetMomentum, SetEps,
                 SetTrackRunningStats, Fill, ResetRunningStats, CastTo, ZeroGrad, Forward, Backward,
                 DeepCopy, LoadStateDict, JitTrace, JitScript, JitSaveLoad, OnnxExport>;
inline constexpr int step_kind_count = static_cast<int>(std::variant_size_v<Step>);

/// "construct", "forward", "torch.onnx.export": what reports, deviations and the support table
/// call a kind of step. `kind` is Step::index().
[[nodiscard]] std::string_view step_kind_name(std::size_t kind);
[[nodiscard]] std::optional<std::size_t> step_kind_from(std::string_view name);

struct Statement {
  std::vector<std::string> comments;  ///< full-line comments above it, without "# "
  Step step;
};

/// A short script about modules: data, parsed and never evaluated. `parse` and `print` (text.hpp)
/// give and take its one text form.
struct Scenario {
  std::vector<std::string> title;  ///< comments above the first statement
  std::vector<std::string> names;  ///< by NameId
  std::vector<Statement> statements;
  /// Keys the initial values of convolution and linear layers (scope.hpp); the generator's, 0 by
  /// hand. Written as `# seed 7` in the line below the format line where not 0.
  std::uint64_t seed = 0;

  [[nodiscard]] NameId intern(std::string_view name);  ///< finds or adds
};

}  // namespace normdiff
