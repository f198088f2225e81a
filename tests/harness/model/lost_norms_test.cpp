#include "harness/model/lost_norms.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "tests/harness/check/checked.hpp"

namespace normdiff::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

/// A subject whose graph of net.inner has lost the norms with these numbers: it has no node for
/// them, and its values lack them.
ToldSubject without(const std::vector<std::size_t>& lost) {
  ToldSubject subject(
      "net = Sequential(inner=Sequential(c=Conv2d(1, 2, kernel_size=1), n1=BatchNorm2d(2), "
      "r=ReLU(), n2=BatchNorm2d(2), f=Flatten(), n3=BatchNorm1d(8)))\n"
      "fill(net.inner.n1.running_var, [0.25, 4])\n"
      "fill(net.inner.n2.running_mean, [0.5, -1])\n"
      "fill(net.inner.n3.bias, arange(1, 0.5))\n"
      "x = tensor(2, 1, 2, 2, normal(0, 1), seed=3)\n"
      "m = torch.onnx.export(net.inner, x, training=EVAL, dynamo=False, opset_version=17)\n"
      "y = m(x)\n");
  subject.after[5] = [lost](ToldSubject& self) {
    textbook::Artefact& graph = self.artefact("m");
    std::size_t norm = 0;
    std::erase_if(graph.nodes, [&](const textbook::ModulePtr& node) {
      return node->is_batch_norm() && std::find(lost.begin(), lost.end(), norm++) != lost.end();
    });
    graph.norms.resize(graph.norms.size() - lost.size());
  };
  return subject;
}

TEST(LostNorms, AreOneFindingThatNamesThemAsTheModelDoes) {
  EXPECT_THAT(found(without({1})),
              ElementsAre(HasSubstr("; just as without net.inner.n2, observed")));
  EXPECT_THAT(found(without({0, 2})),
              ElementsAre(HasSubstr("; just as without net.inner.n1 and net.inner.n3, observed")));
  EXPECT_THAT(found(without({0, 1, 2})),
              ElementsAre(HasSubstr("net.inner.n1 and net.inner.n2 and net.inner.n3, observed")));
}

TEST(LostNorms, ValuesThatAreWrongOtherwiseAreNotSaidToLackANorm) {
  ToldSubject liar = without({});
  liar.lie(6, liar.key("y", "", Slot::value));
  EXPECT_THAT(found(liar), ElementsAre(Not(HasSubstr("just as"))));
}

TEST(LostNorms, AGraphWithoutANodeForANormWhoseEffectItHasConforms) {
  ToldSubject folds = without({});
  folds.folds = true;
  EXPECT_THAT(found(folds), ::testing::IsEmpty());
}

}  // namespace
}  // namespace normdiff::testing
