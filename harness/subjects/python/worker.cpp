#include "harness/subjects/python/worker.hpp"
#include "harness/subject/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/os/watch.hpp"
#include "harness/scenario/plan.hpp"
#include "harness/text/embedded.hpp"
#include "harness/text/version.hpp"
#include "harness/trace/json.hpp"

namespace normdiff {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds glance{50};  ///< between two looks at a worker that does not answer

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void append_lost(Trace& trace, Outcome outcome, std::string_view why) {
  StepRecord record;
  record.outcome = outcome;
  record.text = trace.arena.copy(why);
  record.first = record.last = static_cast<std::uint32_t>(trace.observations.size());
  trace.steps.push_back(record);
}

/// The facts that a worker says of itself; what is no pair of texts is left out.
Facts facts_in(const json& manifest) {
  Facts facts;
  for (const json& fact : manifest.value("facts", json::array()))
    if (fact.is_array() && fact.size() == 2 && fact[0].is_string() && fact[1].is_string())
      facts.emplace_back(fact[0].get<std::string>(), fact[1].get<std::string>());
  return facts;
}

/// The kinds of steps that a worker would not know what to do with.
std::string missing_steps(const json& manifest) {
  const json known = manifest.value("steps", json::array());
  std::vector<std::string_view> missing;
  for_each_step_type([&]<class S>(TypeTag<S>) {
    if (!is_done_as_spelled<S>() && std::find(known.begin(), known.end(), S::name) == known.end())
      missing.push_back(S::name);
  });
  return fmt::format("{}", fmt::join(missing, ", "));
}

}  // namespace

