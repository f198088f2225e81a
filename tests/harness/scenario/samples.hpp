#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "checkout.hpp"
#include "harness/scenario/text/text.hpp"

namespace normdiff::testing {

struct Sample {
  std::string name;
  std::string text;
};

/// The scenarios of the corpus, in order of name.
inline std::vector<Sample> corpus() {
  std::vector<Sample> samples;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(NORMDIFF_SOURCE_DIR "/corpus")) {
    if (entry.path().extension() != ".scenario") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    samples.push_back({entry.path().filename().string(), text.str()});
  }
  std::sort(samples.begin(), samples.end(),
            [](const Sample& a, const Sample& b) { return a.name < b.name; });
  return samples;
}

inline Scenario parsed(const std::string& text) {
  auto result = parse(text);
  if (const auto* error = std::get_if<ParseError>(&result)) {
    ADD_FAILURE() << error->text("scenario") << "\n" << text;
    return {};
  }
  return std::get<Scenario>(std::move(result));
}

/// A scenario from its statements, without the format line.
inline Scenario scenario(const std::string& statements) {
  return parsed("# normdiff-scenario 1\n" + statements);
}

/// FNV-1a, to pin down bits.
inline std::uint64_t hash_of(const void* data, std::size_t bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (std::size_t i = 0; i < bytes; ++i)
    hash = (hash ^ static_cast<const unsigned char*>(data)[i]) * 0x100000001b3u;
  return hash;
}
inline std::uint64_t hash_of(const std::string& text) {
  return hash_of(text.data(), text.size());
}

}  // namespace normdiff::testing
