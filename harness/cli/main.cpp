#include <fcntl.h>
#include <unistd.h>

#include "harness/cli/cli.hpp"

namespace {

/// A program that is started without one of the three standard files, as by a daemon, must not get
/// its number for a file or pipe of its own. Writing to what stands in for the output fails.
void open_standard_files() {
  for (int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(file, F_GETFD) < 0)
      (void)open("/dev/null", file == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_files();
  return normdiff::run_cli(argc, argv);
}
