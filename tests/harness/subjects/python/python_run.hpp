#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/subject/subject.hpp"
#include "tests/harness/scenario/samples.hpp"

namespace normdiff::test {

/// A scenario and what a subject was seen to do.
struct RunOfSubject {
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
  /// The last value shown in a slot up to `step` is a T.
  template <class T>
  [[nodiscard]] bool shows(std::size_t step, std::string_view name, int place, Slot slot) const {
    bool found = false;
    for (std::uint32_t i = 0; i < trace.steps[step].last; ++i) {
      const auto& [key, value] = trace.observations[i];
      if (scenario.names[key.name] == name && key.place == place && key.slot == slot)
        found = std::holds_alternative<T>(value);
    }
    return found;
  }
  /// A module's identity is shown as this, the key of the first place where it stands. -1: there is
  /// no such name.
  [[nodiscard]] std::int64_t key(std::string_view name, int place) const {
    for (std::size_t i = 0; i < scenario.names.size(); ++i)
      if (scenario.names[i] == name)
        return static_cast<std::int64_t>(
            Key{static_cast<NameId>(i), static_cast<std::uint16_t>(place), Slot::identity}
                .packed());
    return -1;
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

inline RunOfSubject run(const Subject& subject, const std::string& text) {
  RunOfSubject ran;
  ran.scenario = testing::scenario(text);
  subject.run(ran.scenario, resolve(ran.scenario), ran.trace);
  return ran;
}

}  // namespace normdiff::test
