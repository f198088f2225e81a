#include "reference/numeric/profile.hpp"

namespace normdiff::reference {

Profile uniform_profile(DType dtype) {
  const double u = unit_roundoff(dtype);
  return {dtype, u, u, u, u, u, false};
}

Profile float32_double_accumulation_profile() {
  Profile profile = uniform_profile(DType::float32);
  profile.ua = unit_roundoff(DType::float64);
  return profile;
}

Profile unknown_profile(DType dtype) {
  Profile profile = uniform_profile(dtype);
  profile.welford = true;
  return profile;
}

Profile probable(Profile profile) {
  profile.lambda = 6;
  return profile;
}

Profile libtorch_cpu_profile(DType dtype, const Shape& input, Layout layout) {
  if (dtype != DType::float32) return uniform_profile(dtype);
  std::int64_t inner = 1;
  for (int d = 2; d < input.rank(); ++d) inner *= input[d];
  const std::int64_t channels = input.rank() > 1 ? input[1] : 1;
  // One channel, or one element for each: the strides of contiguous and of channels_last agree,
  // and which of the two algorithms runs is a matter of which question is asked first.
  const bool ambiguous = channels <= 1 || inner <= 1;
  return layout == Layout::contiguous && !ambiguous ? float32_double_accumulation_profile()
                                                    : uniform_profile(dtype);
}

}  // namespace normdiff::reference
