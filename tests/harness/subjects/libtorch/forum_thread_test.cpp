#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>
#include <torch/utils.h>

#include <array>
#include <cmath>

#include "reference/ops/batch_norm.hpp"
#include "reference/ops/conv.hpp"

// The numbers that were printed in the forum thread: a model of a convolution, a batch norm in eval
// mode and a linear layer, whose outputs PyTorch and the exported model both gave. With seed 0, and
// two uniform draws between the initialisation of the convolution and that of the linear layer (the
// weight of a batch norm was random up to PyTorch 1.1), today's LibTorch draws the same model
// again.
namespace normdiff {
namespace {

using namespace reference;

// As printed, ten decimals: good to half a unit of the last.
constexpr double half_a_unit = 5e-11;
constexpr std::array<double, 18> convolved = {
    0.4132035971, -0.7129006982, 0.0829921290,  0.5575969219,  -0.5301585793, -0.2478107512,
    0.2830447555, -0.8774284720, -0.7162327170, -0.1680016071, -0.6251038313, -0.3634709716,
    0.5589009523, 0.4439742863,  0.1032543331,  0.4814728498,  0.3313015699,  -0.5421049595};
constexpr std::array<double, 18> normalised = {
    0.4132015407, -0.7128971219, 0.0829917118,  0.5575941205,  -0.5301558971, -0.2478095144,
    0.2830433249, -0.8774240613, -0.7162291408, -0.1680007726, -0.6251006722, -0.3634691536,
    0.5588981509, 0.4439720511,  0.1032538190,  0.4814704359,  0.3312999010,  -0.5421022177};

reference::Tensor copied(const at::Tensor& tensor, const Shape& shape) {
  reference::Tensor copy(DType::float32, shape);
  for (std::int64_t i = 0; i < copy.numel(); ++i)
    copy.set(i, static_cast<double>(tensor.data_ptr<float>()[i]));
  return copy;
}

struct Model {
  torch::nn::Conv2d convolution{nullptr};
  torch::nn::BatchNorm2d norm{2};
  at::Tensor input;
};

Model drawn() {
  Model model;
  torch::manual_seed(0);
  model.convolution = torch::nn::Conv2d(torch::nn::Conv2dOptions(3, 2, 3).bias(false));
  torch::empty({2}).uniform_();  // what the batch norm of the thread drew for its weight
  torch::nn::Linear(torch::nn::LinearOptions(18, 10).bias(false));
  model.input = torch::randn({1, 3, 5, 5});
  model.norm->eval();
  return model;
}

void expect_printed(const Bounded& exact, const std::array<double, 18>& printed) {
  ASSERT_EQ(exact.value.size(), printed.size());
  for (std::size_t i = 0; i < printed.size(); ++i) {
    ASSERT_TRUE(std::isfinite(exact.bound[i]));
    EXPECT_LE(std::abs(exact.value[i] - printed[i]), exact.bound[i] + half_a_unit)
        << "element " << i;
  }
}

void expect_within(const Bounded& exact, const at::Tensor& observed) {
  const Comparison comparison = compare(exact, observed.data_ptr<float>(), DType::float32);
  EXPECT_EQ(comparison.equal + comparison.within, comparison.elements())
      << "element " << comparison.worst_index << ": " << comparison.worst_observed << ", not "
      << comparison.worst_expected << " +- " << comparison.worst_bound;
}

Bounded exact_convolution(const Model& model) {
  const reference::Tensor x = copied(model.input, {1, 3, 5, 5});
  const reference::Tensor weight = copied(model.convolution->weight, {2, 3, 3, 3});
  Bounded y;
  conv(x.values(), weight, nullptr, {1, 0, 1}, uniform_profile(DType::float32), y);
  return y;
}

TEST(ForumThread, TheReferenceGivesTheConvolutionThatWasPrinted) {
  Model model = drawn();
  const Bounded y = exact_convolution(model);
  expect_printed(y, convolved);
  const torch::NoGradGuard no_grad;
  expect_within(y, model.convolution(model.input));
}

TEST(ForumThread, TheReferenceGivesTheBatchNormThatWasPrinted) {
  Model model = drawn();
  const torch::NoGradGuard no_grad;
  const reference::Tensor mean = reference::Tensor::full(DType::float32, {2}, 0);
  const reference::Tensor one = reference::Tensor::full(DType::float32, {2}, 1);
  BatchNormParameters parameters{&one, &mean, &mean, &one, /*batch_statistics=*/false, 1e-5};
  BatchNormForward forward;
  Bounded y;

  // Of the exact convolution, carrying its bound: what was printed.
  const Bounded x = exact_convolution(model);
  forward.run(x.values(), parameters, uniform_profile(DType::float32));
  forward.output(y);
  expect_printed(y, normalised);

  // Of the convolution that this LibTorch computes: what this LibTorch then does.
  const at::Tensor observed = model.convolution(model.input);
  const reference::Tensor input = copied(observed, {1, 2, 3, 3});
  forward.run(input.values(), parameters, uniform_profile(DType::float32));
  forward.output(y);
  expect_within(y, model.norm(observed));
}

}  // namespace
}  // namespace normdiff
