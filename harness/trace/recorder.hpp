#pragma once

#include <unordered_map>
#include <vector>

#include "harness/trace/trace.hpp"
#include "reference/layers/layer.hpp"

namespace normdiff {

/// Writes a trace for a subject in this process: the subject shows everything it has after every
/// step, and what is the same as after the step before is dropped. Nothing is trusted to count its
/// own changes: bits are compared with bits.
///
///     recorder.begin(trace, scenario.names.size());
///     for each step { run it; recorder.flag(...); recorder.tensor(...); recorder.end_step(...); }
class Recorder {
 public:
  /// Starts a trace (cleared) of a scenario with that many names.
  void begin(Trace& trace, std::size_t names);

  void none(Key key);
  /// Another module, of this layer, stands at a place from now on. Slots that were shown of the one
  /// before it and that this layer lacks become None.
  void replaced(NameId name, std::uint16_t place, const reference::Layer& layer);
  void flag(Key key, bool value);
  void integer(Key key, std::int64_t value);
  void number(Key key, double value);
  void text(Key key, std::string_view value);

  /// `tensor.data` may point to the subject's own memory in any dense-or-not layout given by
  /// `tensor.strides`: bits are copied, in row-major order, only where they changed.
  /// `tensor.storage` is set by the recorder for module and tensor slots: show tensors in order of
  /// definition, place and slot.
  void tensor(Key key, const ObservedTensor& tensor);

  /// Ends the step with its outcome. Texts are copied.
  void end_step(Outcome outcome, std::string_view error_class = {}, std::string_view text = {});

 private:
  /// The observation that a key was written to last, by its number in the trace.
  static constexpr std::uint32_t nothing = ~std::uint32_t{0};

  std::uint32_t& last(Key key);
  [[nodiscard]] const Value* seen(std::uint32_t last) const;
  template <class T>
  void show(Key key, const T& value);
  void write(Key key, std::uint32_t& last, const Value& value);
  void forget_memory();
  [[nodiscard]] std::uint64_t storage_of(Key key, const void* memory, bool empty);

  Trace* trace_ = nullptr;
  std::uint32_t first_ = 0;
  std::vector<std::vector<std::uint32_t>> slots_;  ///< by name, then place * count_of<Slot> + slot
  /// This step's memory, by who was shown to have it first: a few in order, the rest by address.
  std::vector<std::pair<const void*, std::uint64_t>> memory_;
  std::unordered_map<const void*, std::uint64_t> more_memory_;
};

}  // namespace normdiff
