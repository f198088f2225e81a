#include "harness/os/breadcrumb.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace normdiff {
namespace {

std::uint64_t* map(int file) {
  struct stat status {};
  if (fstat(file, &status) != 0 || status.st_size < static_cast<off_t>(sizeof(std::uint64_t)))
    return nullptr;  // a mapping past the end of a file is a crash, not an error
  void* memory = mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  return memory == MAP_FAILED ? nullptr : static_cast<std::uint64_t*>(memory);
}

}  // namespace

std::optional<Breadcrumb> Breadcrumb::make() {
  const int file = memfd_create("normdiff-number", MFD_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::uint64_t* memory = ftruncate(file, sizeof(std::uint64_t)) == 0 ? map(file) : nullptr;
  if (!memory) {
    close(file);
    return std::nullopt;
  }
  Breadcrumb made(fmt::format("/proc/{}/fd/{}", getpid(), file), memory, file);
  made.store(not_begun);
  return made;
}

std::optional<Breadcrumb> Breadcrumb::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  std::uint64_t* memory = map(file);
  close(file);
  if (!memory) return std::nullopt;
  return Breadcrumb(path, memory, -1);
}

Breadcrumb::Breadcrumb(Breadcrumb&& other) noexcept
    : path_(std::move(other.path_)),
      memory_(std::exchange(other.memory_, nullptr)),
      file_(std::exchange(other.file_, -1)) {}

Breadcrumb::~Breadcrumb() {
  if (memory_) munmap(memory_, sizeof(std::uint64_t));
  if (file_ >= 0) close(file_);
}

}  // namespace normdiff
