#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/generate/generate.hpp"
#include "harness/scenario/scope.hpp"

// The generator's own, abstract view of a scenario being written: enough to draw steps that apply,
// and less than a Scope, which costs more than the draws.
namespace normdiff {

/// The inputs that a module takes: (N, channels, spatial...).
struct Signature {
  int rank = 2;
  int channels = 1;
  std::array<int, 3> spatial{1, 1, 1};  ///< the least sizes, or the only ones
  bool fixed = false;                   ///< the only ones
  bool single = false;                  ///< a batch of one still has two values for each channel
};

/// One place of a tree.
struct Part {
  std::uint16_t place = 0;
  std::uint16_t module = 0;  ///< BatchNorms of equal numbers in a group are one module
  bool batch_norm = false;
  bool weight = false;  ///< which tensors it has
  bool bias = false;
  bool running = false;
  double eps = 1e-5;
  Signature takes;  ///< of a BatchNorm
};

/// Names that share tensors, and whether these were changed in place.
struct Group {
  DType dtype = DType::float32;
  int version = 0;
};

struct Tree {
  NameId name = 0;
  NameKind kind = NameKind::module;
  int group = 0;
  int structure = 0;  ///< equal: their state dicts fit
  bool parameters = false;
  Signature takes;
  Shape only;  ///< of an artefact: the shape it was exported with
  std::vector<Part> parts;
};

struct MadeTensor {
  NameId name = 0;
  Shape shape;
  DType dtype = DType::float32;
  bool requires_grad = false;
};

struct MadeResult {
  NameId name = 0;
  int group = 0;
  int version = 0;
  bool backward = false;  ///< a backward from here is expected to work once
  bool freed = false;     ///< and was done
};

/// A place with what is known about the name it is in.
struct Target {
  int tree = 0;
  int part = 0;
};

/// Draws one scenario. Kept from one to the next for its memory.
class Generator {
 public:
  void run(Profile profile, std::uint64_t seed, std::uint64_t index, Scenario& out);

 private:
  using Emitter = void (Generator::*)();
  static const std::array<Emitter, step_kind_count> emitters;  ///< in the order of Step

  // generate.cpp: which step
  void draw_step();
  [[nodiscard]] bool applies(std::size_t kind) const;
  void emit_wrong();

  // generator_networks.cpp
  void network();
  void shared_network();
  ModuleExpression batch_norm(Signature takes, Part& part);
  void begin_chain();
  void add_layer(ModuleExpression module, Part part);
  void add_batch_norm();
  void add_convolution();
  void add_linear();
  void add_plain(reference::Layer layer);
  void layers();
  void assemble(NameId result, int group);

  // generator_steps.cpp
  void construct();
  void input();
  void train();
  void set_training();
  void set_momentum();
  void set_eps();
  void set_track_running_stats();
  void fill();
  void reset();
  void cast();
  void zero_grad();
  void forward();
  void forward(Target target, const MadeTensor& input, bool good);
  void backward();
  void deepcopy();
  void load_state_dict();
  void load_state_dict(bool fitting);
  void trace();
  void script();
  Tree& derived_tree(Target target, NameKind kind, NameId result);
  void save_load();
  void onnx_export();
  void onnx_export(bool good);
  void wrong_input();
  void single_value();
  void second_backward();
  void wrong_eps();

  // generator_data.cpp
  const MadeTensor& tensor_for(Target target);
  const MadeTensor& make_tensor(const Shape& shape, DType dtype, bool plain);
  [[nodiscard]] Shape shape_for(const Signature& takes);
  [[nodiscard]] bool fits(const Tree& tree, const Signature& takes, const MadeTensor& x) const;
  [[nodiscard]] Data input_data(std::int64_t elements);
  [[nodiscard]] Data slot_data(TensorSlot slot);
  [[nodiscard]] std::uint64_t seed_of(const Data& data);  ///< 0 where nothing is drawn

  // Choosing
  [[nodiscard]] int between(int least, int most) {
    return least + static_cast<int>(random_.below(static_cast<std::uint64_t>(most - least) + 1));
  }
  template <class T, std::size_t n>
  const T& one_of(const std::array<T, n>& list) {
    return list[random_.below(n)];
  }
  [[nodiscard]] int any_tree(NameKind kind);  ///< -1: none
  [[nodiscard]] Target any_batch_norm();
  [[nodiscard]] Target any_eager(double root_share);
  [[nodiscard]] const Signature& takes(Target target) const;
  [[nodiscard]] ModuleRef ref(Target target) const;
  [[nodiscard]] int count(NameKind kind) const;
  NameId name(std::string_view prefix, int& count);
  template <class S>
  void push(S step) {
    out_->statements.push_back(Statement{{}, Step(std::move(step))});
  }
  [[nodiscard]] bool is(Profile profile) const { return profile_ == profile; }

  Profile profile_ = Profile::modes;
  Random random_{0};
  Scenario* out_ = nullptr;
  std::size_t names_used_ = 0;
  std::vector<Tree> trees_;
  std::vector<MadeTensor> tensors_;
  std::vector<MadeResult> results_;
  std::vector<Group> groups_;
  std::vector<int> chosen_;  ///< scratch
  int structures_ = 0;
  int nets_ = 0, copies_ = 0, inputs_ = 0, outputs_ = 0, scripts_ = 0, artefacts_ = 0, norms_ = 0;

  // The chain of layers being built, and the shape that flows through it.
  struct Layer {
    std::string name;
    ModuleExpression module;
    Part part;
  };
  std::vector<Layer> chain_;
  Signature first_;
  Signature flow_;
};

}  // namespace normdiff
