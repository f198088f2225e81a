#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "harness/subject/subject.hpp"

namespace normdiff {

/// A subject that can be started, known by its name alone: nothing of it runs yet.
struct FoundSubject {
  std::string id;                    ///< "libtorch@2.13.0", "textbook:biased-running-var"
  std::string family;                ///< "libtorch"
  std::string version;               ///< "2.13.0"
  std::string path;                  ///< the host, the interpreter, or this program
  std::vector<std::string> command;  ///< what starts its host
};

/// A bad name or nothing found: one sentence with what there is.
struct SubjectError {
  std::string message;
};

/// Where subjects are looked for.
struct SubjectPlaces {
  std::filesystem::path program;  ///< normdiff itself; the hosts of LibTorch lie beside it
};

/// The places of this program, from /proc/self/exe.
[[nodiscard]] SubjectPlaces own_places();

/// One for each normdiff-host-VERSION beside the program, the newest first.
[[nodiscard]] std::vector<FoundSubject> find_libtorch(const SubjectPlaces& places);
/// One for each Python with torch, the newest first. Asks interpreters: takes a while.
[[nodiscard]] std::vector<FoundSubject> find_python(const SubjectPlaces& places);
/// The right one; `with_faults`: and the wrong ones.
[[nodiscard]] std::vector<FoundSubject> find_textbook(const SubjectPlaces& places,
                                                      bool with_faults);

/// Finds the subjects that `names` name: "libtorch" (the newest), "libtorch@2.13.0", "python",
/// "python@2.13.0", "textbook", "textbook:FAULT", "all". Each subject once, in the order named.
/// Looks only where a name asks it to.
[[nodiscard]] std::variant<std::vector<FoundSubject>, SubjectError> resolve_subjects(
    const std::vector<std::string>& names, const SubjectPlaces& places);

/// The newest of each family that is there: what a command takes that names none.
[[nodiscard]] std::vector<FoundSubject> default_subjects(const SubjectPlaces& places,
                                                         bool with_textbook);

/// The subject of `normdiff host --subject NAME`, in this process: a textbook, or "python:PATH" of
/// an interpreter.
[[nodiscard]] std::variant<Subject, SubjectError> make_own_subject(const std::string& name);

}  // namespace normdiff
