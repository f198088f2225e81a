#include "harness/triage/predictions/sandbox.hpp"

#include <gtest/gtest.h>

#include "tests/harness/check/checked.hpp"

namespace normdiff {
namespace {

using testing::check;
using testing::FakeSubject;

/// The deviations a subject shows that counts in spite of refusing.
std::size_t known(const std::string& bn, const std::string& x, bool eval = false) {
  FakeSubject subject("net = Sequential(bn=" + bn + ")\nx = " + x + "\n" +
                          (eval ? "net.eval()\n" : "net.train()\n") + "y = net(x)\n",
                      "python");
  subject.after[3] = [](FakeSubject& self) {
    auto& counter = self.module("net", "bn").tensor(reference::TensorSlot::num_batches_tracked);
    counter->set(0, counter->at(0) + 1);
  };
  const auto checked = check(subject, {}, Deviations::built_in());
  EXPECT_EQ(checked.judged.size(), 1u);
  return checked.tally.deviations.count("counter-moves-before-refusal");
}

TEST(Sandbox, TheCounterMovesBeforeEveryCheckButTheRanks) {
  EXPECT_EQ(known("BatchNorm2d(2)", "tensor(1, 2, 1, 1, normal(0, 1))"), 1u);
  EXPECT_EQ(known("BatchNorm2d(2)", "tensor(2, 3, 2, 2, normal(0, 1))"), 1u);
  EXPECT_EQ(known("BatchNorm2d(2, eps=0)", "tensor(2, 2, 2, 2, normal(0, 1))"), 1u);
  EXPECT_EQ(known("BatchNorm2d(2)", "tensor(2, 2, normal(0, 1))"), 0u);
}

TEST(Sandbox, OnlyInTraining) {
  EXPECT_EQ(known("BatchNorm2d(2)", "tensor(2, 3, 2, 2, normal(0, 1))", true), 0u);
}

}  // namespace
}  // namespace normdiff
