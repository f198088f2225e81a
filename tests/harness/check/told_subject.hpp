#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/scenario/scope.hpp"
#include "harness/subject/subject.hpp"
#include "harness/subjects/textbook/run.hpp"

namespace normdiff::testing {

inline Manifest manifest(const std::string& family, const std::string& version = "2.13.0") {
  const auto kernels =
      family == "textbook" ? reference::Kernels::any : reference::Kernels::libtorch_cpu;
  return {family, family, version, "", "", kernels};
}

/// The textbook, under the name of any family. It does what the documentation says, but where a
/// test tells it not to.
class ToldSubject {
 public:
  explicit ToldSubject(const std::string& statements, const std::string& family = "textbook",
                       const std::string& version = "2.13.0");

  Scenario scenario;
  Scope scope;
  Manifest manifest;

  using Act = std::function<void(ToldSubject&)>;
  std::map<int, Act> after;    ///< done after the step, before anybody looks
  std::map<int, Act> instead;  ///< done in place of the step, which succeeds
  std::map<int, std::pair<std::string, std::string>> refuse;  ///< error class and text; not done
  std::map<int, std::string> unsupported;                     ///< why; not done
  std::map<int, Outcome> end;                                 ///< the last thing that happens
  std::set<int> accept;  ///< past what can be computed although it is refused
  bool folds = false;    ///< an export folds what it may, whatever it was asked for
  /// Wrong by a lot at this key, from this step on: what follows starts from there.
  void lie(int step, Key key) { lies_.emplace(step, key); }

  [[nodiscard]] Key key(std::string_view name, std::string_view path, Slot slot);
  /// The module at a place, for `after` and `instead`.
  [[nodiscard]] textbook::Module& module(std::string_view name, std::string_view path = "");
  [[nodiscard]] textbook::ModulePtr root(std::string_view name);
  /// The graph that was exported, for `after`.
  [[nodiscard]] textbook::Artefact& artefact(std::string_view name);
  /// Takes new children into account, or makes `name` a tree.
  void plant(std::string_view name, const textbook::ModulePtr& root);
  /// One forward for what it leaves on the modules.
  void run_through(std::string_view name, std::string_view input);
  /// Each place of its own, tensors shared.
  void split(std::string_view name);

  [[nodiscard]] Trace run();

  /// How this family words a refusal.
  [[nodiscard]] std::pair<std::string, std::string> wording(reference::ErrorKind kind) const;

 private:
  /// What it makes of a step: what it was told, or what the textbook does.
  [[nodiscard]] textbook::Ending do_step(const Step& step);
  [[nodiscard]] bool lied(Key key) const;
  /// Makes what is live at the key a lie.
  void corrupt(Key key);
  /// Makes an observed fact of an exported graph a lie.
  static void corrupt(Trace& trace, Key key);

  textbook::Runner runner_{Fault::none};
  std::vector<textbook::ModulePtr> kept_;  ///< so that no module takes the address of an old one
  std::multimap<int, Key> lies_;
  int step_ = 0;
};

}  // namespace normdiff::testing
