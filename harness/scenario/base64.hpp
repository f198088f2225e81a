#pragma once

#include <cstddef>
#include <string>

namespace normdiff {

/// RFC 4648, with padding.
[[nodiscard]] std::string base64(const void* data, std::size_t bytes);

}  // namespace normdiff
