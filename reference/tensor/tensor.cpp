#include "reference/tensor/tensor.hpp"

#include <cstring>

namespace normdiff::reference {

Tensor::Tensor(DType dtype, const Shape& shape)
    : dtype_(dtype),
      shape_(shape),
      storage_(
          std::make_shared<Storage>(static_cast<std::size_t>(shape.numel()) * size_of(dtype))) {}

Tensor Tensor::full(DType dtype, const Shape& shape, double value) {
  Tensor t(dtype, shape);
  for (std::int64_t i = 0, n = t.numel(); i < n; ++i) t.set(i, value);
  return t;
}

Tensor Tensor::clone() const {
  Tensor t = *this;
  t.storage_ = std::make_shared<Storage>(storage_->size());
  if (storage_->size() > 0) std::memcpy(t.data(), data(), storage_->size());
  return t;
}

Tensor Tensor::to(DType dtype) const {
  Tensor t(dtype, shape_);
  for (std::int64_t i = 0, n = numel(); i < n; ++i) t.set(i, at(i));
  return t;
}

double Tensor::at(std::int64_t i) const {
  return element(data(), dtype_, i);
}

void Tensor::set(std::int64_t i, double value) {
  visit_dtype(dtype_, [this, i, value]<class T>(std::type_identity<T>) {
    static_cast<T*>(data())[i] = static_cast<T>(value);
  });
}

}  // namespace normdiff::reference
