#include "harness/os/read_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <system_error>

#include "harness/text/utf8.hpp"

namespace normdiff {
namespace {

InputError error(const std::filesystem::path& path, std::string_view what) {
  return {fmt::format("{}: {}", path.string(), what)};
}

std::variant<std::string, InputError> read(std::FILE* file, const std::filesystem::path& path,
                                           std::size_t limit, std::string_view remedy) {
  std::string text;
  char block[1 << 16];
  while (const std::size_t n = std::fread(block, 1, sizeof block, file)) {
    text.append(block, n);
    if (text.size() > limit)
      return error(path,
                   fmt::format("it is larger than {} bytes, the most that is read; cut it", limit));
  }
  if (std::ferror(file) != 0)
    return error(path, fmt::format("it can't be read ({})", std::strerror(errno)));
  if (text.empty()) return error(path, fmt::format("it is empty; {}", remedy));
  const std::size_t line_of = text.find('\0');
  const std::size_t bad = std::min(line_of, not_utf8(text));
  if (bad != std::string::npos)
    return error(path,
                 fmt::format("line {}: this is not text in UTF-8 (byte {}); {}",
                             1 + std::count(text.begin(),
                                            text.begin() + static_cast<std::ptrdiff_t>(bad), '\n'),
                             bad, remedy));
  return text;
}

}  // namespace

std::variant<std::string, InputError> read_text(const std::filesystem::path& path,
                                                std::size_t limit, std::string_view remedy) {
  if (path == "-") return read(stdin, "the standard input", limit, remedy);
  std::error_code failed;
  const auto status = std::filesystem::status(path, failed);
  if (failed == std::errc::no_such_file_or_directory || failed == std::errc::not_a_directory)
    return error(path, "there is no such file; check the name");
  if (failed)
    return error(path, fmt::format("it can't be read ({}); check the name and who may read it",
                                   failed.message()));
  if (std::filesystem::is_directory(status))
    return error(path, "this is a folder; name the files in it");

  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             std::fclose);
  if (!file)
    return error(path,
                 fmt::format("it can't be read ({}); check who may read it", std::strerror(errno)));
  return read(file.get(), path, limit, remedy);
}

}  // namespace normdiff
