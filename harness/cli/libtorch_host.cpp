#include <cstdio>
#include <exception>
#include <string_view>

#include "harness/host/host.hpp"
#include "harness/os/farewell.hpp"
#include "harness/subjects/libtorch/libtorch.hpp"

/// `--as NAME`: what the manifest calls the subject, where it was named by the path of its host.
int main(int count, char** arguments) {
  try {
    normdiff::end_with_parent();
    normdiff::prepare_process();
    normdiff::Subject subject = normdiff::make_libtorch_subject();
    if (count == 3 && std::string_view(arguments[1]) == "--as")
      subject.manifest.subject = arguments[2];
    return normdiff::host_main(subject);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "normdiff-host: %s\n", error.what());
    return 2;
  }
}
