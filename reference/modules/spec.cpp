#include "reference/modules/spec.hpp"

#include <unordered_map>

namespace normdiff::reference {
namespace {

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

std::vector<Place> places(const ModuleSpec& root) {
  PlaceLister lister;
  lister.add(root, -1, "");
  return std::move(lister.list);
}

}  // namespace normdiff::reference
