#include "harness/model/lost_norms.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

namespace normdiff {

using reference::Module;

namespace {

/// The calls of a model's layers, in order.
std::vector<Module*> calls_of(Module& model) {
  std::vector<Module*> calls = reference::places(model);
  std::erase_if(calls, [](const Module* module) { return is_container(module->layer); });
  return calls;
}

/// The calls of a model, without some, one behind the other.
Module without(Module& model, const std::vector<std::size_t>& left_out) {
  Module rest;
  const std::vector<Module*> calls = calls_of(model);
  for (std::size_t call = 0; call < calls.size(); ++call) {
    if (std::find(left_out.begin(), left_out.end(), call) != left_out.end()) continue;
    rest.children.emplace_back("", std::make_shared<Module>(*calls[call]));
    rest.traced_calls.push_back(model.traced_calls[call]);
  }
  return rest;
}

/// The model without these calls gives the values.
bool gives(Module& model, const std::vector<std::size_t>& left_out, const Live& input,
           const reference::ForwardOptions& options, const void* observed) {
  Module rest = without(model, left_out);
  const int last = reference::leaf_calls(rest) - 1;
  bool same = false;
  const auto at_leaf = [&](int call, const reference::LeafOutput& out) {
    if (call == last && out.shape().numel() > 0) {
      const reference::Comparison seen = out.compare(observed);
      // Bounds that say little of some elements do not matter, of most they would.
      same = seen.outside == 0 && 2 * (seen.equal + seen.within) > seen.elements();
    }
    return std::optional<reference::Activation>();
  };
  reference::ForwardPass pass;
  pass.run(rest, {input.values, input.values.dtype, std::nullopt}, options, at_leaf, nullptr);
  return same;
}

/// The path of each call, as the model had it that was exported.
std::vector<std::string> paths_of(const Context& c, const Forward& step) {
  const auto& exported_by = definition<OnnxExport>(c.scenario, c.scope, step.module.name);
  const std::string above = c.scope.place(exported_by.module).path;
  std::vector<std::string> paths;
  for (const reference::Place& place : c.scope[step.module.name].places) {
    if (is_container(place.module->layer)) continue;
    std::string& path = paths.emplace_back(c.scenario.names[exported_by.module.name]);
    for (const std::string& part : {above, place.path})
      if (!part.empty()) path += '.' + part;
  }
  return paths;
}

}  // namespace

std::string lost_norms(const Context& c, const Forward& step, Module& model,
                       const reference::ForwardOptions& options, const void* observed) {
  const std::vector<Module*> calls = calls_of(model);
  const std::vector<std::string> paths = paths_of(c, step);
  std::vector<std::size_t> norms;
  for (std::size_t call = 0; call < calls.size() && call < paths.size(); ++call)
    if (is_norm(calls[call]->layer)) norms.push_back(call);
  std::vector<std::vector<std::size_t>> choices;
  for (const std::size_t norm : norms) choices.push_back({norm});
  for (std::size_t i = 0; i < norms.size(); ++i)
    for (std::size_t j = i + 1; j < norms.size(); ++j) choices.push_back({norms[i], norms[j]});
  if (norms.size() > 2) choices.push_back(norms);
  const Live& input = c.world.names[step.input];
  const auto lost = std::find_if(choices.begin(), choices.end(), [&](const auto& choice) {
    return gives(model, choice, input, options, observed);
  });
  if (lost == choices.end()) return "";
  std::string words = "just as without ";
  for (const std::size_t call : *lost)
    words += (call == lost->front() ? "" : " and ") + paths[call];
  return words;
}

}  // namespace normdiff
