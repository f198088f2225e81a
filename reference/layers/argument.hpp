#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace normdiff::reference {

/// The integers that an argument takes.
struct SizeRange {
  std::int64_t least;
  std::int64_t most;
};
/// Sizes of layers. How large their product may be is another question: that of the tensor.
inline constexpr SizeRange layer_size{0, 1 << 16};
inline constexpr SizeRange positive_layer_size{1, layer_size.most};

/// How an argument is written where it is written as short as can be.
enum class Given : std::uint8_t {
  by_position,  ///< required, without its keyword
  by_keyword,   ///< required, with it
  if_not_default,
};

/// One argument of a layer, spelled as torch.nn spells it. Its default is its member's initialiser.
template <class Owner, class T>
struct Argument {
  std::string_view name;
  T Owner::*member;
  Given given;
  SizeRange range;  ///< of an integer
};

template <class Owner>
[[nodiscard]] constexpr Argument<Owner, std::int64_t> size_argument(std::string_view name,
                                                                    std::int64_t Owner::*member,
                                                                    Given given,
                                                                    SizeRange range = layer_size) {
  return {name, member, given, range};
}
/// An argument whose type says what it takes: a flag, or any number.
template <class Owner, class T>
[[nodiscard]] constexpr Argument<Owner, T> option(std::string_view name, T Owner::*member) {
  return {name, member, Given::if_not_default, {}};
}

/// Why a layer can't have an argument, beyond the range of each by itself.
struct ArgumentProblem {
  std::string_view argument;  ///< its name
  std::string sentence;       ///< with what to write instead
};

}  // namespace normdiff::reference
