#include "reference/numeric/profile.hpp"

namespace normdiff::reference {
namespace {
constexpr double half_ulp32 = 0x1p-24;
constexpr double half_ulp64 = 0x1p-53;
}  // namespace

Profile float64_profile() {
  return {DType::float64, half_ulp64, half_ulp64, half_ulp64, half_ulp64, half_ulp64, false};
}

Profile float32_double_accumulation_profile() {
  return {DType::float32, half_ulp32, half_ulp64, half_ulp32, half_ulp32, half_ulp32, false};
}

Profile float32_profile() {
  return {DType::float32, half_ulp32, half_ulp32, half_ulp32, half_ulp32, half_ulp32, false};
}

Profile float32_unknown_profile() {
  Profile profile = float32_profile();
  profile.welford = true;
  return profile;
}

Profile libtorch_cpu_profile(DType dtype, const Shape& input, Layout layout) {
  if (dtype == DType::float64) return float64_profile();
  std::int64_t inner = 1;
  for (int d = 2; d < input.rank(); ++d) inner *= input[d];
  const std::int64_t channels = input.rank() > 1 ? input[1] : 1;
  // One channel, or one element for each: the strides of contiguous and of channels_last agree,
  // and which of the two algorithms runs is a matter of which question is asked first.
  const bool ambiguous = channels <= 1 || inner <= 1;
  return layout == Layout::contiguous && !ambiguous ? float32_double_accumulation_profile()
                                                    : float32_profile();
}

}  // namespace normdiff::reference
