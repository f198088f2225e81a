#include "bench/bench_memory.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "harness/check/check.hpp"
#include "harness/host/run_range.hpp"
#include "harness/profiles/generate.hpp"
#include "harness/scenario/scope.hpp"
#include "harness/subjects/libtorch/libtorch.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

double resident_mib() {
  std::ifstream status("/proc/self/statm");
  double size = 0, resident = 0;
  status >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

Resident run(std::uint64_t scenarios, bool checked) {
  prepare_process();
  const Subject subject = make_libtorch_subject();
  Checker checker(subject.manifest, Deviations::built_in());
  Scenario scenario;
  Resident resident;
  constexpr std::uint64_t part = 1000;
  for (std::uint64_t first = 0; first < scenarios; first += part) {
    const Profile profile = first / part % 2 == 0 ? Profile::modes : Profile::numerics;
    if (checked) (void)run_range({profile, 1, first, part}, subject, checker, [](std::uint64_t) {});
    for (std::uint64_t i = 0; i < part && !checked; ++i) {
      generate(profile, 1, first + i, scenario);
      run_bare(scenario, resolve(scenario));
    }
    if (first < scenarios / 2) resident.middle = resident_mib();
  }
  resident.end = resident_mib();
  return resident;
}

}  // namespace

Resident measure_memory(std::uint64_t scenarios, bool checked) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    const Resident measured = run(scenarios, checked);
    const bool told = write(ends[1], &measured, sizeof measured) == sizeof measured;
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  Resident measured;
  if (child < 0 || read(ends[0], &measured, sizeof measured) != sizeof measured) measured = {};
  close(ends[0]);
  if (child > 0) waitpid(child, nullptr, 0);
  return measured;
}

}  // namespace normdiff
