#pragma once

#include <string>

namespace normdiff {

/// The shortest decimal that reads back the same: "1", "0.1", "1e-5", "-0.0", "nan", "inf".
void append_number(std::string& out, double value);
[[nodiscard]] std::string number_text(double value);

}  // namespace normdiff
