#include "harness/text/glob.hpp"

#include <cstddef>

namespace normdiff {

// Only the last star is ever tried again: one before it took the least it could.
bool glob_matches(std::string_view glob, std::string_view text) {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t g = 0;
  std::size_t star = none;
  std::size_t taken_up_to = 0;
  for (std::size_t t = 0; t < text.size();) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      taken_up_to = t;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g;
      ++t;
    } else if (star != none) {
      g = star + 1;
      t = ++taken_up_to;
    } else {
      return false;
    }
  }
  return glob.find_first_not_of('*', g) == none;
}

}  // namespace normdiff
