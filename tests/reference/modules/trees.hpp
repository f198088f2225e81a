#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reference/modules/forward.hpp"
#include "reference/modules/module.hpp"

namespace normdiff::reference::testing {

inline ModuleSpecPtr leaf(Layer layer) {
  return std::make_shared<const ModuleSpec>(ModuleSpec{std::move(layer), {}});
}
inline ModuleSpecPtr norm(const BatchNormOptions& options) {
  return leaf(BatchNorm<2>{options});
}
inline ModuleSpecPtr norm(std::int64_t channels = 1) {
  BatchNormOptions options;
  options.num_features = channels;
  return norm(options);
}
inline ModuleSpecPtr sequential(std::vector<ModuleSpec::Child> children) {
  ModuleSpec spec;
  spec.children = std::move(children);
  return std::make_shared<const ModuleSpec>(std::move(spec));
}
inline ModulePtr make(const ModuleSpecPtr& spec) {
  Made made;
  return construct(*spec, made);
}

/// Elements that live as long as this does.
template <class T = float>
struct Input {
  std::vector<T> elements;
  Shape shape;

  [[nodiscard]] Values values() const {
    return {elements.data(), sizeof(T) == 4 ? DType::float32 : DType::float64, shape, nullptr};
  }
  [[nodiscard]] Activation activation() const {
    return {values(), values().dtype, Layout::contiguous};
  }
};
template <class T>
Input(std::vector<T>, Shape) -> Input<T>;

inline ForwardOptions options() {
  ForwardOptions o;
  o.arithmetic = &any_implementation();
  return o;
}

inline std::vector<double> elements(const Values& v) {
  std::vector<double> list;
  for (std::int64_t i = 0; i < v.shape.numel(); ++i) list.push_back(v.at(i));
  return list;
}
inline std::vector<double> elements(const std::optional<Tensor>& t) {
  std::vector<double> list;
  for (std::int64_t i = 0; t && i < t->numel(); ++i) list.push_back(t->at(i));
  return list;
}
inline std::vector<ErrorKind> kinds(const std::vector<Refusal>& refusals) {
  std::vector<ErrorKind> list;
  for (const Refusal& refusal : refusals) list.push_back(refusal.kind);
  return list;
}

}  // namespace normdiff::reference::testing
