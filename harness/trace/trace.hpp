#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/language/scenario.hpp"
#include "harness/text/enums.hpp"

namespace normdiff {

/// The things that are observed of something.
enum class Slot : std::uint8_t {
  // of a module, at each place of its tree
  identity,  ///< int: key of the first place (names in order of definition) that is the same object
  training,  ///< bool
  momentum,  ///< double or none
  eps,       ///< double
  track_running_stats,  ///< bool
  weight,               ///< tensor or none, as the next six
  bias,
  running_mean,
  running_var,
  num_batches_tracked,
  weight_grad,
  bias_grad,
  // of a tensor
  value,  ///< tensor; of a result too
  grad,   ///< tensor or none
  // of a result; Key::place is the number of the leaf call in the forward, from 0
  leaf_output,       ///< tensor
  leaf_output_grad,  ///< tensor: the gradient that reached this leaf's output in a backward
  // of an exported artefact; Key::place is the number of the BatchNormalization node in its graph
  onnx_batch_norms,    ///< int: how many BatchNormalization nodes there are (place 0)
  onnx_training_mode,  ///< int
  onnx_outputs,        ///< int: how many outputs the node has
  onnx_epsilon,        ///< double
  onnx_momentum,       ///< double
};
template <>
inline constexpr Names<Slot> reference::names_of<Slot> = {"identity",
                                                          "training",
                                                          "momentum",
                                                          "eps",
                                                          "track_running_stats",
                                                          "weight",
                                                          "bias",
                                                          "running_mean",
                                                          "running_var",
                                                          "num_batches_tracked",
                                                          "weight_grad",
                                                          "bias_grad",
                                                          "value",
                                                          "grad",
                                                          "leaf_output",
                                                          "leaf_output_grad",
                                                          "onnx_batch_norms",
                                                          "onnx_training_mode",
                                                          "onnx_outputs",
                                                          "onnx_epsilon",
                                                          "onnx_momentum"};

/// Slot::weight .. Slot::num_batches_tracked for a TensorSlot.
[[nodiscard]] constexpr Slot slot_of(TensorSlot slot) {
  return static_cast<Slot>(static_cast<int>(Slot::weight) + static_cast<int>(slot));
}
/// Slot::weight_grad or Slot::bias_grad for a parameter.
[[nodiscard]] constexpr Slot gradient_slot_of(TensorSlot parameter) {
  return static_cast<Slot>(static_cast<int>(Slot::weight_grad) + static_cast<int>(parameter));
}

/// Where something was observed: a name, a place in its tree (or a number, see Slot), and what.
struct Key {
  NameId name = 0;
  std::uint16_t place = 0;
  Slot slot = Slot::value;

  [[nodiscard]] constexpr std::uint64_t packed() const {
    return (std::uint64_t{name} << 24) | (std::uint64_t{place} << 8) |
           static_cast<std::uint64_t>(slot);
  }
  /// The key that `packed` is the packed() of. A number from elsewhere may be none's: then packed()
  /// of the key is another number, or its slot is not an enumerator.
  [[nodiscard]] static constexpr Key unpack(std::uint64_t packed) {
    return {static_cast<NameId>(packed >> 24), static_cast<std::uint16_t>(packed >> 8),
            static_cast<Slot>(packed)};
  }
  friend bool operator==(Key a, Key b) { return a.packed() == b.packed(); }
  friend bool operator<(Key a, Key b) { return a.packed() < b.packed(); }
};

/// Dtypes a subject may show: a reference DType, or something else, by name only.
struct ObservedTensor {
  DType dtype = DType::float32;
  bool known_dtype = true;  ///< false: a dtype outside the vocabulary; `data` is null
  Shape shape;
  Shape strides;  ///< in elements, as the subject had it in memory
  bool requires_grad = false;
  bool is_leaf = true;
  /// Key::packed() of the first tensor (names in order of definition, places, slots) that starts at
  /// the same memory; 0 for results and for tensors without elements.
  std::uint64_t storage = 0;
  const std::byte* data = nullptr;  ///< dense, row-major; lives as long as the trace

  [[nodiscard]] std::size_t bytes() const {
    return static_cast<std::size_t>(shape.numel()) * reference::size_of(dtype);
  }
  [[nodiscard]] reference::Values values() const { return {data, dtype, shape, nullptr}; }
};

/// The strides of a tensor whose rows lie one behind the other, elements `innermost` apart.
[[nodiscard]] Shape row_major_strides(const Shape& shape, std::int64_t innermost = 1);

struct None {
  friend bool operator==(None, None) { return true; }
};
/// std::string_view: for what has no other form; lives as long as the trace.
using Value = std::variant<None, bool, std::int64_t, double, std::string_view, ObservedTensor>;

/// The same, bit for bit (any NaN is any NaN); tensors: dtype, shape, flags, storage and bits.
/// Strides are evidence, never compared: no rule in the documentation says what they are.
[[nodiscard]] bool same(const Value& a, const Value& b);

struct Observation {
  Key key;
  Value value;
};

enum class Outcome : std::uint8_t {
  ok,
  error,
  unsupported,
  crashed,
  timed_out,
  out_of_memory,
  disturbed,  ///< its process was killed from outside, or kept from running: nothing it did
};
template <>
inline constexpr Names<Outcome> reference::names_of<Outcome> = {
    "ok", "error", "unsupported", "crashed", "timed_out", "out_of_memory", "disturbed"};

/// The record of one step.
struct StepRecord {
  Outcome outcome = Outcome::ok;
  std::string_view error_class;  ///< "c10::Error", "ValueError"; of an error
  std::string_view text;         ///< the error's text, or why it is unsupported
  std::uint32_t first = 0;       ///< its observations: Trace::observations[first, last)
  std::uint32_t last = 0;
};

/// Memory for observed bits: grows in blocks, addresses stay, `clear` keeps the blocks.
class Arena {
 public:
  [[nodiscard]] std::byte* allocate(std::size_t bytes);  ///< 16-byte aligned
  [[nodiscard]] std::string_view copy(std::string_view text);
  void clear();

 private:
  struct Block {
    std::unique_ptr<std::byte[]> memory;
    std::size_t size = 0;
  };
  std::vector<Block> blocks_;
  std::size_t block_ = 0;  ///< the one in use
  std::size_t used_ = 0;   ///< of it
};

/// The record of what a subject did, step by step. After each step only what is new or changed is
/// there. A trace that ends early ends with a step that crashed, timed out, ran out of memory or
/// was disturbed.
struct Trace {
  std::vector<StepRecord> steps;
  std::vector<Observation> observations;
  Arena arena;

  /// Its last step was disturbed: it proves nothing.
  [[nodiscard]] bool is_disturbed() const {
    return !steps.empty() && steps.back().outcome == Outcome::disturbed;
  }

  void clear() {
    steps.clear();
    observations.clear();
    arena.clear();
  }
};

}  // namespace normdiff
