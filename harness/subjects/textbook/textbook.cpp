#include "harness/subjects/textbook/textbook.hpp"

#include <stdexcept>

#include "harness/subjects/textbook/run.hpp"
#include "harness/text/names.hpp"

namespace normdiff {

std::vector<std::string_view> textbook_faults() {
  return {fault_names.begin(), fault_names.end()};
}

Subject make_textbook_subject(std::string_view fault) {
  auto which = Fault::none;
  if (!fault.empty()) {
    const auto found = named<std::size_t>(fault_names, fault);
    if (!found)
      throw std::invalid_argument("the textbook has no fault '" + std::string(fault) + "'");
    which = static_cast<Fault>(*found + 1);  // before them is `none`
  }
  Subject subject;
  subject.manifest.subject = fault.empty() ? "textbook" : "textbook:" + std::string(fault);
  subject.manifest.family = "textbook";
  subject.manifest.version = NORMDIFF_VERSION;
  auto runner = std::make_shared<textbook::Runner>(which);
  subject.run = [runner](const Scenario& scenario, const Scope& scope, Trace& trace) {
    runner->run(scenario, scope, trace);
  };
  return subject;
}

}  // namespace normdiff
