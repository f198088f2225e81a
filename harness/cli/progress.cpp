#include "harness/cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "harness/text/utf8.hpp"

namespace normdiff {

void ProgressLine::clear() {
  if (drawn_) fmt::print(file_, "\r\033[K");
  if (drawn_) std::fflush(file_);
  drawn_ = false;
}

void ProgressLine::show(const std::string& text) {
  if (!terminal_.interactive) return;
  fmt::print(file_, "\r\033[K{}", terminal_.paint(shorten(text, terminal_.width - 1), Colour::dim));
  std::fflush(file_);
  drawn_ = true;
}

void ProgressLine::say(const std::string& text) {
  clear();
  fmt::print(file_, "{}\n", printable(text));
  std::fflush(file_);
}

void ProgressLine::update(const Progress& progress, std::optional<std::chrono::milliseconds> of) {
  const double seconds = static_cast<double>(progress.elapsed.count()) / 1000;
  const double rate = static_cast<double>(progress.scenarios) / std::max(seconds, 0.001);
  const std::string whole =
      of ? fmt::format(" of {:.0f}", static_cast<double>(of->count()) / 1000) : "";
  const std::string text = fmt::format("{:.0f}{} s, {} scenarios, {:.0f} a second, {} new {}",
                                       seconds, whole, progress.scenarios, rate, progress.findings,
                                       progress.findings == 1 ? "discrepancy" : "discrepancies");
  if (terminal_.interactive) return show(text);
  if (progress.elapsed < next_plain_) return;
  next_plain_ = progress.elapsed + std::chrono::milliseconds(10'000);
  say(text);
}

}  // namespace normdiff
