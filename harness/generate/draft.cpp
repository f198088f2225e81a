#include "harness/generate/draft.hpp"

#include <algorithm>

namespace normdiff {
namespace {

constexpr std::array<std::string_view, name_stem_count> stems = {"net", "bn", "b", "x",
                                                                 "y",   "s",  "m"};

}  // namespace

void Draft::begin(Profile profile, std::uint64_t key, Scenario& out) {
  profile_ = profile;
  random = Random(key);
  out_ = &out;
  out.title.clear();
  out.statements.clear();
  out.seed = key >> 40;
  trees.clear();
  tensors.clear();
  results.clear();
  groups.clear();
  names_used_ = 0;
  made_ = {};
  structures_ = 0;
}

void Draft::finish() {
  out_->names.resize(names_used_);
}

NameId Draft::name(NameStem stem) {
  if (names_used_ == out_->names.size()) out_->names.emplace_back();
  std::string& text = out_->names[names_used_];
  text = stems[static_cast<std::size_t>(stem)];
  const int number = ++made_[static_cast<std::size_t>(stem)];
  if (number > 1) text += std::to_string(number);
  return static_cast<NameId>(names_used_++);
}

// --- The view ----------------------------------------------------------------------------------

const InputSizes& Draft::takes(DraftedPath path) const {
  const DraftedTree& tree = trees[path.tree];
  return path.module == 0 ? tree.takes : tree.modules[path.module].takes;
}

ModuleRef Draft::ref(DraftedPath path) const {
  const DraftedTree& tree = trees[path.tree];
  return {tree.name, tree.modules[path.module].place};
}

int Draft::count(NameKind kind) const {
  return static_cast<int>(std::count_if(
      trees.begin(), trees.end(), [&](const DraftedTree& tree) { return tree.kind == kind; }));
}

bool Draft::is_current(const DraftedResult& result) const {
  return result.version == groups[result.group].version &&
         (!result.before || is_current(results[*result.before]));
}

bool Draft::is_freed(const DraftedResult& result) const {
  return result.freed || (result.before && is_freed(results[*result.before]));
}

void Draft::free(DraftedResult& result) {
  result.freed = true;
  if (result.before) free(results[*result.before]);
}

std::size_t Draft::add_group(DType dtype) {
  groups.push_back({dtype, 0});
  return groups.size() - 1;
}

DraftedTree& Draft::add_derived_tree(DraftedPath of, NameKind kind, NameId result) {
  DraftedTree made = tree(of);
  made.name = result;
  made.kind = kind;
  made.takes = takes(of);
  made.takes.unbatched = false;  // a trace takes what it was made with
  made.modules.resize(1);
  made.modules[0].place = 0;
  if (of.module != 0) made.layers.clear();  // a batch norm keeps the shape
  return trees.emplace_back(std::move(made));
}

// --- Choices -----------------------------------------------------------------------------------

std::size_t Draft::any_tree(NameKind kind) {
  return one_of(indices_where(trees, [&](const DraftedTree& tree) { return tree.kind == kind; }));
}

DraftedPath Draft::any_norm() {
  const std::size_t tree = any_tree(NameKind::module);  // every network has one
  return {tree, one_of(indices_where(trees[tree].modules,
                                     [](const DraftedModule& module) { return module.norm; }))};
}

DraftedPath Draft::any_eager(double root_share) {
  if (!random.chance(root_share)) return any_norm();
  return {any_tree(NameKind::module), 0};
}

// --- Statements --------------------------------------------------------------------------------

std::optional<Shape> Draft::output_shape(DraftedPath path, const Shape& input) const {
  std::optional<Shape> shape = input;
  if (path.module != 0) return shape;  // a batch norm
  for (const reference::Layer& layer : trees[path.tree].layers)
    if (shape)
      shape = reference::visit_leaf<std::optional<Shape>>(
          layer, [&shape](const auto& x) { return x.out(*shape); });
  return shape;
}

void Draft::forward(DraftedPath path, const DraftedTensor& input, bool good) {
  const DraftedTree& tree = trees[path.tree];
  Forward step;
  step.result = name(NameStem::result);
  step.module = ref(path);
  step.input = input.name;
  step.grad = tree.kind == NameKind::artefact || !random.chance(0.15);
  const bool parameters = groups[tree.group].requires_grad &&
                          (path.module == 0 ? tree.parameters : tree.modules[path.module].weight);
  DraftedResult made;
  made.value = {step.result, {}, input.dtype, false};
  if (const auto shape = output_shape(path, input.shape); shape && good) made.value.shape = *shape;
  made.value.requires_grad =
      step.grad && tree.kind != NameKind::artefact && (parameters || input.requires_grad);
  const auto earlier = indices_where(results, [&input](const DraftedResult& result) {
    return result.value.name == input.name && result.value.requires_grad;
  });
  if (!earlier.empty()) made.before = earlier.front();
  made.group = tree.group;
  made.version = groups[tree.group].version;
  made.backward = good && input.shape[0] > 0 && made.value.requires_grad;
  results.push_back(made);
  push(step);
}

}  // namespace normdiff
