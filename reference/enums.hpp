#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

// Enumerations as indices and by name. Their enumerators count from 0 without a gap.
namespace normdiff::reference {

namespace detail {

/// The value is an enumerator. The compiler writes an enumerator by its name, and any other
/// value of the type as a cast: "(normdiff::reference::DType)3".
template <auto value>
consteval bool is_enumerator() {
  const std::string_view signature = __PRETTY_FUNCTION__;
  const char first = signature[signature.find_last_of(" :)") + 1];
  return first < '0' || first > '9';
}

template <class Enum, std::size_t known = 0>
consteval std::size_t count_enumerators() {
  if constexpr (is_enumerator<static_cast<Enum>(known)>())
    return count_enumerators<Enum, known + 1>();
  else
    return known;
}

}  // namespace detail

/// The number of enumerators of `Enum`. The compiler counts them: a new one needs no line here.
template <class Enum>
inline constexpr std::size_t count_of = detail::count_enumerators<Enum>();

/// One T for each enumerator. A list of values that is too short or too long does not compile.
template <class Enum, class T>
class EnumArray {
  static_assert(count_of<Enum> > 0, "the enumerators count from 0");
  using Array = std::array<T, count_of<Enum>>;

 public:
  using value_type = T;
  using iterator = typename Array::iterator;
  using const_iterator = typename Array::const_iterator;

  constexpr EnumArray() = default;
  template <class... Values>
    requires(sizeof...(Values) > 0 && (std::convertible_to<Values, T> && ...) &&
             !(std::same_as<std::remove_cvref_t<Values>, EnumArray> || ...))
  constexpr EnumArray(Values&&... values)
      : values_{static_cast<T>(std::forward<Values>(values))...} {
    static_assert(sizeof...(Values) == count_of<Enum>, "one value for each enumerator, in order");
  }

  [[nodiscard]] constexpr T& operator[](Enum at) { return values_[static_cast<std::size_t>(at)]; }
  [[nodiscard]] constexpr const T& operator[](Enum at) const {
    return values_[static_cast<std::size_t>(at)];
  }
  [[nodiscard]] static constexpr std::size_t size() { return count_of<Enum>; }
  [[nodiscard]] constexpr iterator begin() { return values_.begin(); }
  [[nodiscard]] constexpr iterator end() { return values_.end(); }
  [[nodiscard]] constexpr const_iterator begin() const { return values_.begin(); }
  [[nodiscard]] constexpr const_iterator end() const { return values_.end(); }

  friend constexpr bool operator==(const EnumArray&, const EnumArray&) = default;

 private:
  Array values_{};
};

/// Every enumerator, in order: `for (const DType dtype : all_of<DType>)`.
template <class Enum>
inline constexpr EnumArray<Enum, Enum> all_of = [] {
  EnumArray<Enum, Enum> all;
  std::size_t next = 0;
  for (Enum& value : all) value = static_cast<Enum>(next++);
  return all;
}();

/// A name for each enumerator. An enumeration gets its names beside its definition:
///   template <>
///   inline constexpr Names<DType> names_of<DType> = {"float32", "float64", "int64"};
/// and has `to_string` and `named` by that.
template <class Enum>
using Names = EnumArray<Enum, std::string_view>;
template <class Enum>
inline constexpr std::nullptr_t names_of = nullptr;

template <class Enum>
concept Named = std::is_enum_v<Enum> && std::same_as<decltype(names_of<Enum>), const Names<Enum>>;

template <Named Enum>
[[nodiscard]] constexpr std::string_view to_string(Enum value) {
  return names_of<Enum>[value];
}

/// The enumerator that `name` is the name of.
template <Named Enum>
[[nodiscard]] constexpr std::optional<Enum> named(std::string_view name) {
  for (const Enum value : all_of<Enum>)
    if (names_of<Enum>[value] == name) return value;
  return std::nullopt;
}

}  // namespace normdiff::reference
