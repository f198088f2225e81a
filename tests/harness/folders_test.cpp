// An include may point to the file's own folder or to one that comes before it in these lists, so
// that a folder can be read, built and tested without those behind it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "checkout.hpp"

namespace normdiff {
namespace {

namespace fs = std::filesystem;

using Order = std::vector<std::string>;

const Order& reference_order() {
  static const Order order = {"reference",           "reference/tensor", "reference/numeric",
                              "reference/ops",       "reference/layers", "reference/modules",
                              "reference/transforms"};
  return order;
}

/// As harness/CMakeLists.txt has it, which makes a library of each.
Order harness_order() {
  Order order;
  std::istringstream folders(NORMDIFF_FOLDERS);
  for (std::string folder; std::getline(folders, folder, ';');)
    order.push_back("harness/" + folder);
  return order;
}

/// The position of the innermost folder in `order` that holds `file`; -1: none does.
int position(const Order& order, const fs::path& file) {
  for (fs::path folder = file.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    const auto found = std::find(order.begin(), order.end(), folder.generic_string());
    if (found != order.end()) return static_cast<int>(found - order.begin());
  }
  return -1;
}

/// What a file of the project includes from below `root`.
std::vector<std::string> includes_of(std::istream& text, std::string_view root) {
  const std::string begin = "#include \"" + std::string(root) + "/";
  std::vector<std::string> included;
  for (std::string line; std::getline(text, line);)
    if (line.rfind(begin, 0) == 0) {
      const std::size_t quote = line.find('"') + 1;
      included.push_back(line.substr(quote, line.find('"', quote) - quote));
    }
  return included;
}

/// "FILE -> INCLUDED" for each include that points up, or from or to a folder without a place.
std::set<std::string> arrows_up(const Order& order, const std::string& root) {
  const fs::path source = NORMDIFF_SOURCE_DIR;
  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(source / root)) {
    const fs::path extension = entry.path().extension();
    if (extension != ".hpp" && extension != ".cpp") continue;
    const fs::path file = entry.path().lexically_relative(source);
    const int own = position(order, file);
    std::ifstream text(entry.path());
    for (const std::string& included : includes_of(text, root)) {
      const int other = position(order, included);
      if (own < 0 || other < 0 || other > own)
        found.insert(file.generic_string() + " -> " + included);
    }
  }
  return found;
}

TEST(Folders, NoIncludeInTheReferencePointsUp) {
  EXPECT_THAT(arrows_up(reference_order(), "reference"), ::testing::IsEmpty());
}

TEST(Folders, NoIncludeInTheHarnessPointsUp) {
  EXPECT_THAT(arrows_up(harness_order(), "harness"), ::testing::IsEmpty());
}

TEST(Folders, AnArrowUpIsFound) {
  Order reversed = harness_order();
  std::reverse(reversed.begin(), reversed.end());
  EXPECT_THAT(arrows_up(reversed, "harness"), ::testing::Not(::testing::IsEmpty()));
}

}  // namespace
}  // namespace normdiff
