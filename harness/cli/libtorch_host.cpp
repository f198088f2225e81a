#include <cstdio>
#include <exception>

#include "harness/host/host.hpp"
#include "harness/subjects/libtorch/libtorch.hpp"

int main() {
  try {
    normdiff::prepare_process();
    return normdiff::host_main(normdiff::make_libtorch_subject());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "normdiff-host: %s\n", error.what());
    return 2;
  }
}
