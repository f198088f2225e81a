#include "harness/trace/trace.hpp"

#include <algorithm>
#include <cmath>

namespace normdiff {
namespace {

bool same_double(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::memcmp(&a, &b, sizeof a) == 0;
}

template <class T>
bool same_elements(const std::byte* a, const std::byte* b, std::int64_t n) {
  const T* x = reinterpret_cast<const T*>(a);
  const T* y = reinterpret_cast<const T*>(b);
  for (std::int64_t i = 0; i < n; ++i) {
    if (std::memcmp(x + i, y + i, sizeof(T)) == 0) continue;
    if (!(std::isnan(x[i]) && std::isnan(y[i]))) return false;
  }
  return true;
}

bool same_bits(const ObservedTensor& a, const ObservedTensor& b) {
  if (!a.known_dtype || a.bytes() == 0 || std::memcmp(a.data, b.data, a.bytes()) == 0) return true;
  return reference::visit_dtype(a.dtype, [&]<class T>(std::type_identity<T>) {
    return same_elements<T>(a.data, b.data, a.shape.numel());
  });
}

}  // namespace

bool same(const Value& a, const Value& b) {
  if (a.index() != b.index()) return false;
  if (const auto* x = std::get_if<double>(&a)) return same_double(*x, std::get<double>(b));
  if (const auto* x = std::get_if<bool>(&a)) return *x == std::get<bool>(b);
  if (const auto* x = std::get_if<std::int64_t>(&a)) return *x == std::get<std::int64_t>(b);
  if (const auto* x = std::get_if<std::string_view>(&a)) return *x == std::get<std::string_view>(b);
  if (const auto* x = std::get_if<ObservedTensor>(&a)) {
    const auto& y = std::get<ObservedTensor>(b);
    return x->dtype == y.dtype && x->known_dtype == y.known_dtype && x->shape == y.shape &&
           x->requires_grad == y.requires_grad && x->is_leaf == y.is_leaf &&
           x->storage == y.storage && same_bits(*x, y);
  }
  return true;
}

Shape row_major_strides(const Shape& shape, std::int64_t innermost) {
  Shape strides = shape;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    strides[i] = innermost;
    innermost *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}

std::byte* Arena::allocate(std::size_t bytes) {
  constexpr std::size_t block_size = std::size_t{1} << 18;
  bytes = (bytes + 15) / 16 * 16;
  while (block_ < blocks_.size() && used_ + bytes > blocks_[block_].size) {
    ++block_;
    used_ = 0;
  }
  if (block_ == blocks_.size()) {
    const std::size_t size = std::max(block_size, bytes);
    blocks_.push_back({std::unique_ptr<std::byte[]>(new std::byte[size]), size});
    used_ = 0;
  }
  std::byte* result = blocks_[block_].memory.get() + used_;
  used_ += bytes;
  return result;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  std::byte* memory = allocate(text.size());
  std::memcpy(memory, text.data(), text.size());
  return {reinterpret_cast<const char*>(memory), text.size()};
}

void Arena::clear() {
  // Memory that many tensors took is given back. A large block is kept where it is among the first.
  constexpr std::size_t keep = 8;
  if (blocks_.size() > keep) blocks_.resize(keep);
  block_ = 0;
  used_ = 0;
}

}  // namespace normdiff
