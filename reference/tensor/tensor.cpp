#include "reference/tensor/tensor.hpp"

#include <cstring>

namespace normdiff::reference {

std::string_view to_string(DType dtype) {
  switch (dtype) {
    case DType::float32:
      return "float32";
    case DType::float64:
      return "float64";
    case DType::int64:
      return "int64";
  }
  return "?";
}

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
  switch (dtype_) {
    case DType::float32:
      return static_cast<const float*>(data())[i];
    case DType::float64:
      return static_cast<const double*>(data())[i];
    case DType::int64:
      return static_cast<double>(static_cast<const std::int64_t*>(data())[i]);
  }
  return 0;
}

void Tensor::set(std::int64_t i, double value) {
  switch (dtype_) {
    case DType::float32:
      static_cast<float*>(data())[i] = static_cast<float>(value);
      break;
    case DType::float64:
      static_cast<double*>(data())[i] = value;
      break;
    case DType::int64:
      static_cast<std::int64_t*>(data())[i] = static_cast<std::int64_t>(value);
      break;
  }
}

}  // namespace normdiff::reference
