#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/subject/subject.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff::test {

/// A scenario and what a subject was seen to do.
struct Ran {
  Scenario scenario;
  Trace trace;

  /// The last value shown in a slot up to `step`.
  template <class T>
  [[nodiscard]] std::optional<T> at(std::size_t step, std::string_view name, int place,
                                    Slot slot) const {
    const T* found = nullptr;
    for (std::uint32_t i = 0; i < trace.steps[step].last; ++i) {
      const auto& [key, value] = trace.observations[i];
      if (scenario.names[key.name] == name && key.place == place && key.slot == slot)
        found = std::get_if<T>(&value);
    }
    if (found == nullptr) return std::nullopt;
    return *found;
  }
  [[nodiscard]] std::vector<double> elements(std::size_t step, std::string_view name, int place,
                                             Slot slot) const {
    const auto tensor = at<ObservedTensor>(step, name, place, slot);
    std::vector<double> out;
    if (!tensor) return out;
    for (std::int64_t i = 0; i < tensor->shape.numel(); ++i) out.push_back(tensor->values().at(i));
    return out;
  }
};

inline Ran run(const Subject& subject, const std::string& text) {
  Ran ran;
  ran.scenario = testing::scenario(text);
  subject.run(ran.scenario, resolve(ran.scenario), ran.trace);
  return ran;
}

}  // namespace normdiff::test
