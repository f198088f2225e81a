#include "harness/subject/subject.hpp"

namespace normdiff {

std::string Manifest::id() const {
  return version.empty() ? subject : subject + "@" + version;
}

}  // namespace normdiff
