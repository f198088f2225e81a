#include "harness/text/base64.hpp"

#include <gtest/gtest.h>

namespace normdiff {
namespace {

bool decodes(std::string_view text, std::string_view expected) {
  std::string out(expected.size(), '?');
  return decode_base64(text, reinterpret_cast<std::byte*>(out.data()), out.size()) &&
         out == expected;
}

// https://www.rfc-editor.org/rfc/rfc4648#section-10
TEST(Base64, TestVectors) {
  EXPECT_EQ(base64("", 0), "");
  EXPECT_EQ(base64("f", 1), "Zg==");
  EXPECT_EQ(base64("fo", 2), "Zm8=");
  EXPECT_EQ(base64("foo", 3), "Zm9v");
  EXPECT_EQ(base64("foob", 4), "Zm9vYg==");
  EXPECT_EQ(base64("fooba", 5), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar", 6), "Zm9vYmFy");
}

TEST(DecodeBase64, TestVectors) {
  EXPECT_TRUE(decodes("", ""));
  EXPECT_TRUE(decodes("Zg==", "f"));
  EXPECT_TRUE(decodes("Zm8=", "fo"));
  EXPECT_TRUE(decodes("Zm9v", "foo"));
  EXPECT_TRUE(decodes("Zm9vYg==", "foob"));
  EXPECT_TRUE(decodes("Zm9vYmE=", "fooba"));
  EXPECT_TRUE(decodes("Zm9vYmFy", "foobar"));
}

TEST(DecodeBase64, ReadsWhatBase64Writes) {
  std::string bytes;
  for (int i = 0; i < 600; ++i) {
    EXPECT_TRUE(decodes(base64(bytes.data(), bytes.size()), bytes));
    bytes += static_cast<char>(i * 37);
  }
}

TEST(DecodeBase64, RefusesAnythingElse) {
  EXPECT_FALSE(decodes("Zg=", "f"));    // too short
  EXPECT_FALSE(decodes("Zg==", "fo"));  // another length than expected
  EXPECT_FALSE(decodes("Zm9v", "fo"));  // no padding where there should be
  EXPECT_FALSE(decodes("Zg=a", "f"));   // after the padding
  EXPECT_FALSE(decodes("Zh==", "f"));   // bits that nobody reads
  EXPECT_FALSE(decodes("Z_==", "f"));   // of another alphabet
  EXPECT_FALSE(decodes("Zm\n9", "foo"));
  EXPECT_FALSE(decodes("====", "f"));
}

}  // namespace
}  // namespace normdiff
