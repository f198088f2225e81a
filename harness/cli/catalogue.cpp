#include "harness/cli/catalogue.hpp"

namespace normdiff {

std::variant<Deviations, std::string> load_catalogue(const std::string& folder) {
  if (folder.empty()) return Deviations::built_in();
  auto loaded = Deviations::load(folder);
  if (const auto* error = std::get_if<DeviationError>(&loaded)) return error->message;
  return std::get<Deviations>(std::move(loaded));
}

}  // namespace normdiff
