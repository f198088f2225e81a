#include <ATen/Functions.h>
#include <c10/core/MemoryFormat.h>
#include <torch/serialize/input-archive.h>
#include <torch/serialize/output-archive.h>
#include <torch/version.h>

#include <algorithm>
#include <limits>
#include <sstream>

#include "harness/language/data.hpp"
#include "harness/scenario/plan.hpp"
#include "harness/subject/support.hpp"
#include "harness/subjects/libtorch/run.hpp"

// Each step, done with LibTorch.
namespace normdiff::libtorch {
namespace {

/// A step that the module which stands there does not have.
constexpr const char* not_replaced = "needs a module that was not put there";

Ending unsupported(std::string reason) {
  return {Outcome::unsupported, {}, std::move(reason)};
}

at::IntArrayRef sizes_of(const Shape& shape) {
  return {shape.begin(), static_cast<std::size_t>(shape.rank())};
}

/// Every second element of a buffer twice as large: no layout that any kernel is written for. What
/// lies between is NaN, so that reading it shows.
at::Tensor empty_strided(const Shape& shape, at::ScalarType type) {
  const Shape strides = row_major_strides(shape, 2);
  at::Tensor tensor = at::empty_strided(sizes_of(shape), sizes_of(strides), type);
  const auto poison = [&](auto* data) {
    const std::size_t bytes = tensor.storage().nbytes();
    std::fill_n(data, bytes / sizeof(*data), std::numeric_limits<double>::quiet_NaN());
  };
  if (type == at::ScalarType::Float)
    poison(static_cast<float*>(tensor.data_ptr()));
  else
    poison(static_cast<double*>(tensor.data_ptr()));
  return tensor;
}

template <class Element>
void scatter(const Element*& from, Element* to, const at::Tensor& tensor, std::int64_t dim) {
  if (dim == tensor.dim()) {
    *to = *from++;
    return;
  }
  const std::int64_t size = tensor.sizes()[static_cast<std::size_t>(dim)];
  const std::int64_t stride = tensor.strides()[static_cast<std::size_t>(dim)];
  for (std::int64_t i = 0; i < size; ++i) scatter(from, to + i * stride, tensor, dim + 1);
}

/// Writes dense row-major elements of `dtype` to a tensor that has it, of any strides.
void scatter(const std::byte* from, DType dtype, at::Tensor& tensor) {
  reference::visit_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    const T* source = reinterpret_cast<const T*>(from);
    scatter(source, static_cast<T*>(tensor.data_ptr()), tensor, 0);
  });
}

/// A forward runs on a tensor, or on an earlier forward's result.
bool is_input(const Live& live) {
  return live.kind == NameKind::tensor || live.kind == NameKind::result;
}

/// A storage that is too small for a tensor's elements is refused by newer LibTorch; 1.13.1 reads
/// past its end.
constexpr bool refuses_small_storage = TORCH_VERSION_MAJOR >= 2;

/// load() sets the new size before it finds that the storage is too small for it. What is left
/// can't be looked at, so it is not made.
bool would_read_past_the_end(const Live& source, std::size_t from, const Live& target,
                             std::size_t to) {
  if (source.kind != NameKind::module || from >= source.nodes.size()) return false;
  for (std::size_t i = from; i < static_cast<std::size_t>(source.nodes[from].end); ++i) {
    // Names decide what goes where, and a clone has lost its own: any pair may meet.
    for (std::size_t k = to; k < static_cast<std::size_t>(target.nodes[to].end); ++k)
      for (const TensorSlot slot : all_of<TensorSlot>) {
        const at::Tensor* a = source.nodes[i].tensor(slot);
        const at::Tensor* b = target.nodes[k].tensor(slot);
        if (a != nullptr && b != nullptr && a->defined() && b->defined() &&
            a->element_size() < b->element_size() && a->numel() > 0 &&
            (!refuses_small_storage || a->sizes() != b->sizes()))
          return true;
      }
  }
  return false;
}

