// `normdiff bench`: what the harness costs beside LibTorch, as ratios of two things measured in
// turn in one run. Google Benchmark does the timing; medians of several rounds, randomly
// interleaved.

#include <benchmark/benchmark.h>
#include <torch/nn/modules/batchnorm.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "bench/bench_memory.hpp"
#include "harness/check/check.hpp"
#include "harness/host/run_range.hpp"
#include "harness/profiles/generate.hpp"
#include "harness/scenario/scope.hpp"
#include "harness/subjects/libtorch/libtorch.hpp"
#include "harness/triage/deviations.hpp"
#include "reference/ops/batch_norm.hpp"

namespace {

using namespace normdiff;

constexpr std::uint64_t seed = 1;
constexpr std::uint64_t batch = 200;  ///< scenarios an iteration

struct Prepared {
  std::vector<Scenario> scenarios;
  std::vector<Scope> scopes;
};

const Prepared& prepared() {
  static const Prepared p = [] {
    Prepared made;
    for (std::uint64_t i = 0; i < batch; ++i) {
      Scenario scenario;
      generate(Profile::bench, seed, i, scenario);
      made.scopes.push_back(resolve(scenario));
      made.scenarios.push_back(std::move(scenario));
    }
    return made;
  }();
  return p;
}

void libtorch_alone(benchmark::State& state) {
  const Prepared& p = prepared();
  for (auto _ : state)
    for (std::size_t i = 0; i < batch; ++i) run_bare(p.scenarios[i], p.scopes[i]);
}

void generating(benchmark::State& state) {
  Scenario scenario;
  for (auto _ : state)
    for (std::uint64_t i = 0; i < batch; ++i) {
      generate(Profile::bench, seed, i, scenario);
      benchmark::DoNotOptimize(resolve(scenario));
    }
}

void observed_run(benchmark::State& state) {
  const Prepared& p = prepared();
  const Subject subject = make_libtorch_subject();
  Trace trace;
  for (auto _ : state)
    for (std::size_t i = 0; i < batch; ++i) subject.run(p.scenarios[i], p.scopes[i], trace);
}

void checking(benchmark::State& state) {
  const Prepared& p = prepared();
  const Subject subject = make_libtorch_subject();
  std::vector<Trace> traces(batch);
  for (std::size_t i = 0; i < batch; ++i) subject.run(p.scenarios[i], p.scopes[i], traces[i]);
  Checker checker(subject.manifest, Deviations::built_in());
  Tally tally;
  CheckResult result;
  for (auto _ : state)
    for (std::size_t i = 0; i < batch; ++i)
      checker.check(p.scenarios[i], p.scopes[i], traces[i], tally, result);
}

void everything(benchmark::State& state) {
  const Subject subject = make_libtorch_subject();
  Checker checker(subject.manifest, Deviations::built_in());
  std::uint64_t steps = 0;
  for (auto _ : state)
    steps += run_range({Profile::bench, seed, 0, batch}, subject, checker, [](std::uint64_t) {
             }).tally.steps;
  state.counters["steps"] =
      benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
}

// --- one batch norm ----------------------------------------------------------------------------

torch::Tensor input(const std::vector<std::int64_t>& sizes, bool channels_last) {
  torch::Tensor x = torch::randn(sizes);
  return channels_last ? x.contiguous(torch::MemoryFormat::ChannelsLast) : x;
}

void libtorch_forward(benchmark::State& state, const std::vector<std::int64_t>& sizes,
                      bool channels_last) {
  torch::nn::BatchNorm2d bn(sizes[1]);
  const torch::Tensor x = input(sizes, channels_last);
  for (auto _ : state) benchmark::DoNotOptimize(bn->forward(x));
}

/// Statistics, every output element held against its bound, and the running statistics.
void checked_reference(benchmark::State& state, const std::vector<std::int64_t>& sizes,
                       bool channels_last) {
  namespace ref = normdiff::reference;
  torch::nn::BatchNorm2d bn(sizes[1]);
  const torch::Tensor x = input(sizes, channels_last);
  const torch::Tensor dense = x.contiguous();
  const torch::Tensor y = bn->forward(x).contiguous().detach();
  ref::Shape shape;
  for (std::int64_t size : sizes) shape.push_back(size);
  const auto tensor = [&sizes](double value) {
    return ref::Tensor::full(ref::DType::float32, ref::Shape{sizes[1]}, value);
  };
  const ref::Tensor weight = tensor(1), bias = tensor(0), mean = tensor(0), var = tensor(1);
  const ref::BatchNormParameters parameters{&weight, &bias, &mean, &var, true, 1e-5};
  const ref::Profile profile = ref::libtorch_cpu_profile(
      ref::DType::float32, shape,
      channels_last ? ref::Layout::channels_last : ref::Layout::contiguous);
  const ref::Values values{dense.data_ptr(), ref::DType::float32, shape, nullptr};
  ref::BatchNormForward forward;
  ref::Bounded new_mean, new_var;
  for (auto _ : state) {
    forward.run(values, parameters, profile);
    const ref::Comparison output = forward.compare_output(y.data_ptr());
    forward.update_running_mean(mean, 0.1, new_mean);
    forward.update_running_var(var, 0.1, new_var);
    benchmark::DoNotOptimize(compare(new_mean, bn->running_mean.data_ptr(), ref::DType::float32));
    benchmark::DoNotOptimize(compare(new_var, bn->running_var.data_ptr(), ref::DType::float32));
    if (output.outside > 0) {
      state.SkipWithError("LibTorch's output is outside the bound");
      break;
    }
  }
}

// --- the report --------------------------------------------------------------------------------

/// Keeps the median of each benchmark, in seconds; of one repetition, that one.
class Medians : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) failed = run.benchmark_name() + ": " + run.error_message;
      if (run.aggregate_name == "median" || run.aggregate_name.empty())
        seconds[run.run_name.function_name] = run.GetAdjustedRealTime() * 1e-9;
    }
  }
  std::map<std::string, double> seconds;
  std::string failed;
};

