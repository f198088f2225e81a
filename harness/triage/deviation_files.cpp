#include "harness/triage/deviation_files.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "harness/text/embedded.hpp"

namespace normdiff {
namespace {

constexpr std::string_view folder_in_repository = "harness/triage/deviations/";

/// A part of a text, and what stands there instead.
struct Edit {
  std::size_t begin;
  std::size_t end;
  std::string text;
};

/// The offset in bytes of a position of toml++, whose columns count characters.
std::size_t offset_of(std::string_view text, const toml::source_position& position) {
  std::size_t at = 0;
  for (toml::source_index line = 1; line < position.line; ++line) at = text.find('\n', at) + 1;
  for (toml::source_index column = 1; column < position.column; ++column) do
      ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
  return at;
}

std::size_t begin_of(std::string_view text, const toml::node& node) {
  return offset_of(text, node.source().begin);
}
std::size_t end_of(std::string_view text, const toml::node& node) {
  return offset_of(text, node.source().end);
}

std::string quoted(const std::string& text) {
  return fmt::format("\"{}\"", text);
}

/// The elements of a list are replaced, with its brackets, what comes before the first and after
/// the last, and what separates the first two left as they are.
Edit edit_of(std::string_view text, const toml::array& list,
             const std::vector<std::string>& elements) {
  std::string separator = ", ";
  if (list.size() > 1) {
    const std::size_t first_ends = end_of(text, *list.get(0));
    separator = text.substr(first_ends, begin_of(text, *list.get(1)) - first_ends);
    if (separator.find('#') != std::string::npos) separator = ", ";
  }
  std::string all;
  for (const std::string& element : elements) {
    if (!all.empty()) all += separator;
    all += quoted(element);
  }
  return {begin_of(text, *list.get(0)), end_of(text, *list.get(list.size() - 1)), std::move(all)};
}

}  // namespace

std::variant<std::vector<DeviationFile>, DeviationError> read_deviation_files(
    const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  bool others = false;  // hidden ones aside
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml")
      paths.push_back(entry.path());
    else if (entry.path().filename().string()[0] != '.')
      others = true;
  }
  if (error)
    return DeviationError{fmt::format("{}: can't be read ({}); name a folder of *.toml files",
                                      folder.string(), error.message())};
  if (paths.empty() && others)
    return DeviationError{fmt::format(
        "{}: has other files and no *.toml; name a folder that has, or an empty one to know none",
        folder.string())};
  std::sort(paths.begin(), paths.end());
  std::vector<DeviationFile> files;
  for (const auto& path : paths) {
    const std::uintmax_t size = std::filesystem::file_size(path, error);
    if (error)
      return DeviationError{fmt::format("{}: is no file that can be read ({}); remove it",
                                        path.string(), error.message())};
    if (size > (std::uintmax_t{1} << 20))
      return DeviationError{
          fmt::format("{}: larger than 1 MiB; a deviation is a page", path.string())};
    std::ifstream stream(path, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    if (!stream)
      return DeviationError{
          fmt::format("{}: can't be read, or is empty; see who may read it", path.string())};
    files.push_back({path.string(), text.str()});
  }
  return files;
}

std::vector<DeviationFile> built_in_deviation_files() {
  std::vector<DeviationFile> files;
  for (const auto& [name, text] : embedded::deviations())
    files.push_back({std::string(folder_in_repository) + std::string(name), std::string(text)});
  return files;
}

std::variant<Deviations, DeviationError> parse_deviations(const std::vector<DeviationFile>& files) {
  std::vector<Deviation> list;
  for (const DeviationFile& file : files) {
    auto parsed = parse_deviation(file.text, file.path);
    if (auto* bad = std::get_if<DeviationError>(&parsed)) return *bad;
    list.push_back(std::get<Deviation>(std::move(parsed)));
  }
  return Deviations(std::move(list));
}

Measured Measured::of(const Deviation& deviation) {
  return {deviation.versions, deviation.verified_on, deviation.hits};
}

std::string with_measured(const DeviationFile& file, const Measured& measured) {
  const toml::table table = toml::parse(file.text, file.path);
  std::string text = file.text;
  std::vector<Edit> edits;
  if (const toml::node& node = *table.get("versions");
      node.value<std::string>() != measured.versions)
    edits.push_back({begin_of(text, node), end_of(text, node), quoted(measured.versions)});
  const toml::array& list = *table.get("verified_on")->as_array();
  std::vector<std::string> elements;
  for (const toml::node& node : list) elements.push_back(node.value_or(std::string()));
  if (elements != measured.verified_on) edits.push_back(edit_of(text, list, measured.verified_on));
  for (const auto& [family, number] : *table.get("hits")->as_table()) {
    const std::uint64_t now = measured.hits.at(std::string(family.str()));
    if (number.value<std::int64_t>() != static_cast<std::int64_t>(now))
      edits.push_back({begin_of(text, number), end_of(text, number), std::to_string(now)});
  }
  std::sort(edits.begin(), edits.end(),
            [](const Edit& a, const Edit& b) { return a.begin > b.begin; });
  for (const Edit& edit : edits) text.replace(edit.begin, edit.end - edit.begin, edit.text);
  return text;
}

}  // namespace normdiff
