#include "harness/campaign/subjects.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/cli/cli.hpp"
#include "harness/cli/terminal.hpp"
#include "harness/host/host_link.hpp"
#include "harness/subject/support.hpp"

namespace normdiff {
namespace {

using Where = std::string (*)(const FoundSubject&);

void list(const std::vector<FoundSubject>& subjects, Where where, std::string_view none) {
  if (subjects.empty()) fmt::print("  {}\n", none);
  std::size_t widest = 0;
  for (const FoundSubject& subject : subjects) widest = std::max(widest, width_of(subject.id));
  for (const FoundSubject& subject : subjects)
    fmt::print("  {}  {}\n", padded(subject.id, widest), where(subject));
}

/// A host says itself which library it has loaded.
std::string of_host(const FoundSubject& subject) {
  HostOptions options;
  options.command = subject.command;
  const auto manifest = HostLink(options).manifest();
  if (const auto* failure = std::get_if<HostFailure>(&manifest))
    return fmt::format("{}, which can't be used: {}", subject.path, failure->text);
  return fmt::format("{}, through {}", std::get<Manifest>(manifest).path, subject.path);
}
std::string path_of(const FoundSubject& subject) {
  if (subject.problem.empty()) return subject.path;
  return fmt::format("can't be used: {}", subject.problem);
}

int subjects() {
  const Terminal terminal = Terminal::of(stdout);
  const SubjectPlaces places = own_places();
  fmt::print("{}\n", terminal.paint("Found", Colour::bold));
  for (const SubjectFamily& family : subject_families())
    list(family.find(places), family.make == nullptr ? of_host : path_of,
         fmt::format("no {}: {}", family.name, family.remedy));

  fmt::print("\n{}\n", terminal.paint("What each does, by kind of step", Colour::bold));
  const std::vector<Support>& table = support_table();
  std::string head = "  " + padded("", 26);
  for (const Support& support : table) head += padded(support.family, 12);
  head.erase(head.find_last_not_of(' ') + 1);
  fmt::print("{}\n", head);
  struct Note {
    std::string_view family, why;
    bool partly;
    std::vector<std::string_view> steps;  ///< those that it is said of
  };
  std::vector<Note> notes;
  for (std::size_t kind = 0; kind < step_kind_count; ++kind) {
    std::string row = "  " + padded(step_kind_name(kind), 26);
    for (const Support& support : table) {
      const auto& [declines, why] = support.rows[kind];
      const bool partly = declines != Declines::nothing && declines != Declines::everything;
      row += padded(why.empty() ? "yes" : partly ? "partly" : "no", 12);
      if (why.empty()) continue;
      auto note = std::find_if(notes.begin(), notes.end(), [&](const Note& other) {
        return other.family == support.family && other.why == why;
      });
      if (note == notes.end()) note = notes.insert(note, {support.family, why, partly, {}});
      note->steps.push_back(step_kind_name(kind));
    }
    row.erase(row.find_last_not_of(' ') + 1);
    fmt::print("{}\n", row);
  }
  fmt::print("\n");
  for (const Note& note : notes) {
    const std::string text = fmt::format("{}, {}: {}{}", note.family, fmt::join(note.steps, ", "),
                                         note.partly ? "partly: " : "", note.why);
    fmt::print("  {}\n", hanging(text, 4, terminal.width));
  }
  return exit_conforms;
}

}  // namespace

void add_subjects(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand(
      "subjects", "Lists the implementations found, with versions and paths, and what each does");
  command->footer(
      "Names for --subject: libtorch (the newest), libtorch@2.13.0, libtorch:PATH of a "
      "normdiff-host,\npython, python@2.13.0, python:PATH of an interpreter, textbook, "
      "textbook:FAULT, all.\nNORMDIFF_PYTHON names the interpreters to test, as PATH does "
      "programs; without it that\nof libexec/normdiff/venv, beside the folder of this command, and "
      "/usr/bin/python3 are\nlooked at. The hosts of LibTorch lie beside this command or in "
      "libexec/normdiff.\n\nExamples:\n  normdiff subjects");
  command->callback([&action] { action = subjects; });
}

}  // namespace normdiff
