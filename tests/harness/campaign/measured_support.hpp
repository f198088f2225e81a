#pragma once

#include <fmt/format.h>

#include "harness/campaign/measure.hpp"
#include "harness/triage/deviation_files.hpp"
#include "tests/harness/campaign/campaign_support.hpp"

namespace normdiff::test {

/// A catalogue of one deviation of the textbook with a fault that loses flags in copies: its
/// witness shows it in two observations of that one, and in none of the right one.
class OneDeviation : public testing::Test {
 protected:
  OneDeviation() {
    (void)corpus_.write("corpus/witness.scenario", witness);
    (void)corpus_.write("corpus/near-miss.scenario", near_miss);
  }

  static constexpr const char* witness =
      "# normdiff-scenario 1\nnet = Sequential()\nnet2 = Sequential()\nnet.eval()\nnet2.eval()\n"
      "b = copy.deepcopy(net)\nb2 = copy.deepcopy(net2)\n";
  static constexpr const char* near_miss =
      "# normdiff-scenario 1\nnet = Sequential()\nb = copy.deepcopy(net)\n";

  static DeviationFile file(const std::string& versions, const std::string& verified_on,
                            int hits = 2) {
    return {"made-up.toml",
            fmt::format("id = \"made-up\"\ntitle = \"t\"\nwhy = \"w\"\nstanding = \"derived\"\n"
                        "upstream = []\nsubjects = [\"textbook\"]\nversions = \"{}\"\n"
                        "verified_on = [{}]\nsteps = [\"deepcopy\"]\n"
                        "observations = [\"flag:training\"]\n"
                        "prediction = \"clone_forgets_sequential_flags\"\n"
                        "witness = \"corpus/witness.scenario\"\n"
                        "near_miss = \"corpus/near-miss.scenario\"\nhits = {{ textbook = {} }}\n",
                        versions, verified_on, hits)};
  }

  static Deviations catalogue(const DeviationFile& one) {
    auto parsed = parse_deviations({one});
    EXPECT_TRUE(std::holds_alternative<Deviations>(parsed)) << one.text;
    return std::get<Deviations>(std::move(parsed));
  }

  /// The textbook as a version: with the fault it shows the deviation.
  [[nodiscard]] Measurement measured(const std::string& version, bool shows,
                                     const std::vector<DeviationFile>& files = {
                                         file(">=7,<8", "\"textbook@7.0.0\"")}) const {
    HostOptions options;
    options.command = strange(shows ? "flag-lost-in-copy" : "none").command;
    HostLink host(options);
    const auto corpus = load_corpus(corpus_.path() / "corpus");
    auto made = measure(host, std::get<Deviations>(parse_deviations(files)),
                        std::get<std::vector<CorpusFile>>(corpus));
    EXPECT_TRUE(std::holds_alternative<Measurement>(made));
    auto measurement = std::get<Measurement>(std::move(made));
    measurement.subject.version = version;
    return measurement;
  }

  TemporaryFolder corpus_;
};

}  // namespace normdiff::test
