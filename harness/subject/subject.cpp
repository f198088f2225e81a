#include "harness/subject/subject.hpp"

namespace normdiff {

std::string Manifest::id() const {
  return subject + "@" + version;
}

std::string normalise_version(std::string_view version) {
  if (version.substr(0, 8) == "1.13.0a0") return "1.13.1";  // how Debian's package calls itself
  std::size_t end = 0;
  while (end < version.size() &&
         ((version[end] >= '0' && version[end] <= '9') || version[end] == '.'))
    ++end;
  while (end > 0 && version[end - 1] == '.') --end;  // of "2.15.0.dev20260101"
  return std::string(version.substr(0, end));
}

}  // namespace normdiff
