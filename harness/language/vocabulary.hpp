#pragma once

#include <functional>
#include <set>
#include <string>

namespace normdiff {

/// The words of the language by what they stand for, read from the data of steps, layers and values
/// that the parser goes by.
struct Vocabulary {
  using Words = std::set<std::string, std::less<>>;
  Words functions;   ///< "tensor", "torch.jit.trace", "BatchNorm2d", "normal"
  Words methods;     ///< "train"
  Words attributes;  ///< "eps", set or seen
  Words keywords;    ///< of the arguments of steps: "seed"
  Words options;     ///< of the arguments of layers: "kernel_size"
  Words values;      ///< "float32", "EVAL"
  Words slots;       ///< "running_mean"
};
[[nodiscard]] const Vocabulary& vocabulary();

}  // namespace normdiff
