#include "harness/trace/recorder.hpp"

#include <algorithm>
#include <cmath>

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

/// Calls visit(source, n, stride) for each innermost run, in row-major order, until it says no.
template <class Visit>
bool each_run(const ObservedTensor& from, int dim, const std::byte* source, Visit& visit) {
  const auto size = static_cast<std::ptrdiff_t>(reference::size_of(from.dtype));
  if (dim == from.shape.rank()) return visit(source, 1, 0);
  const std::ptrdiff_t stride = from.strides[dim] * size;
  if (dim + 1 == from.shape.rank()) return visit(source, from.shape[dim], stride);
  for (std::int64_t i = 0; i < from.shape[dim]; ++i)
    if (!each_run(from, dim + 1, source + i * stride, visit)) return false;
  return true;
}

template <std::size_t size>
void copy_elements(const ObservedTensor& from, std::byte* out) {
  auto visit = [&out](const std::byte* source, std::int64_t n, std::ptrdiff_t stride) {
    for (std::int64_t i = 0; i < n; ++i, out += size, source += stride)
      std::memcpy(out, source, size);
    return true;
  };
  each_run(from, 0, from.data, visit);
}
void copy_dense(const ObservedTensor& from, std::byte* out) {
  if (from.bytes() == 0) return;  // its memory may be null
  reference::visit_dtype(
      from.dtype, [&]<class T>(std::type_identity<T>) { copy_elements<sizeof(T)>(from, out); });
}

template <std::size_t size>
bool same_elements(const ObservedTensor& a, const std::byte* dense) {
  auto visit = [&dense](const std::byte* source, std::int64_t n, std::ptrdiff_t stride) {
    for (std::int64_t i = 0; i < n; ++i, dense += size, source += stride)
      if (std::memcmp(dense, source, size) != 0) return false;
    return true;
  };
  return each_run(a, 0, a.data, visit);
}
/// The tensor `now`, of any strides, has the bits of the dense copy that was taken before.
bool same_bits(const ObservedTensor& now, bool is_dense, const std::byte* before) {
  if (now.bytes() == 0) return true;  // its memory may be null
  if (is_dense) return std::memcmp(before, now.data, now.bytes()) == 0;
  return reference::visit_dtype(now.dtype, [&]<class T>(std::type_identity<T>) {
    return same_elements<sizeof(T)>(now, before);
  });
}

bool same_value(None, None) {
  return true;
}
bool same_value(bool a, bool b) {
  return a == b;
}
bool same_value(std::int64_t a, std::int64_t b) {
  return a == b;
}
bool same_value(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
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
  for (std::vector<std::uint32_t>& slots : slots_) slots.clear();
  forget_memory();
}

void Recorder::forget_memory() {
  memory_.clear();
  if (!more_memory_.empty()) more_memory_.clear();
}

std::uint32_t& Recorder::last(Key key) {
  std::vector<std::uint32_t>& slots = slots_[key.name];
  const std::size_t index =
      std::size_t{key.place} * count_of<Slot> + static_cast<std::size_t>(key.slot);
  if (index >= slots.size()) slots.resize((std::size_t{key.place} + 1) * count_of<Slot>, nothing);
  return slots[index];
}

const Value* Recorder::seen(std::uint32_t last) const {
  return last == nothing ? nullptr : &trace_->observations[last].value;
}

void Recorder::write(Key key, std::uint32_t& last, const Value& value) {
  last = static_cast<std::uint32_t>(trace_->observations.size());
  trace_->observations.push_back({key, value});
}

template <class T>
void Recorder::show(Key key, const T& value) {
  std::uint32_t& slot = last(key);
  if (const Value* before = seen(slot)) {
    const T* same_kind = std::get_if<T>(before);
    if (same_kind && same_value(*same_kind, value)) return;
  }
  write(key, slot, value);
}

void Recorder::none(Key key) {
  show(key, None{});
}
void Recorder::replaced(NameId name, std::uint16_t place, const reference::Layer& layer) {
  const auto none_unless = [&](bool has_it, Slot slot) {
    const Key key{name, place, slot};
    if (!has_it && last(key) != nothing) none(key);
  };
  for (const Slot slot : {Slot::momentum, Slot::eps, Slot::track_running_stats})
    none_unless(is_norm(layer), slot);
  for (const TensorSlot slot : all_of<TensorSlot>) {
    const bool has_it = std::visit(
        [slot](const auto& x) { return std::ranges::find(x.slots, slot) != x.slots.end(); }, layer);
    none_unless(has_it, slot_of(slot));
    if (is_parameter(slot)) none_unless(has_it, gradient_slot_of(slot));
  }
}
void Recorder::flag(Key key, bool value) {
  show(key, value);
}
void Recorder::integer(Key key, std::int64_t value) {
  show(key, value);
}
void Recorder::number(Key key, double value) {
  show(key, value);
}

void Recorder::text(Key key, std::string_view value) {
  std::uint32_t& slot = last(key);
  const Value* before = seen(slot);
  if (!before || !same(*before, value)) write(key, slot, trace_->arena.copy(value));
}

std::uint64_t Recorder::storage_of(Key key, const void* memory, bool empty) {
  if (empty || memory == nullptr) return key.packed();
  constexpr std::size_t few = 64;
  for (const auto& [seen, first] : memory_)
    if (seen == memory) return first;
  if (memory_.size() == few) return more_memory_.emplace(memory, key.packed()).first->second;
  memory_.emplace_back(memory, key.packed());
  return key.packed();
}

void Recorder::tensor(Key key, const ObservedTensor& tensor) {
  ObservedTensor now = tensor;
  now.storage =
      tracks_storage(key.slot) ? storage_of(key, tensor.data, tensor.shape.numel() == 0) : 0;
  std::uint32_t& slot = last(key);
  const bool is_dense = dense(now.shape, now.strides);
  if (const auto* before = std::get_if<ObservedTensor>(seen(slot));
      before && same_facts(*before, now) &&
      (!now.known_dtype || same_bits(now, is_dense, before->data)))
    return;
  if (!now.known_dtype) {
    now.data = nullptr;
  } else {
    std::byte* copied = trace_->arena.allocate(now.bytes());
    if (!is_dense)
      copy_dense(now, copied);
    else if (now.bytes() > 0)
      std::memcpy(copied, now.data, now.bytes());
    now.data = copied;
  }
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
  forget_memory();
}

}  // namespace normdiff
