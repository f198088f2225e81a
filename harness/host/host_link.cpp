#include "harness/host/host_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/findings/findings.hpp"
#include "harness/os/watch.hpp"
#include "harness/text/utf8.hpp"
#include "harness/trace/json.hpp"

namespace normdiff {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds write_patience{10'000};
constexpr milliseconds glance{50};    ///< between two looks at the number
constexpr milliseconds grace{3'000};  ///< for the range under way after an interrupt
constexpr milliseconds farewell_patience{3'000};

std::string shorten(std::string_view line) {
  constexpr std::size_t longest = 60;
  return line.size() <= longest ? std::string(line) : std::string(line.substr(0, longest)) + "...";
}

std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const std::size_t begin = text.rfind('\n');
  return std::string(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

HostFailure* failure_in(std::variant<RangeResult, HostFailure>& answer) {
  return std::get_if<HostFailure>(&answer);
}
HostFailure* failure_in(std::optional<HostFailure>& answer) {
  return answer ? &*answer : nullptr;
}

/// Tries again where something outside the subject stood in the way.
template <class Try, class IsInterrupted>
auto persist(Try attempt, IsInterrupted is_interrupted) {
  for (int tries = 1;; ++tries) {
    auto answer = attempt();
    HostFailure* failure = failure_in(answer);
    if (!failure || failure->kind != HostFailure::Kind::disturbed || is_interrupted())
      return answer;
    if (tries < HostLink::most_tries) continue;
    failure->text += fmt::format(", at each of {} tries", tries);
    return answer;
  }
}

}  // namespace

void HostLink::restart() {
  if (process_) process_->end(farewell_patience);
  process_.reset();
}

HostFailure HostLink::fail(HostFailure::Kind kind, const std::string& text) {
  HostFailure failure{kind, printable(text), std::nullopt};
  if (number_ && number_->load() != Breadcrumb::not_begun) failure.number = number_->load();
  restart();
  return failure;
}

std::optional<HostFailure> HostLink::start() {
  using enum HostFailure::Kind;
  if (process_) return std::nullopt;
  std::optional<HostFailure> failure;
  for (int tries = 1; tries <= most_tries; ++tries) {
    failure = start_process();
    const bool died = failure && (failure->kind == crashed || failure->kind == disturbed);
    if (!died || is_interrupted()) break;
  }
  if (!failure) return std::nullopt;
  if (failure->kind != interrupted) failure->kind = not_started;
  if (!last_words_.empty()) failure->text += ": " + last_words_;
  return failure;
}

std::optional<HostFailure> HostLink::start_process() {
  last_words_.clear();
  if (number_) number_->store(Breadcrumb::not_begun);
  auto started = Process::start(options_.command);
  if (const auto* why = std::get_if<std::string>(&started))
    return fail(HostFailure::Kind::not_started, *why);
  process_ = std::get<std::unique_ptr<Process>>(std::move(started));
  ask(R"({"do":"manifest"})");
  auto line = answer(options_.start_deadline);
  if (auto* failure = std::get_if<HostFailure>(&line)) return *failure;
  try {
    manifest_ = manifest_from_json(parse_json(std::get<std::string>(line)).at("manifest"));
    return std::nullopt;
  } catch (const json::exception&) {
    return fail(HostFailure::Kind::garbage,
                "it did not say what it is but wrote " + shorten(std::get<std::string>(line)));
  }
}

void HostLink::ask(const std::string& request) {
  // A write to a host that just died fails; how it died is told by the read that follows.
  process_->write(request + "\n", write_patience);
}

std::variant<std::string, HostFailure> HostLink::answer(milliseconds deadline) {
  using Clock = std::chrono::steady_clock;
  using enum HostFailure::Kind;
  const auto number = [this] { return number_ ? number_->load() : Breadcrumb::not_begun; };
  std::uint64_t last = number();
  Watch watch(*process_, deadline);
  std::optional<Clock::time_point> interrupted_at;
  while (true) {
    Process::Read read = process_->read_line(std::min(glance, deadline));
    if (auto* line = std::get_if<std::string>(&read)) return std::move(*line);
    if (const auto* ended = std::get_if<Process::Ended>(&read)) {
      last_words_ = printable(last_line(process_->error_output()));
      const std::string how = ended->status.text();
      return ended->status.is_from_outside() ? fail(disturbed, "killed from outside, " + how)
                                             : fail(crashed, how);
    }
    if (std::holds_alternative<Process::TooLong>(read))
      return fail(garbage, "a line that does not end");
    if (const std::uint64_t at = number(); at != last) {
      last = at;
      watch.begin_again();
    }
    if (const Watch::Seen seen = watch.look(); seen != Watch::Seen::in_time)
      return fail(seen == Watch::Seen::late ? timed_out : disturbed,
                  fmt::format("no answer for {} ms{}", deadline.count(),
                              seen == Watch::Seen::late ? "" : Watch::held_up_text));
    if (const std::uint64_t held = process_->resident(); held > options_.memory)
      return fail(outgrew, fmt::format("it held {} MiB, and {} are allowed", held >> 20,
                                       options_.memory >> 20));
    if (is_interrupted() && !interrupted_at) interrupted_at = Clock::now();
    if (interrupted_at && Clock::now() - *interrupted_at >= grace)
      return fail(interrupted, "interrupted");
  }
}

std::variant<Manifest, HostFailure> HostLink::manifest() {
  if (auto failure = start()) return *failure;
  return manifest_;
}

std::variant<RangeResult, HostFailure> HostLink::run(const SeedRange& range, double seconds) {
  return persist([&] { return run_once(range, seconds); }, [&] { return is_interrupted(); });
}

std::variant<RangeResult, HostFailure> HostLink::run_once(const SeedRange& range, double seconds) {
  if (!number_) {
    if (auto made = Breadcrumb::make()) number_.emplace(std::move(*made));
    if (!number_)
      return HostFailure{HostFailure::Kind::not_started, "no memory can be shared with a process",
                         std::nullopt};
  }
  if (auto failure = start()) return *failure;
  number_->store(Breadcrumb::not_begun);
  json request = {{"do", "range"},        {"profile", to_string(range.profile)},
                  {"seed", range.seed},   {"first", range.first},
                  {"count", range.count}, {"number_file", number_->path()},
                  {"seconds", seconds}};
  if (!options_.deviations.empty()) request["deviations"] = options_.deviations;
  if (options_.always_equal) request["always_equal"] = true;
  ask(request.dump());
  auto line = answer(options_.deadline);
  if (auto* failure = std::get_if<HostFailure>(&line)) return *failure;
  try {
    const json answer = parse_json(std::get<std::string>(line));
    if (const auto error = answer.find("error"); error != answer.end() && !answer.contains("step"))
      return fail(HostFailure::Kind::garbage, shorten(error->dump()));
    RangeResult result = range_result_from_json(answer.at("range"));
    // The scenarios before the disturbed one count; the rest is asked for again, that one first.
    if (result.done == 0 && !result.disturbed.empty())
      return fail(HostFailure::Kind::disturbed, result.disturbed);
    return result;
  } catch (const json::exception&) {
    return fail(HostFailure::Kind::garbage, "garbage: " + shorten(std::get<std::string>(line)));
  }
}

std::optional<HostFailure> HostLink::trace(const std::string& text, std::size_t names,
                                           Trace& trace) {
  return persist([&] { return trace_once(text, names, trace); }, [&] { return is_interrupted(); });
}

std::optional<HostFailure> HostLink::trace_once(const std::string& text, std::size_t names,
                                                Trace& trace) {
  trace.clear();
  const auto failed = [&](HostFailure failure) {
    failure.number.reset();
    return failure;
  };
  if (auto failure = start()) return failed(*failure);
  if (number_) number_->store(Breadcrumb::not_begun);
  const json request = {{"do", "trace"}, {"scenario", text}};
  ask(request.dump(-1, ' ', false, json::error_handler_t::replace));
  while (true) {
    auto line = answer(options_.deadline);
    if (auto* failure = std::get_if<HostFailure>(&line)) return failed(*failure);
    std::optional<std::string> wrong;
    try {
      const json answer = parse_json(std::get<std::string>(line));
      if (answer.is_object() && answer.contains("end")) {
        if (!trace.is_disturbed()) return std::nullopt;
        return failed(fail(HostFailure::Kind::disturbed, std::string(trace.steps.back().text)));
      }
      if (answer.is_object() && answer.contains("error") && !answer.contains("step"))
        wrong = answer.at("error").dump();
      else
        wrong = append_json(answer, names, trace);
    } catch (const json::exception&) {
      wrong = "garbage: " + shorten(std::get<std::string>(line));
    }
    if (wrong) return failed(fail(HostFailure::Kind::garbage, *wrong));
  }
}

}  // namespace normdiff
