#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/subject/subject.hpp"

namespace normdiff {

/// A subject that was looked for, known by its name alone: nothing of it runs yet.
struct FoundSubject {
  /// "libtorch@2.13.0", "textbook:biased-running-var", "python:/opt/torch/bin/python"
  std::string id;
  std::string family;                ///< "libtorch"
  std::string version;               ///< "2.13.0"; empty: not known before it runs
  std::string path;                  ///< the host, the interpreter, or this program
  std::vector<std::string> command;  ///< what starts its host
  std::string problem{};             ///< why it can't be used, as a sentence; empty: it can
};

/// A bad name or nothing found: one sentence with what there is.
struct SubjectError {
  std::string message;
};

/// The places of subjects, and of what comes with the program. They follow from where the program
/// lies, in a build folder and in an installed tree (cmake/install.cmake), so that both can be
/// moved.
struct SubjectPlaces {
  std::filesystem::path program;  ///< normdiff itself, as P/bin/normdiff

  /// The folders of the hosts of LibTorch and of the benchmark: that of the program, and
  /// P/libexec/normdiff.
  [[nodiscard]] std::vector<std::filesystem::path> programs() const;
  /// P/libexec/normdiff/venv, a virtual environment or a link to one
  [[nodiscard]] std::filesystem::path venv() const;
  /// P/share/normdiff/corpus
  [[nodiscard]] std::filesystem::path corpus() const;
};

/// The places of this program, from /proc/self/exe.
[[nodiscard]] SubjectPlaces own_places();

/// One for each normdiff-host-VERSION in the folders of programs, the newest first.
[[nodiscard]] std::vector<FoundSubject> find_libtorch(const SubjectPlaces& places);
/// One for each Python to be tested (find_interpreters), the newest first. Of two with one version
/// the second is named by its path. Asks interpreters: takes a while.
[[nodiscard]] std::vector<FoundSubject> find_python(const SubjectPlaces& places);
/// A family of subjects, as every command knows it.
struct SubjectFamily {
  std::string_view name;  ///< "libtorch"
  /// Bugs are looked for in it; of the others, our own, only one is run, which has to conform.
  bool is_tested;
  std::string_view remedy;  ///< where none is found
  /// Each that there is, the newest first.
  std::vector<FoundSubject> (*find)(const SubjectPlaces& places);
  /// The one that "NAME:PATH" names; null: they are not named by paths.
  FoundSubject (*at)(const SubjectPlaces& places, const std::filesystem::path& path);
  /// Makes one in this process, by what comes after "NAME:"; null: a program of its own hosts it.
  std::variant<Subject, SubjectError> (*make)(const std::string& rest);
};

/// The families, in the order in which commands run them.
[[nodiscard]] const std::vector<SubjectFamily>& subject_families();
/// null: there is no such family.
[[nodiscard]] const SubjectFamily* subject_family(std::string_view name);
[[nodiscard]] std::vector<std::string> family_names(bool only_tested);

/// Finds the subjects that `names` name: "libtorch" (the newest), "libtorch@2.13.0",
/// "libtorch:PATH" of a host, "python", "python@2.13.0", "python:PATH" of an interpreter, each PATH
/// also with the version that must be there, "libtorch:PATH@2.13.0"; "textbook", "textbook:FAULT",
/// "all". Each subject once, in the order named. Looks only where a name asks it to. A subject that
/// is named and can't be used is an error: no other takes its place.
[[nodiscard]] std::variant<std::vector<FoundSubject>, SubjectError> resolve_subjects(
    const std::vector<std::string>& names, const SubjectPlaces& places);

/// The subjects of a command that names none: the newest of each of these families. A family of
/// which there is none, or of which one that was named can't be used, has its `problem`.
[[nodiscard]] std::vector<FoundSubject> default_subjects(const SubjectPlaces& places,
                                                         const std::vector<std::string>& families);

/// The subject of `normdiff host --subject NAME`, in this process: a textbook, or "python:PATH" of
/// an interpreter.
[[nodiscard]] std::variant<Subject, SubjectError> make_own_subject(const std::string& name);

}  // namespace normdiff