PythonWorker::PythonWorker(std::filesystem::path interpreter, PythonOptions options)
    : interpreter_(std::move(interpreter)), options_(std::move(options)), farewell_([this] {
        if (const int group = running_) ::kill(-group, SIGKILL);
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
      }) {
  std::error_code ignored;
  std::string pattern =
      (std::filesystem::temp_directory_path(ignored) / "normdiff-python-XXXXXX").string();
  if (mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
}

PythonWorker::~PythonWorker() {
  stop();
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

void PythonWorker::stop() {
  running_ = 0;
  process_.reset();
  scenarios_ = 0;
}

std::optional<std::string> PythonWorker::start() {
  if (process_ && scenarios_ < options_.scenarios_per_worker) return std::nullopt;
  stop();
  auto problem = start_process();
  if (problem) stop();
  return problem;
}

std::optional<std::string> PythonWorker::start_process() {
  if (folder_.empty()) return "can't make a folder for files; is TMPDIR writable?";
  std::filesystem::path worker = options_.worker;
  if (worker.empty()) {
    if (auto problem = write_worker()) return problem;
    worker = folder_ / "worker.py";
  }
  auto started = Process::start({interpreter_.string(), "-B", worker.string(), "--memory",
                                 std::to_string(options_.memory), "--folder", folder_.string()});
  if (const auto* problem = std::get_if<std::string>(&started)) return *problem;
  process_ = std::move(std::get<0>(started));
  running_ = process_->pid();
  auto answer = next(options_.start_deadline);
  if (const auto* lost = std::get_if<Lost>(&answer))
    return fmt::format("{} doesn't start: {}", interpreter_.string(), lost->why);
  const json& line = std::get<json>(answer);
  const auto manifest = line.find("manifest");
  if (manifest == line.end() || !manifest->is_object())
    return fmt::format("{} says nothing of itself", interpreter_.string());
  if (const std::string missing = missing_steps(*manifest); !missing.empty())
    return fmt::format("{} has no function for {}; add one to steps.py", worker.filename().string(),
                       missing);
  manifest_.subject = manifest_.family = "python";
  manifest_.kernels = reference::Kernels::libtorch_cpu;
  manifest_.version = normalise_version(text_at(*manifest, "version"));
  manifest_.path = interpreter_.string();
  manifest_.cpu_capability = text_at(*manifest, "cpu_capability");
  manifest_.facts = facts_in(*manifest);
  add_machine(manifest_.facts);
  return std::nullopt;
}

/// Nobody else can write into the folder, and Python looks for modules beside the program it runs
/// first: what is imported is what was built in. The folder goes with all that is in it.
std::optional<std::string> PythonWorker::write_worker() const {
  for (const auto& [name, text] : embedded::python_worker()) {
    std::ofstream file(folder_ / name, std::ios::binary);
    file << text;
    file.close();
    if (!file)
      return fmt::format("{} can't be written; make room there, or set TMPDIR",
                         (folder_ / name).string());
  }
  return std::nullopt;
}

std::string PythonWorker::last_words() const {
  std::string_view text = process_->error_output();
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const std::size_t newline = text.rfind('\n');
  if (newline != std::string_view::npos) text.remove_prefix(newline + 1);
  if (text.empty()) return {};
  std::string line(text.substr(0, 500));
  for (char& c : line)
    if (c < ' ' || c > '~') c = '?';  // whatever it is, a report in UTF-8 can hold it
  return "; last it said: " + line;
}

std::variant<json, PythonWorker::Lost> PythonWorker::next(milliseconds patience) {
  Watch watch(*process_, patience);
  Process::Read read = process_->read_line(std::min(glance, patience));
  while (std::holds_alternative<Process::TimedOut>(read)) {
    if (const Watch::Seen seen = watch.look(); seen != Watch::Seen::in_time)
      return Lost{
          seen == Watch::Seen::late ? Outcome::timed_out : Outcome::disturbed,
          fmt::format("no answer within {} s{}", static_cast<double>(patience.count()) / 1e3,
                      seen == Watch::Seen::late ? "" : Watch::held_up_text)};
    read = process_->read_line(std::min(glance, patience));
  }
  if (const auto* ended = std::get_if<Process::Ended>(&read)) {
    const std::string how = ended->status.text() + last_words();
    if (ended->status.is_from_outside())
      return Lost{Outcome::disturbed, "killed from outside, " + how};
    return Lost{Outcome::crashed, how};
  }
  if (std::holds_alternative<Process::TooLong>(read))
    return Lost{Outcome::crashed, "it wrote a line without end"};
  const std::string& line = std::get<std::string>(read);
  json value = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!value.is_object())
    return Lost{Outcome::crashed, "it wrote what is no JSON object" + last_words()};
  return value;
}

std::optional<PythonWorker::Lost> PythonWorker::run_steps(const Scenario& scenario, Trace& trace) {
  const std::string request = json{{"plan", plan(scenario)}}.dump() + "\n";
  // Where it died before it read all of this, reading says how.
  (void)process_->write(request, options_.step_deadline);
  for (;;) {
    auto answer = next(options_.step_deadline);
    if (const auto* lost = std::get_if<Lost>(&answer)) return *lost;
    const json& line = std::get<json>(answer);
    if (line.contains("end")) {
      const bool whole =
          trace.steps.size() == scenario.statements.size() ||
          (!trace.steps.empty() && trace.steps.back().outcome == Outcome::out_of_memory);
      if (whole) return std::nullopt;
      return Lost{Outcome::crashed, "it ended before the last step"};
    }
    if (trace.steps.size() == scenario.statements.size())
      return Lost{Outcome::crashed, "it answered more steps than there are"};
    if (const auto problem = append_json(line, scenario.names.size(), trace))
      return Lost{Outcome::crashed, "it wrote what is no trace: " + *problem};
  }
}

void PythonWorker::run(const Scenario& scenario, Trace& trace) {
  trace.clear();
  if (const auto problem = start()) {
    if (!scenario.statements.empty()) append_lost(trace, Outcome::disturbed, *problem);
    return;
  }
  ++scenarios_;
  const auto lost = run_steps(scenario, trace);
  if (!lost) return;
  stop();
  if (trace.steps.size() < scenario.statements.size()) {
    append_lost(trace, lost->outcome, lost->why);
  } else if (!trace.steps.empty()) {
    // All was answered, but clearing up was too much: the last step is the nearest place there is.
    trace.steps.back().outcome = lost->outcome;
    trace.steps.back().text = trace.arena.copy("after the last step: " + lost->why);
  }
}

}  // namespace normdiff
