#include "harness/cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace normdiff {

Terminal Terminal::of(std::FILE* file) {
  Terminal terminal;
  const int number = fileno(file);
  const char* name = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  terminal.interactive = isatty(number) != 0 && name && std::string_view(name) != "dumb";
  terminal.colours = terminal.interactive && (!no_colour || *no_colour == '\0');
  winsize size{};
  if (terminal.interactive && ioctl(number, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    terminal.width = std::max<std::size_t>(60, size.ws_col);
  return terminal;
}

std::string Terminal::paint(std::string_view text, Colour colour) const {
  constexpr const char* codes[] = {"", "1", "2", "31", "32", "33"};
  if (!colours || colour == Colour::plain) return std::string(text);
  return std::string("\033[") + codes[static_cast<int>(colour)] + "m" + std::string(text) +
         "\033[0m";
}

std::string shorten(std::string_view text, std::size_t width) {
  constexpr std::string_view gap = "...";
  if (width_of(text) <= width) return std::string(text);
  const std::size_t kept = width > gap.size() ? width - gap.size() : 0;
  const std::size_t behind = kept / 3;
  const auto is_inside = [&](std::size_t at) {
    return (text[at] & 0xC0) == 0x80;
  };  // of a character
  std::size_t end = 0;
  for (std::size_t columns = 0; columns < kept - behind; ++columns) do
      ++end;
    while (end < text.size() && is_inside(end));
  std::size_t begin = text.size();
  for (std::size_t columns = 0; columns < behind; ++columns) do
      --begin;
    while (is_inside(begin));
  return std::string(text.substr(0, end)) + std::string(gap) + std::string(text.substr(begin));
}

}  // namespace normdiff
