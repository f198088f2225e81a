#pragma once

#include <string>
#include <string_view>

namespace normdiff {

/// Text as HTML shows it: nothing of it is markup, in an element or in an attribute.
[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace normdiff
