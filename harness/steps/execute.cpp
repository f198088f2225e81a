#include "harness/model/execute.hpp"

namespace normdiff {

Execution execute(Context& context, const Step& step) {
  return std::visit([&context](const auto& s) { return execute(context, s); }, step);
}

}  // namespace normdiff
