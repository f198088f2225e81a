#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "reference/tensor/dtype.hpp"
#include "reference/tensor/shape.hpp"

namespace normdiff::reference {

/// How the elements of an activation lie in memory. Which algorithm LibTorch takes, and so how
/// accurate it is, depends on it; the exact result never does.
enum class Layout : std::uint8_t { contiguous, channels_last, strided };
template <>
inline constexpr Names<Layout> names_of<Layout> = {"contiguous", "channels_last", "strided"};

/// The input of an operation: dense row-major elements that somebody else owns, and, where they are
/// known only to within something, by how much each may be off.
struct Values {
  const void* data = nullptr;
  DType dtype = DType::float32;  ///< float32 or float64: how `data` is stored
  Shape shape;
  const double* error = nullptr;  ///< one for each element, >= 0; null: the elements are exact

  [[nodiscard]] double at(std::int64_t i) const { return element(data, dtype, i); }
};

/// Memory that tensors share: a script module and its original hold the same storage. Zeros at
/// first. Small ones, which is most, take no memory of their own.
class Storage {
 public:
  explicit Storage(std::size_t size)
      : large_(size > sizeof small_ ? new std::byte[size]() : nullptr), size_(size) {}

  [[nodiscard]] const std::byte* data() const { return large_ ? large_.get() : small_; }
  /// To write: counts as a change.
  [[nodiscard]] std::byte* data() {
    version_ = next_version();
    return large_ ? large_.get() : small_;
  }
  [[nodiscard]] std::size_t size() const { return size_; }  ///< bytes
  /// Another one whenever somebody is given the bytes to write; no two storages of a thread ever
  /// have the same, so that memory that is used again is not taken for what was there before.
  [[nodiscard]] std::uint64_t version() const { return version_; }

 private:
  [[nodiscard]] static std::uint64_t next_version() {
    thread_local std::uint64_t last = 0;
    return ++last;
  }

  alignas(16) std::byte small_[64] = {};
  std::unique_ptr<std::byte[]> large_;  ///< where `small_` is too small
  std::size_t size_ = 0;
  std::uint64_t version_ = next_version();
};

/// A parameter or buffer: the bits of its dtype, dense and row-major, in storage it may share.
/// Copying a Tensor shares; `clone` does not.
class Tensor {
 public:
  Tensor() = default;
  Tensor(DType dtype, const Shape& shape);  ///< zeros

  [[nodiscard]] static Tensor full(DType dtype, const Shape& shape, double value);
  [[nodiscard]] Tensor clone() const;
  /// A new tensor, every element rounded once to nearest.
  [[nodiscard]] Tensor to(DType dtype) const;

  [[nodiscard]] DType dtype() const { return dtype_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] std::int64_t numel() const { return shape_.numel(); }
  [[nodiscard]] const Storage* storage() const { return storage_.get(); }
  [[nodiscard]] const void* data() const { return std::as_const(*storage_).data(); }
  /// To write: counts as a change.
  [[nodiscard]] void* data() { return storage_->data(); }
  [[nodiscard]] Values values() const { return {data(), dtype_, shape_, nullptr}; }

  /// Element i, in row-major order, as a double (an int64 beyond 2^53 is rounded).
  [[nodiscard]] double at(std::int64_t i) const;
  /// Rounds `value` once, to nearest, to the dtype.
  void set(std::int64_t i, double value);

 private:
  DType dtype_ = DType::float32;
  Shape shape_;
  std::shared_ptr<Storage> storage_;
};

}  // namespace normdiff::reference
