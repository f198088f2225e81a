#include "harness/trace/value_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace normdiff {

std::string print(const Value& value) {
  if (const auto* x = std::get_if<bool>(&value)) return *x ? "True" : "False";
  if (const auto* x = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *x);
  if (const auto* x = std::get_if<double>(&value)) return fmt::format("{}", *x);
  if (const auto* x = std::get_if<std::string_view>(&value)) return std::string(*x);
  if (const auto* t = std::get_if<ObservedTensor>(&value)) {
    if (!t->known_dtype) return "a tensor of a dtype outside the vocabulary";
    std::string text;
    const std::int64_t shown = std::min<std::int64_t>(t->shape.numel(), 4);
    for (std::int64_t i = 0; i < shown; ++i) {
      if (i > 0) text += ' ';
      text += reference::visit_dtype(t->dtype, [&]<class T>(std::type_identity<T>) {
        return fmt::format("{}", reinterpret_cast<const T*>(t->data)[i]);
      });
    }
    if (t->shape.rank() == 0) return text;
    return fmt::format("[{}{}]", text, t->shape.numel() > shown ? " ..." : "");
  }
  return "None";
}

}  // namespace normdiff
