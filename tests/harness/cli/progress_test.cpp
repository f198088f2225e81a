#include "harness/cli/progress.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace normdiff {
namespace {

using std::chrono::milliseconds;

/// A file, and all that was written to it.
class File {
 public:
  File() : file_(std::tmpfile()) {}
  ~File() { std::fclose(file_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] std::FILE* get() const { return file_; }
  [[nodiscard]] std::string text() const {
    std::fflush(file_);
    std::string text(4096, '\0');
    const ssize_t n = pread(fileno(file_), text.data(), text.size(), 0);
    text.resize(static_cast<std::size_t>(n < 0 ? 0 : n));
    return text;
  }

 private:
  std::FILE* file_;
};

TEST(ProgressLine, InAPipeIsALineEveryTenSeconds) {
  const File file;
  ProgressLine line(file.get());
  line.update({milliseconds(9'999), 100, 0}, std::nullopt);
  EXPECT_EQ(file.text(), "");
  line.update({milliseconds(10'000), 500, 1}, std::nullopt);
  EXPECT_EQ(file.text(), "10 s, 500 scenarios, 50 a second, 1 new discrepancy\n");
  line.update({milliseconds(19'999), 900, 1}, std::nullopt);
  line.update({milliseconds(20'000), 1000, 2}, milliseconds(60'000));
  EXPECT_EQ(file.text(),
            "10 s, 500 scenarios, 50 a second, 1 new discrepancy\n"
            "20 of 60 s, 1000 scenarios, 50 a second, 2 new discrepancies\n");
}

TEST(ProgressLine, InAPipeNothingIsRewritten) {
  const File file;
  {
    ProgressLine line(file.get());
    line.show("on the way");
    line.say("this stays");
    line.clear();
  }
  EXPECT_EQ(file.text(), "this stays\n");
}

TEST(ProgressLine, ACampaignThatHasJustBegunHasARate) {
  const File file;
  ProgressLine line(file.get());
  line.update({milliseconds(0), 0, 0}, std::nullopt);
  line.update({milliseconds(10'000), 0, 0}, std::nullopt);
  EXPECT_EQ(file.text(), "10 s, 0 scenarios, 0 a second, 0 new discrepancies\n");
}

/// A terminal that shows what is written to it.
class OnATerminal : public testing::Test {
 protected:
  OnATerminal() : screen_(posix_openpt(O_RDWR | O_NOCTTY)) {
    grantpt(screen_);
    unlockpt(screen_);
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    file_ = std::fopen(ptsname(screen_), "w");
  }
  ~OnATerminal() override {
    if (file_ != nullptr) std::fclose(file_);
    close(screen_);
  }
  /// What comes through in one piece or in several: `least` bytes, however long that takes, and
  /// what follows them.
  [[nodiscard]] std::string shown(std::size_t least) const {
    constexpr int patience_ms = 10'000;
    constexpr int silence_ms = 100;
    std::string text;
    pollfd screen{screen_, POLLIN, 0};
    while (poll(&screen, 1, text.size() < least ? patience_ms : silence_ms) > 0) {
      std::string part(4096, '\0');
      const ssize_t n = ::read(screen_, part.data(), part.size());
      if (n <= 0) break;
      text.append(part, 0, static_cast<std::size_t>(n));
    }
    return text;
  }
  void expect_shown(const std::string& text) const { EXPECT_EQ(shown(text.size()), text); }
  int screen_;
  std::FILE* file_ = nullptr;
};

TEST_F(OnATerminal, TheLineIsRewrittenAndCleared) {
  ASSERT_NE(file_, nullptr);
  ProgressLine line(file_);
  line.update({milliseconds(100), 1, 0}, std::nullopt);
  expect_shown("\r\033[K0 s, 1 scenarios, 10 a second, 0 new discrepancies");
  line.say("this stays");
  expect_shown("\r\033[Kthis stays\r\n");
}

TEST_F(OnATerminal, ALineIsNeverWiderThanTheTerminal) {
  ASSERT_NE(file_, nullptr);
  ProgressLine line(file_);
  line.show(std::string(500, 'x'));
  EXPECT_LT(shown(20).size(), 125U);
}

}  // namespace
}  // namespace normdiff