/// A tensor that was read from a wider dtype keeps all of the archive's memory, and an archive is
/// written from memory: what lies behind the elements would be saved, and nothing observes it.
bool holds_more_than_its_elements(const Live& source, std::size_t from) {
  if (source.kind != NameKind::module || from >= source.nodes.size()) return false;
  for (std::size_t i = from; i < static_cast<std::size_t>(source.nodes[from].end); ++i)
    for (const TensorSlot slot : all_of<TensorSlot>) {
      const at::Tensor* tensor = source.nodes[i].tensor(slot);
      if (tensor != nullptr && tensor->defined() && tensor->storage().nbytes() > tensor->nbytes())
        return true;
    }
  return false;
}

}  // namespace

Ending Runner::needs(NameId name) const {
  return unsupported("needs " + scenario_->names[name] + ", which was not made");
}

template <class F>
Ending Runner::with(ModuleRef module, F&& f) {
  const Live& live = lives_[module.name];
  if (live.kind != NameKind::module) return needs(module.name);
  f(live.nodes[module.place]);
  return {};
}

void Runner::adopt(NameId name, std::shared_ptr<torch::nn::Module> root, const Layers& layers) {
  Live& live = lives_[name];
  live.nodes = look_into(*root, (*scope_)[name].places, layers);
  live.root = std::move(root);
  live.kind = NameKind::module;
  shown_.push_back(name);
}

at::Tensor Runner::walk(const std::vector<Node>& nodes, std::size_t place,
                        const at::Tensor& input) {
  const Node& node = nodes[place];
  const auto end = static_cast<std::size_t>(node.end);
  if (!node.is_container) {
    leaf_outputs_.push_back(node.forward(node.self, input));
    return leaf_outputs_.back();
  }
  if (end == place + 1) return node.forward(node.self, input);  // an empty one: it refuses
  at::Tensor value = input;
  for (std::size_t child = place + 1; child < end;
       child = static_cast<std::size_t>(nodes[child].end))
    value = walk(nodes, child, value);
  return value;
}

/// Hooks hold a pointer to an element of the result, never a tensor: nothing is kept alive.
void Runner::hook_leaves(Live& result) {
  if (leaf_outputs_.size() < 2) return;
  result.leaf_gradients.resize(leaf_outputs_.size() - 1);
  for (std::size_t i = 0; i < result.leaf_gradients.size(); ++i) {
    if (!leaf_outputs_[i].requires_grad()) continue;
    leaf_outputs_[i].register_hook(
        [seen = &result.leaf_gradients[i]](const at::Tensor& gradient) { *seen = gradient; });
  }
}

/// A dense tensor like `like` in shape and dtype, over scratch memory: for one use.
at::Tensor Runner::filled(const at::Tensor& like, const Data& data, std::uint64_t seed) {
  const auto dtype = dtype_of(like.scalar_type());
  TORCH_CHECK(dtype, "normdiff makes no data of this dtype");
  scratch_.resize(static_cast<std::size_t>(like.numel()) * reference::size_of(*dtype));
  make_data(data, seed, like.numel(), *dtype, scratch_.data());
  return at::from_blob(scratch_.data(), like.sizes(), like.scalar_type());
}

/// A child of a Sequential is another module, wherever the Sequential stands.
void Runner::look_again(const void* sequential, std::size_t child, const Node& replacement) {
  for (const NameId name : shown_) {
    std::vector<Node>& nodes = lives_[name].nodes;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i].self != sequential) continue;
      std::size_t place = i + 1;
      for (std::size_t skipped = 0; skipped < child; ++skipped)
        place = static_cast<std::size_t>(nodes[place].end);
      const int end = nodes[place].end;
      nodes[place] = replacement;
      nodes[place].end = end;
      if (observed_)
        recorder_.replaced(name, static_cast<std::uint16_t>(place), *replacement.layer);
    }
  }
  first_place_.clear();
}

struct Runner::Steps {
  Runner& runner;

  /// Calls f(node) where a norm stands. A scenario says that one does, but where the replacement of
  /// a module was not made, the old one still stands there.
  template <class F>
  Ending with_norm(ModuleRef module, F&& f) {
    std::optional<std::string> reason;
    Ending ending = runner.with(module, [&](const Node& node) {
      if (node.norm.running_mean == nullptr)
        reason = not_replaced;
      else if constexpr (std::is_void_v<decltype(f(node))>)
        f(node);
      else
        reason = f(node);
    });
    return reason ? unsupported(std::move(*reason)) : ending;
  }

