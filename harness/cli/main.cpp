#include "harness/cli/cli.hpp"

int main(int argc, char** argv) {
  return normdiff::run_cli(argc, argv);
}
