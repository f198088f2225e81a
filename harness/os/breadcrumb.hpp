#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace normdiff {

/// One number in shared memory: a host writes the scenario under way, the campaign reads it, also
/// after the host's death. No system call on either side, and nothing that anybody has to remove.
class Breadcrumb {
 public:
  static constexpr std::uint64_t not_begun = std::numeric_limits<std::uint64_t>::max();

  /// A new one, holding `not_begun`; its path is good for as long as this object lives.
  [[nodiscard]] static std::optional<Breadcrumb> make();
  /// One that somebody else made.
  [[nodiscard]] static std::optional<Breadcrumb> open(const std::string& path);

  Breadcrumb(Breadcrumb&& other) noexcept;
  Breadcrumb& operator=(Breadcrumb&&) = delete;
  ~Breadcrumb();

  void store(std::uint64_t number) { __atomic_store_n(memory_, number, __ATOMIC_RELAXED); }
  [[nodiscard]] std::uint64_t load() const { return __atomic_load_n(memory_, __ATOMIC_RELAXED); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Breadcrumb(std::string path, std::uint64_t* memory, int file)
      : path_(std::move(path)), memory_(memory), file_(file) {}

  std::string path_;
  std::uint64_t* memory_;
  int file_;  ///< of the one that made it; else -1
};

}  // namespace normdiff
