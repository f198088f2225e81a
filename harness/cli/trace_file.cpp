#include "harness/cli/trace_file.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/findings/findings.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/text/json_fields.hpp"
#include "harness/text/utf8.hpp"
#include "harness/trace/json.hpp"

namespace normdiff {
namespace {

using nlohmann::json;

constexpr int trace_format = 1;
constexpr std::size_t longest_trace = std::size_t{1} << 30;
constexpr std::string_view remedy = "record it again with normdiff trace";

/// The process ended with this step: there are no others.
bool ended(const Trace& trace) {
  if (trace.steps.empty()) return false;
  const Outcome outcome = trace.steps.back().outcome;
  return outcome == Outcome::crashed || outcome == Outcome::timed_out ||
         outcome == Outcome::out_of_memory || outcome == Outcome::disturbed;
}

}  // namespace

json trace_header(const Manifest& subject, const Scenario& scenario) {
  return {{"normdiff-trace", trace_format},
          {"subject", to_json(subject)},
          {"scenario", print(scenario)}};
}

std::variant<TraceFile, InputError> read_trace(const std::filesystem::path& path, Trace& trace) {
  trace.clear();
  auto text = read_text(path, longest_trace, remedy);
  if (auto* error = std::get_if<InputError>(&text)) return *error;
  const auto wrong = [&](int line, std::string_view what) {
    return InputError{
        fmt::format("{}:{}: {}; correct it, or {}", path.string(), line, what, remedy)};
  };
  std::istringstream lines(std::get<std::string>(text));
  std::string line;
  TraceFile file;
  std::getline(lines, line);
  if (is_nested_deeply(line)) return wrong(1, "this line is nested too deeply");
  try {
    const json header = parse_json(line);
    int format = 0;
    json subject;
    std::string scenario;
    field_from_json(header, "normdiff-trace", format);
    if (format != trace_format)
      return wrong(1, fmt::format("a trace of format {}, and {} is read", format, trace_format));
    field_from_json(header, "subject", subject);
    field_from_json(header, "scenario", scenario);
    file.subject = manifest_from_json(subject);
    for (const std::string& name :
         {file.subject.subject, file.subject.family, file.subject.version})
      if (name != on_one_line(name))
        return wrong(
            1, fmt::format("the subject's name, family or version, '{}', is no printable line",
                           on_one_line(name)));
    auto parsed = parse(scenario);
    if (const auto* error = std::get_if<ParseError>(&parsed))
      return wrong(1, error->text("the scenario in it"));
    file.scenario = std::get<Scenario>(std::move(parsed));
  } catch (const json::exception& exception) {
    return wrong(1, fmt::format("the first line is no header of a trace: {}",
                                json_problem(line, exception)));
  }
  for (int number = 2; std::getline(lines, line); ++number) {
    if (line.empty()) continue;
    if (is_nested_deeply(line)) return wrong(number, "this line is nested too deeply");
    if (trace.steps.size() == file.scenario.statements.size())
      return wrong(number, "more steps than the scenario has");
    if (ended(trace)) return wrong(number, "a step after the one that the process ended with");
    try {
      if (auto error = append_json(parse_json(line), file.scenario.names.size(), trace))
        return wrong(number, *error);
    } catch (const json::exception& exception) {
      return wrong(number, json_problem(line, exception));
    }
  }
  if (trace.steps.size() < file.scenario.statements.size() && !ended(trace))
    return wrong(1, fmt::format("the trace was cut: it has {} of {} steps", trace.steps.size(),
                                file.scenario.statements.size()));
  if (trace.steps.empty()) return wrong(1, "the trace has no steps");
  return file;
}

}  // namespace normdiff
