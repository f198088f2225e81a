#include "harness/subject/subject.hpp"

namespace normdiff {

std::string Manifest::id() const {
  return subject + "@" + version;
}

}  // namespace normdiff