/// Nothing was measured where the value is 0.
void row(const char* what, double value, const char* target) {
  if (value > 0)
    std::printf("  %-58s %7.2f   %s\n", what, value, target);
  else
    std::printf("  %-58s %7s   %s\n", what, "-", target);
}

constexpr std::uint64_t memory_scenarios = 100'000;

void memory_rows(const Resident& alone, const Resident& checked) {
  std::printf("\n  %-58s %7s   %s\n", "memory over 100,000 scenarios of a campaign", "MiB",
              "target");
  row("LibTorch alone, the same steps", alone.end, "");
  row("a host: generate + run + check", checked.end, "");
  row("    above LibTorch's own", checked.end - alone.end, "<= 100");
  std::printf("  %-58s %7.2f   %s\n", "    grown in the second half", checked.end - checked.middle,
              "flat");
}

}  // namespace

int main(int argc, char** argv) {
  // First: each runs in a child of its own, and LibTorch does not survive a fork once it was used.
  Resident alone, checked;
  const bool whole = argc == 1;
  if (whole) {
    alone = measure_memory(memory_scenarios, false);
    checked = measure_memory(memory_scenarios, true);
  }
  prepare_process();
  const std::vector<std::int64_t> large{16, 64, 32, 32};
  const std::vector<std::int64_t> small{4, 3, 4, 4};
  benchmark::RegisterBenchmark("libtorch_alone", libtorch_alone);
  benchmark::RegisterBenchmark("everything", everything);
  benchmark::RegisterBenchmark("generating", generating);
  benchmark::RegisterBenchmark("observed_run", observed_run);
  benchmark::RegisterBenchmark("checking", checking);
  const auto pair = [](const std::string& name, const std::vector<std::int64_t>& sizes, bool last) {
    benchmark::RegisterBenchmark(("libtorch_" + name).c_str(), libtorch_forward, sizes, last);
    benchmark::RegisterBenchmark(("reference_" + name).c_str(), checked_reference, sizes, last);
  };
  pair("large", large, false);
  pair("large_channels_last", large, true);
  pair("small", small, false);

  // Given options come last and win.
  std::vector<std::string> options = {argv[0], "--benchmark_repetitions=7",
                                      "--benchmark_enable_random_interleaving=true",
                                      "--benchmark_min_time=0.1"};
  options.insert(options.end(), argv + 1, argv + argc);
  std::vector<char*> pointers;
  for (std::string& option : options) pointers.push_back(option.data());
  int count = static_cast<int>(pointers.size());
  benchmark::Initialize(&count, pointers.data());
  if (count > 1) {
    std::fprintf(stderr,
                 "normdiff bench: %s is not an option; it takes Google Benchmark's, such as "
                 "--benchmark_repetitions=20\n",
                 pointers[1]);
    return 2;
  }
  Medians medians;
  benchmark::RunSpecifiedBenchmarks(&medians);
  if (!medians.failed.empty()) {
    std::fprintf(stderr, "normdiff bench: %s\n", medians.failed.c_str());
    return 2;
  }
  const auto& t = medians.seconds;
  const auto of = [&t](const char* a, const char* b) {
    const auto x = t.find(a), y = t.find(b);
    return x == t.end() || y == t.end() ? 0.0 : x->second / y->second;
  };
  const Subject subject = make_libtorch_subject();
  std::printf("normdiff bench on %s (%s), one thread; ratios of medians\n\n",
              subject.manifest.id().c_str(), subject.manifest.cpu_capability.c_str());
  std::printf("  %-58s %7s   %s\n", "", "ratio", "target");
  row("generate + run + check / the same steps on LibTorch alone",
      of("everything", "libtorch_alone"), "<= 1.5");
  row("    generate, by itself", of("generating", "libtorch_alone"), "");
  row("    run, observed, by itself", of("observed_run", "libtorch_alone"), "1 would be free");
  row("    check, by itself", of("checking", "libtorch_alone"), "");
  row("checked reference / LibTorch forward, 16x64x32x32", of("reference_large", "libtorch_large"),
      "<= 0.5");
  row("    the same, channels_last",
      of("reference_large_channels_last", "libtorch_large_channels_last"), "<= 1.0");
  row("checked reference / LibTorch forward, 4x3x4x4", of("reference_small", "libtorch_small"),
      "<= 0.1");
  std::printf("\n  %d scenarios of the mix take LibTorch alone %.2f ms, all together %.2f ms\n",
              static_cast<int>(batch), t.count("libtorch_alone") ? t.at("libtorch_alone") * 1e3 : 0,
              t.count("everything") ? t.at("everything") * 1e3 : 0);
  if (whole) memory_rows(alone, checked);
  return 0;
}
