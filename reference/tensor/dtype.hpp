#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "reference/enums.hpp"

namespace normdiff::reference {

enum class DType : std::uint8_t { float32, float64, int64 };
/// As PyTorch spells them.
template <>
inline constexpr Names<DType> names_of<DType> = {"float32", "float64", "int64"};

/// The range and precision of a dtype.
struct DTypeFacts {
  std::size_t size;  ///< bytes of one element
  bool floating;
  double unit_roundoff;  ///< largest relative error of rounding to nearest
  double smallest_subnormal;
  double smallest_normal;
  double largest;
};
inline constexpr EnumArray<DType, DTypeFacts> dtypes = {
    DTypeFacts{4, true, 0x1p-24, 0x1p-149, 0x1p-126, 0x1.fffffep+127},
    DTypeFacts{8, true, 0x1p-53, 0x1p-1074, 0x1p-1022, 0x1.fffffffffffffp+1023},
    DTypeFacts{8, false, 0, 1, 1, 0x1p63},
};

[[nodiscard]] constexpr std::size_t size_of(DType dtype) {
  return dtypes[dtype].size;
}
[[nodiscard]] constexpr bool is_floating(DType dtype) {
  return dtypes[dtype].floating;
}
[[nodiscard]] constexpr double unit_roundoff(DType dtype) {
  return dtypes[dtype].unit_roundoff;
}

/// Calls visit(std::type_identity<T>{}), T the type of an element. A dtype that is added does not
/// compile until it has a type here, and then until every visitor takes that type.
template <class Visit>
constexpr decltype(auto) visit_dtype(DType dtype, Visit&& visit) {
  switch (dtype) {
    case DType::float32:
      return visit(std::type_identity<float>{});
    case DType::float64:
      return visit(std::type_identity<double>{});
    case DType::int64:
      return visit(std::type_identity<std::int64_t>{});
  }
  __builtin_unreachable();
}

/// The same, for what is computed in floating point only. An integer throws std::invalid_argument.
template <class Visit>
constexpr decltype(auto) visit_floating(DType dtype, Visit&& visit) {
  switch (dtype) {
    case DType::float32:
      return visit(std::type_identity<float>{});
    case DType::float64:
      return visit(std::type_identity<double>{});
    case DType::int64:
      break;
  }
  throw std::invalid_argument(std::string(to_string(dtype)) + " is not a floating-point dtype");
}

/// Element i of dense data, as a double (an int64 beyond 2^53 is rounded).
[[nodiscard]] inline double element(const void* data, DType dtype, std::int64_t i) {
  return visit_dtype(dtype, [data, i]<class T>(std::type_identity<T>) {
    return static_cast<double>(static_cast<const T*>(data)[i]);
  });
}

}  // namespace normdiff::reference
