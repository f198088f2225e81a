#include "reference/modules/spec.hpp"

#include <array>
#include <unordered_map>

namespace normdiff::reference {
namespace {

constexpr std::array<std::string_view, module_kind_count> names = {
    "Sequential", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d",
    "Conv2d",     "Linear",      "ReLU",        "Flatten"};
static_assert(!names.back().empty(), "a kind of module has no name");

struct PlaceLister {
  std::vector<Place> list;
  std::unordered_map<const ModuleSpec*, int> first;

  void add(const ModuleSpec& module, int parent, std::string path) {
    const int number = static_cast<int>(list.size());
    const int same = first.emplace(&module, number).first->second;
    list.push_back({&module, parent, std::move(path), same, 0});
    for (const ModuleSpec::Child& child : module.children) {
      const std::string& prefix = list[static_cast<std::size_t>(number)].path;
      add(*child.module, number, prefix.empty() ? child.name : prefix + '.' + child.name);
    }
    list[static_cast<std::size_t>(number)].end = static_cast<int>(list.size());
  }
};

}  // namespace

std::string_view to_string(ModuleKind kind) {
  return names[static_cast<std::size_t>(kind)];
}

std::optional<ModuleKind> module_kind_from(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<ModuleKind>(i);
  return std::nullopt;
}

bool is_batch_norm(ModuleKind kind) {
  return kind == ModuleKind::BatchNorm1d || kind == ModuleKind::BatchNorm2d ||
         kind == ModuleKind::BatchNorm3d;
}

std::vector<Place> places(const ModuleSpec& root) {
  PlaceLister lister;
  lister.add(root, -1, "");
  return std::move(lister.list);
}

}  // namespace normdiff::reference
