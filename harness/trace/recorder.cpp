#include "harness/trace/recorder.hpp"

namespace normdiff {
namespace {

bool dense(const Shape& shape, const Shape& strides) {
  std::int64_t expected = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

void copy_dense(const ObservedTensor& from, int dim, const std::byte* source, std::byte*& out) {
  const std::size_t size = reference::size_of(from.dtype);
  if (dim == from.shape.rank()) {
    std::memcpy(out, source, size);
    out += size;
    return;
  }
  const std::ptrdiff_t stride = from.strides[dim] * static_cast<std::ptrdiff_t>(size);
  for (std::int64_t i = 0; i < from.shape[dim]; ++i)
    copy_dense(from, dim + 1, source + i * stride, out);
}

bool tracks_storage(Slot slot) {
  return (slot >= Slot::weight && slot <= Slot::bias_grad) || slot == Slot::grad;
}

bool same_facts(const ObservedTensor& a, const ObservedTensor& b) {
  return a.dtype == b.dtype && a.known_dtype == b.known_dtype && a.shape == b.shape &&
         a.strides == b.strides && a.requires_grad == b.requires_grad && a.is_leaf == b.is_leaf &&
         a.storage == b.storage;
}

}  // namespace

void Recorder::begin(Trace& trace, std::size_t names) {
  trace.clear();
  trace_ = &trace;
  first_ = 0;
  if (slots_.size() < names) slots_.resize(names);
  for (std::vector<Last>& slots : slots_) slots.clear();
  memory_.clear();
}

Recorder::Last& Recorder::last(Key key) {
  std::vector<Last>& slots = slots_[key.name];
  const std::size_t index =
      std::size_t{key.place} * slot_count + static_cast<std::size_t>(key.slot);
  if (index >= slots.size()) slots.resize((std::size_t{key.place} + 1) * slot_count);
  return slots[index];
}

void Recorder::write(Key key, Last& slot, Value value) {
  slot.value = value;
  slot.shown = true;
  trace_->observations.push_back({key, value});
}

void Recorder::show(Key key, Value value) {
  Last& slot = last(key);
  if (!slot.shown || !same(slot.value, value)) write(key, slot, value);
}

void Recorder::text(Key key, std::string_view value) {
  Last& slot = last(key);
  if (!slot.shown || !same(slot.value, Value{value})) write(key, slot, trace_->arena.copy(value));
}

std::uint64_t Recorder::storage_of(Key key, const void* memory, bool empty) {
  if (empty || memory == nullptr) return key.packed();
  for (const auto& [seen, first] : memory_)
    if (seen == memory) return first;
  memory_.emplace_back(memory, key.packed());
  return key.packed();
}

void Recorder::tensor(Key key, const ObservedTensor& tensor) {
  ObservedTensor now = tensor;
  now.storage =
      tracks_storage(key.slot) ? storage_of(key, tensor.data, tensor.shape.numel() == 0) : 0;
  Last& slot = last(key);
  const bool is_dense = dense(now.shape, now.strides);
  std::byte* copied = nullptr;
  if (const auto* before = std::get_if<ObservedTensor>(&slot.value);
      slot.shown && before && same_facts(*before, now)) {
    if (!now.known_dtype) return;
    if (is_dense) {
      if (now.bytes() == 0 || std::memcmp(before->data, now.data, now.bytes()) == 0) return;
    } else {
      copied = trace_->arena.allocate(now.bytes());
      std::byte* out = copied;
      copy_dense(now, 0, tensor.data, out);
      if (std::memcmp(before->data, copied, now.bytes()) == 0) return;
    }
  }
  if (!now.known_dtype) {
    now.data = nullptr;
  } else if (copied == nullptr) {
    copied = trace_->arena.allocate(now.bytes());
    std::byte* out = copied;
    if (is_dense) {
      if (now.bytes() > 0) std::memcpy(copied, tensor.data, now.bytes());
    } else {
      copy_dense(now, 0, tensor.data, out);
    }
  }
  if (now.known_dtype) now.data = copied;
  write(key, slot, now);
}

void Recorder::end_step(Outcome outcome, std::string_view error_class, std::string_view text) {
  StepRecord record;
  record.outcome = outcome;
  record.error_class = trace_->arena.copy(error_class);
  record.text = trace_->arena.copy(text);
  record.first = first_;
  record.last = static_cast<std::uint32_t>(trace_->observations.size());
  first_ = record.last;
  trace_->steps.push_back(record);
  memory_.clear();
}

}  // namespace normdiff