  Ending operator()(const Construct& step) {
    if (const auto name = missing(step.module, runner.lives_)) return runner.needs(*name);
    if (auto reason = why_not_made(step.module)) return unsupported(std::move(*reason));
    Built built = build(*runner.scenario_, *runner.scope_, runner.step_, step, runner.lives_);
    runner.adopt(step.result, std::move(built.root), built.layers);
    return {};
  }

  Ending operator()(const MakeTensor& step) {
    const at::ScalarType type = scalar_type(step.dtype);
    const std::int64_t n = step.shape.numel();
    at::Tensor tensor;
    switch (step.memory_format) {
      case Layout::contiguous:
        tensor = at::empty(sizes_of(step.shape), type);
        break;
      case Layout::channels_last:
        tensor = at::empty(sizes_of(step.shape), at::TensorOptions(type),
                           at::MemoryFormat::ChannelsLast);
        break;
      case Layout::strided:
        tensor = empty_strided(step.shape, type);
        break;
    }
    if (step.memory_format == Layout::contiguous) {
      make_data(step.data, step.seed, n, step.dtype, tensor.data_ptr());
    } else {
      runner.scratch_.resize(static_cast<std::size_t>(n) * reference::size_of(step.dtype));
      make_data(step.data, step.seed, n, step.dtype, runner.scratch_.data());
      if (n > 0) scatter(runner.scratch_.data(), step.dtype, tensor);
    }
    if (step.requires_grad) tensor.set_requires_grad(true);
    Live& live = runner.lives_[step.result];
    live.tensor = std::move(tensor);
    live.kind = NameKind::tensor;
    runner.shown_.push_back(step.result);
    return {};
  }

  Ending operator()(const Train& step) {
    return runner.with(step.module, [&](const Node& node) { node.module->train(step.mode); });
  }

  Ending operator()(const SetTraining& step) {
    const Live& live = runner.lives_[step.module.name];
    if (live.kind == NameKind::module && live.nodes[step.module.place].is_container)
      return unsupported(
          "the C++ front end has no training attribute to set: train() of a Sequential sets its "
          "children's too");
    return runner.with(step.module, [&](const Node& node) { node.module->train(step.value); });
  }

  Ending operator()(const SetMomentum& step) {
    return with_norm(step.module, [&](const Node& node) {
      std::optional<std::string> reason;
      node.norm.with_options([&](auto& options) { reason = set_momentum(options, step.value); });
      return reason;
    });
  }

  Ending operator()(const SetEps& step) {
    return with_norm(step.module, [&](const Node& node) {
      node.norm.with_options([&](auto& options) { options.eps(step.value); });
    });
  }

  Ending operator()(const SetTrackRunningStats& step) {
    return with_norm(step.module, [&](const Node& node) {
      node.norm.with_options([&](auto& options) { options.track_running_stats(step.value); });
    });
  }

  Ending operator()(const Fill& step) {
    bool there = true;
    Ending ending = runner.with(step.module, [&](const Node& node) {
      at::Tensor* tensor = node.tensor(step.slot);
      there = tensor != nullptr && tensor->defined();
      if (!there) return;
      const at::NoGradGuard no_grad;
      tensor->copy_(runner.filled(*tensor, step.data, step.seed));
    });
    return there ? ending : unsupported(not_replaced);
  }

  Ending operator()(const ResetRunningStats& step) {
    return with_norm(step.module,
                     [](const Node& node) { node.norm.reset_running_stats(node.self); });
  }

  Ending operator()(const CastTo& step) {
    return runner.with(step.module,
                       [&](const Node& node) { node.module->to(scalar_type(step.dtype)); });
  }

  Ending operator()(const ZeroGrad& step) {
    return runner.with(step.module,
                       [](const Node& node) { node.module->zero_grad(/*set_to_none=*/true); });
  }

