#include "harness/host/host_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "harness/findings/findings.hpp"
#include "harness/text/utf8.hpp"
#include "harness/trace/json.hpp"

namespace normdiff {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds write_patience{10'000};
constexpr milliseconds glance{50};    ///< between two looks at the number
constexpr milliseconds grace{3'000};  ///< for the range under way after an interrupt

std::string shorten(std::string_view line) {
  constexpr std::size_t longest = 60;
  return line.size() <= longest ? std::string(line) : std::string(line.substr(0, longest)) + "...";
}

std::string last_line(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const std::size_t begin = text.rfind('\n');
  return std::string(begin == std::string_view::npos ? text : text.substr(begin + 1));
}

}  // namespace

HostFailure HostLink::fail(HostFailure::Kind kind, const std::string& text) {
  HostFailure failure{kind, printable(text), std::nullopt};
  if (number_ && number_->load() != Breadcrumb::not_begun) failure.number = number_->load();
  process_.reset();
  return failure;
}

std::optional<HostFailure> HostLink::ask(const std::string& request) {
  if (!process_) {
    auto started = Process::start(options_.command);
    if (const auto* why = std::get_if<std::string>(&started))
      return fail(HostFailure::Kind::not_started, *why);
    process_ = std::get<std::unique_ptr<Process>>(std::move(started));
  }
  // A write to a host that just died fails; how it died is told by the read that follows.
  process_->write(request + "\n", write_patience);
  return std::nullopt;
}

std::variant<std::string, HostFailure> HostLink::answer(milliseconds deadline) {
  using Clock = std::chrono::steady_clock;
  const auto number = [this] { return number_ ? number_->load() : Breadcrumb::not_begun; };
  std::uint64_t last = number();
  Clock::time_point moved = Clock::now();
  std::optional<Clock::time_point> interrupted;
  while (true) {
    Process::Read read = process_->read_line(std::min(glance, deadline));
    if (auto* line = std::get_if<std::string>(&read)) return std::move(*line);
    if (const auto* ended = std::get_if<Process::Ended>(&read)) {
      last_words_ = printable(last_line(process_->error_output()));
      return fail(HostFailure::Kind::crashed, ended->status.text());
    }
    if (std::holds_alternative<Process::TooLong>(read))
      return fail(HostFailure::Kind::garbage, "a line that does not end");
    const Clock::time_point now = Clock::now();
    if (const std::uint64_t at = number(); at != last) {
      last = at;
      moved = now;
    }
    if (now - moved >= deadline)
      return fail(HostFailure::Kind::timed_out,
                  fmt::format("no answer for {} ms", deadline.count()));
    if (const std::uint64_t held = process_->resident(); held > options_.memory)
      return fail(HostFailure::Kind::outgrew, fmt::format("it held {} MiB, and {} are allowed",
                                                          held >> 20, options_.memory >> 20));
    if (interrupted_ && *interrupted_ && !interrupted) interrupted = now;
    if (interrupted && now - *interrupted >= grace)
      return fail(HostFailure::Kind::interrupted, "interrupted");
  }
}

std::variant<Manifest, HostFailure> HostLink::manifest() {
  if (auto failure = ask(R"({"do":"manifest"})")) return *failure;
  auto line = answer(options_.start_deadline);
  if (auto* failure = std::get_if<HostFailure>(&line)) {
    if (!last_words_.empty()) failure->text += ": " + last_words_;
    return *failure;
  }
  try {
    return manifest_from_json(parse_json(std::get<std::string>(line)).at("manifest"));
  } catch (const json::exception&) {
    return fail(HostFailure::Kind::garbage,
                "it did not say what it is but wrote " + shorten(std::get<std::string>(line)));
  }
}

std::variant<RangeResult, HostFailure> HostLink::run(const SeedRange& range, double seconds) {
  if (!number_) {
    if (auto made = Breadcrumb::make()) number_.emplace(std::move(*made));
    if (!number_)
      return HostFailure{HostFailure::Kind::not_started,
                         "no file can be made in the folder for temporary files", std::nullopt};
  }
  number_->store(Breadcrumb::not_begun);
  json request = {{"do", "range"},        {"profile", to_string(range.profile)},
                  {"seed", range.seed},   {"first", range.first},
                  {"count", range.count}, {"number_file", number_->path()},
                  {"seconds", seconds}};
  if (!options_.deviations.empty()) request["deviations"] = options_.deviations;
  if (options_.always_equal) request["always_equal"] = true;
  if (auto failure = ask(request.dump())) return *failure;
  auto line = answer(options_.deadline);
  if (auto* failure = std::get_if<HostFailure>(&line)) return *failure;
  try {
    const json answer = parse_json(std::get<std::string>(line));
    if (const auto error = answer.find("error"); error != answer.end() && !answer.contains("step"))
      return fail(HostFailure::Kind::garbage, shorten(error->dump()));
    return range_result_from_json(answer.at("range"));
  } catch (const json::exception&) {
    return fail(HostFailure::Kind::garbage, "garbage: " + shorten(std::get<std::string>(line)));
  }
}

std::optional<HostFailure> HostLink::trace(const std::string& text, std::size_t names,
                                           Trace& trace) {
  trace.clear();
  const auto failed = [&](HostFailure failure) {
    failure.number.reset();
    return failure;
  };
  if (number_) number_->store(Breadcrumb::not_begun);
  const json request = {{"do", "trace"}, {"scenario", text}};
  if (auto failure = ask(request.dump(-1, ' ', false, json::error_handler_t::replace)))
    return failed(*failure);
  while (true) {
    auto line = answer(options_.deadline);
    if (auto* failure = std::get_if<HostFailure>(&line)) return failed(*failure);
    std::optional<std::string> wrong;
    try {
      const json answer = parse_json(std::get<std::string>(line));
      if (answer.is_object() && answer.contains("end")) return std::nullopt;
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
