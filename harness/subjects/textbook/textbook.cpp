#include "harness/subjects/textbook/textbook.hpp"

#include <stdexcept>

#include "harness/subject/facts.hpp"
#include "harness/subjects/textbook/run.hpp"

namespace normdiff {

std::vector<std::string_view> textbook_faults() {
  return {names_of<Fault>.begin() + 1, names_of<Fault>.end()};  // all but `none`
}

Subject make_textbook_subject(std::string_view fault) {
  const auto which = named<Fault>(fault);
  if (!which) throw std::invalid_argument("the textbook has no fault '" + std::string(fault) + "'");
  Subject subject;
  subject.manifest.subject = fault.empty() ? "textbook" : "textbook:" + std::string(fault);
  subject.manifest.family = "textbook";
  subject.manifest.version = NORMDIFF_VERSION;
  add_machine(subject.manifest.facts);
  auto runner = std::make_shared<textbook::Runner>(*which);
  subject.run = [runner](const Scenario& scenario, const Scope& scope, Trace& trace) {
    runner->run(scenario, scope, trace);
  };
  return subject;
}

}  // namespace normdiff