  Ending operator()(const RequiresGrad& step) {
    return runner.with(step.module, [&](const Node& node) {
      for (at::Tensor& parameter : node.module->parameters())
        parameter.set_requires_grad(step.requires_grad);
    });
  }

  Ending operator()(const Replace& step) {
    const Live& by = runner.lives_[step.replacement.name];
    if (by.kind != NameKind::module) return runner.needs(step.replacement.name);
    const Node replacement = by.nodes[step.replacement.place];
    const std::vector<reference::Place>& places = (*runner.scope_)[step.module.name].places;
    const auto parent = static_cast<std::size_t>(places[step.module.place].parent);
    const std::size_t number = child_number(places, step.module.place);
    return runner.with({step.module.name, static_cast<std::uint16_t>(parent)},
                       [&](const Node& sequential) {
                         replace_child(sequential, number, replacement);
                         runner.look_again(sequential.self, number, replacement);
                       });
  }

  Ending operator()(const Forward& step) {
    const Live& module = runner.lives_[step.module.name];
    if (module.kind != NameKind::module) return runner.needs(step.module.name);
    if (!is_input(runner.lives_[step.input])) return runner.needs(step.input);
    const at::Tensor& input = runner.lives_[step.input].tensor;
    const Node& node = module.nodes[step.module.place];
    Live& result = runner.lives_[step.result];
    const c10::AutoGradMode mode(step.grad);
    if (runner.by_leaf_) {
      result.tensor = runner.walk(module.nodes, step.module.place, input);
      runner.hook_leaves(result);
    } else {
      result.tensor = node.forward(node.self, input);
    }
    result.kind = NameKind::result;
    return {};
  }

  Ending operator()(const Backward& step) {
    Live& result = runner.lives_[step.output];
    if (result.kind != NameKind::result) return runner.needs(step.output);
    for (at::Tensor& gradient : result.leaf_gradients) gradient.reset();
    const auto dtype = dtype_of(result.tensor.scalar_type());
    TORCH_CHECK(dtype, "normdiff makes no gradients of this dtype");
    at::Tensor gradient = at::empty(result.tensor.sizes(), result.tensor.scalar_type());
    make_gradient(step, gradient.numel(), *dtype, gradient.data_ptr());
    result.tensor.backward(gradient, step.retain_graph);
    return {};
  }

  Ending operator()(const DeepCopy& step) {
    return runner.with(step.module, [&](const Node& node) {
      Layers layers;
      const std::vector<Node>& nodes = runner.lives_[step.module.name].nodes;
      for (auto place = static_cast<int>(step.module.place); place < node.end; ++place)
        layers.push_back(nodes[static_cast<std::size_t>(place)].layer);
      runner.adopt(step.result, node.module->clone(), layers);
    });
  }

  Ending operator()(const LoadStateDict& step) {
    if (runner.lives_[step.target.name].kind != NameKind::module)
      return runner.needs(step.target.name);
    if (holds_more_than_its_elements(runner.lives_[step.source.name], step.source.place))
      return unsupported(
          "C++ save() writes all of a tensor's memory: behind the elements that C++ load() left "
          "there is what nothing observes");
    if (would_read_past_the_end(runner.lives_[step.source.name], step.source.place,
                                runner.lives_[step.target.name], step.target.place))
      return unsupported(
          "C++ load() of a narrower dtype leaves a tensor that reads past its memory, in 1.13.1 "
          "always and in newer versions where the shape differs");
    return runner.with(step.source, [&](const Node& source) {
      std::stringstream stream;
      torch::serialize::OutputArchive saved;
      source.module->save(saved);
      saved.save_to(stream);
      torch::serialize::InputArchive loaded;
      loaded.load_from(stream);
      runner.lives_[step.target.name].nodes[step.target.place].module->load(loaded);
    });
  }

  /// The C++ front end can do nothing that needs more than modules and tensors.
  template <class S>
    requires(S::effect.needs != Capability::eager)
  Ending operator()(const S&) {
    return unsupported(never_does("libtorch", Step(S{}).index()));
  }
};

/// A kind of step without its function in Steps does not compile here.
Ending Runner::run(const Step& step) {
  return std::visit(Steps{*this}, step);
}

}  // namespace normdiff::libtorch
