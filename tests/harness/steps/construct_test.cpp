#include "tests/harness/steps/step_test.hpp"

namespace normdiff::testing {
namespace {

TEST(ConstructStep, SharedChildrenAndParametersAreKeyedByWhereTheyWereMade) {
  EXPECT_THAT(found(ToldSubject("fc = Linear(2, 3)\nbn = BatchNorm1d(3)\n"
                                "net = Sequential(fc=fc, a=bn, more=Sequential(bn, "
                                "Linear(3, 2, bias=False)))\n"
                                "b = copy.deepcopy(net.more)\ns = torch.jit.script(net)\n"
                                "l = torch.jit.save_load(s)\n")),
              IsEmpty());
}

}  // namespace
}  // namespace normdiff::testing
