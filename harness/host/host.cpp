#include "harness/host/host.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>

#include "harness/findings/findings.hpp"
#include "harness/host/run_range.hpp"
#include "harness/os/breadcrumb.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/trace/json.hpp"
#include "harness/triage/deviations.hpp"

namespace normdiff {
namespace {

using nlohmann::json;

/// Where answers go: the standard output that the program was started with. What a library prints
/// goes to the standard error instead, where it can't be mistaken for an answer.
class Answers {
 public:
  Answers() {
    std::fflush(stdout);
    const int kept = dup(STDOUT_FILENO);
    file_ = kept < 0 ? nullptr : fdopen(kept, "w");
    if (!file_) throw std::runtime_error("the standard output can't be used");
    dup2(STDERR_FILENO, STDOUT_FILENO);
  }
  ~Answers() { std::fclose(file_); }
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  void send(const json& answer) {
    const std::string line = answer.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
    std::fwrite(line.data(), 1, line.size(), file_);
    std::fflush(file_);
  }

 private:
  std::FILE* file_ = nullptr;
};

/// Catalogues and checkers by what was asked for, kept from request to request.
class Checkers {
 public:
  explicit Checkers(const Manifest& manifest) : manifest_(manifest) {}

  Checker& get(const std::string& folder, bool always_equal) {
    std::unique_ptr<Checker>& checker = checkers_[{folder, always_equal}];
    if (!checker) {
      CheckOptions options;
      options.always_equal = always_equal;
      checker = std::make_unique<Checker>(manifest_, catalogue(folder), options);
    }
    return *checker;
  }

 private:
  const Deviations& catalogue(const std::string& folder) {
    if (folder.empty()) return Deviations::built_in();
    if (const auto known = catalogues_.find(folder); known != catalogues_.end())
      return known->second;
    auto loaded = Deviations::load(folder);
    if (const auto* error = std::get_if<DeviationError>(&loaded))
      throw std::runtime_error(error->message);
    return catalogues_.emplace(folder, std::get<Deviations>(std::move(loaded))).first->second;
  }

  const Manifest& manifest_;
  std::map<std::string, Deviations> catalogues_;
  std::map<std::pair<std::string, bool>, std::unique_ptr<Checker>> checkers_;
};

void answer_trace(const Subject& subject, const json& request, Answers& answers) {
  auto parsed = parse(request.at("scenario").get_ref<const std::string&>());
  if (const auto* error = std::get_if<ParseError>(&parsed))
    return answers.send({{"error", error->text("scenario")}});
  const Scenario& scenario = std::get<Scenario>(parsed);
  Trace trace;
  const Scope scope = resolve(scenario);
  subject.run(scenario, scope, trace);
  for (std::size_t step = 0; step < trace.steps.size(); ++step)
    answers.send(to_json(trace, step, scenario, scope));
  answers.send({{"end", true}});
}

void answer_range(const Subject& subject, const json& request, Checkers& checkers,
                  Answers& answers) {
  using Clock = std::chrono::steady_clock;
  const auto profile = named<Profile>(request.at("profile").get_ref<const std::string&>());
  if (!profile) throw std::runtime_error("no such profile: " + request.at("profile").dump());
  SeedRange range;
  range.profile = *profile;
  range.seed = request.at("seed");
  range.first = request.at("first");
  range.count = request.at("count");

  auto number = Breadcrumb::open(request.at("number_file"));
  if (!number) throw std::runtime_error("the number file can't be opened");
  Checker& checker = checkers.get(request.value("deviations", std::string()),
                                  request.value("always_equal", false));
  std::function<bool()> stop;
  if (const double seconds = request.value("seconds", 0.0); seconds > 0)
    stop = [end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                     std::chrono::duration<double>(seconds))] {
      return Clock::now() >= end;
    };
  const RangeResult result = run_range(
      range, subject, checker, [&](std::uint64_t at) { number->store(at); }, stop);
  answers.send({{"range", to_json(result)}});
}

}  // namespace

int host_main(const Subject& subject) {
  try {
    Answers answers;
    Checkers checkers(subject.manifest);
    for (std::string line; std::getline(std::cin, line);) {
      try {
        const json request = json::parse(line);
        const std::string what = request.at("do");
        if (what == "manifest") {
          answers.send({{"manifest", to_json(subject.manifest)}});
        } else if (what == "trace") {
          answer_trace(subject, request, answers);
        } else if (what == "range") {
          answer_range(subject, request, checkers, answers);
        } else {
          answers.send({{"error", fmt::format("no such request: {}", what)}});
        }
      } catch (const std::exception& error) {
        answers.send({{"error", error.what()}});
      }
    }
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "normdiff: {}\n", error.what());
    return 2;
  }
}

}  // namespace normdiff
