#include <gmock/gmock.h>

#include <fmt/format.h>

#include "checkout.hpp"
#include "harness/subjects/python/python.hpp"
#include "harness/text/version.hpp"
#include "tests/harness/triage/restrictions.hpp"
#include "tests/temporary_folder.hpp"

// The PyTorch of .venv, which calls itself another version. CMake leaves this file out where there
// is none.
namespace normdiff::test {
namespace {

/// A worker in front of the real one that changes what torch says of itself, and nothing else.
std::string worker_of(const std::string& version) {
  const std::string real = NORMDIFF_SOURCE_DIR "/harness/subjects/python/worker.py";
  return fmt::format(
      "import runpy, sys, torch\n"
      "torch.__version__ = '{}'\n"
      "sys.path.insert(0, '{}')\n"
      "runpy.run_path('{}', run_name='__main__')\n",
      version, std::filesystem::path(real).parent_path().string(), real);
}

/// The counts of all the witnesses of PyTorch's deviations together.
Tally on_all_witnesses(const Subject& subject) {
  Tally sum;
  for (const Deviation& deviation : Deviations::built_in().list())
    if (Deviations::built_in().applies(deviation, subject.manifest) != Applies::no)
      sum += testing::Witness(subject, deviation).check(Deviations::built_in());
  return sum;
}

TEST(AnotherVersion, OfTheSameTorchHasTheSameVerdictsAndNothingNew) {
  const TemporaryFolder folder;
  Counts known;
  for (const char* version : {"2.13.5", "2.14.0.dev20261101+cpu", "2.99.1", "3.0.0", "1.0.0"}) {
    PythonOptions options;
    options.worker = folder.write("worker.py", worker_of(version));
    const auto made = make_python_subject(NORMDIFF_VENV_PYTHON, options);
    ASSERT_TRUE(std::holds_alternative<Subject>(made)) << std::get<std::string>(made);
    const Subject& subject = std::get<Subject>(made);
    EXPECT_EQ(subject.manifest.version, normalise_version(version));
    const Tally tally = on_all_witnesses(subject);
    EXPECT_THAT(tally.signatures, ::testing::IsEmpty()) << version;
    // In the range of versions that is claimed, or outside it.
    EXPECT_TRUE(tally.deviations.empty() || tally.known_elsewhere.empty()) << version;
    const Counts& found = tally.deviations.empty() ? tally.known_elsewhere : tally.deviations;
    if (known.empty()) known = found;
    EXPECT_EQ(found, known) << version;
  }
  EXPECT_GT(known.size(), 10U);
}

}  // namespace
}  // namespace normdiff::test
