#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/core/Tensor.h>
#include <c10/util/Exception.h>
#include <c10/util/Logging.h>
#include <c10/util/Type.h>
#include <dlfcn.h>

#include <memory>
#include <new>
#include <stdexcept>

#include "harness/subject/facts.hpp"
#include "harness/subjects/libtorch/errors.hpp"
#include "harness/subjects/libtorch/libtorch.hpp"
#include "harness/subjects/libtorch/run.hpp"

namespace normdiff {
namespace libtorch {
namespace {

constexpr std::size_t longest_text = 500;

/// The text behind `label` in LibTorch's description of itself, up to the end of the line or a
/// comma.
std::string described(const std::string& config, std::string_view label) {
  const std::size_t found = config.find(label);
  if (found == std::string::npos) return {};
  const std::size_t begin = found + label.size();
  return config.substr(begin, config.find_first_of(",\n", begin) - begin);
}

Manifest manifest() {
  const std::string config = at::show_config();
  const std::string version = described(config, "TORCH_VERSION=");
  Manifest manifest;
  manifest.subject = manifest.family = "libtorch";
  manifest.kernels = reference::Kernels::libtorch_cpu;
  manifest.version = NORMDIFF_LIBTORCH_VERSION;
  manifest.cpu_capability = described(config, "CPU capability usage: ");
  Dl_info library{};
  if (dladdr(reinterpret_cast<const void*>(&at::show_config), &library) != 0)
    manifest.path = library.dli_fname;
  if (version.rfind(NORMDIFF_LIBTORCH_HEADERS, 0) != 0)
    throw std::runtime_error("compiled for LibTorch " NORMDIFF_LIBTORCH_HEADERS
                             ", but the library loaded, " +
                             manifest.path + ", says it is " + version +
                             "; check LD_LIBRARY_PATH, or configure and build again");
  manifest.facts = {{"torch", version}};
  if (std::string commit = described(config, "COMMIT_SHA="); !commit.empty())
    manifest.facts.emplace_back("git", std::move(commit));
  manifest.facts.emplace_back("capability", manifest.cpu_capability);
  manifest.facts.emplace_back("threads", std::to_string(at::get_num_threads()));
  add_machine(manifest.facts);
  return manifest;
}

}  // namespace

Ending describe(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return {Outcome::out_of_memory, {}, "the allocator refused"};
  const auto* own = dynamic_cast<const c10::Error*>(&error);
  std::string text = own != nullptr ? own->what_without_backtrace() : error.what();
  if (text.find("DefaultCPUAllocator") != std::string::npos)
    return {Outcome::out_of_memory, {}, "LibTorch's allocator refused"};
  if (text.size() > longest_text) text.resize(longest_text);
  return {Outcome::error, c10::demangle(typeid(error).name()), std::move(text)};
}

}  // namespace libtorch

void prepare_process() {
  c10::SetStackTraceFetcher([]() -> std::string { return {}; });
  at::set_num_threads(1);
}

Subject make_libtorch_subject() {
  Subject subject;
  subject.manifest = libtorch::manifest();
  subject.run = [runner = std::make_shared<libtorch::Runner>()](const Scenario& scenario,
                                                                const Scope& scope, Trace& trace) {
    runner->run(scenario, scope, trace);
  };
  return subject;
}

void run_bare(const Scenario& scenario, const Scope& scope) {
  static thread_local libtorch::Runner runner;
  runner.run_bare(scenario, scope);
}

}  // namespace normdiff
