#include "harness/campaign/proposal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "harness/text/version.hpp"

namespace normdiff {
namespace {

bool has(const std::vector<std::string>& list, const std::string& one) {
  return std::ranges::find(list, one) != list.end();
}

Version version_of(const std::string& verified) {
  return parse_version(verified.substr(verified.find('@') + 1)).value_or(Version());
}

/// A deviation as one subject shows it.
struct Sight {
  std::string family;
  std::string verified;  ///< "python@2.14.1"
  Version version;
  std::uint64_t hits;  ///< 0: its witness does not show it
};

/// The subjects that have a deviation, and those that have not.
struct Sights {
  std::vector<Sight> there;
  std::vector<Sight> gone;
};

/// The part of the release of `version` that is known to be as `version` is: up to the versions of
/// `others`, which are not.
VersionSpan span_around(const Version& version, const std::set<Version>& others) {
  VersionSpan span = release_of(version);
  for (const Version& other : others) {
    if (span.from <= other && other < version) span.from = version;
    if (version < other && other < span.to) span.to = next_after(version);
  }
  return span;
}

/// The alternatives of a range in which some of `versions` lie.
std::string alternatives_with(std::string_view range, const std::set<Version>& versions) {
  std::vector<std::string_view> kept;
  for (const std::string_view alternative : version_alternatives(range))
    if (std::ranges::any_of(versions, [alternative](const Version& version) {
          return in_range(text_of(version), alternative);
        }))
      kept.push_back(alternative);
  return fmt::format("{}", fmt::join(kept, " || "));
}

/// An entry makes of what was seen what a deviation's file should say, or the reason why somebody
/// has to look at it.
class Entry {
 public:
  Entry(const Deviation& deviation, const Deviations& catalogue)
      : deviation_(deviation), catalogue_(catalogue), measured_(Measured::of(deviation)) {}

  [[nodiscard]] std::variant<Measured, std::string> measured(const Sights& sights) {
    for (const Sight& sight : sights.gone) std::erase(measured_.verified_on, sight.verified);
    for (const Sight& sight : sights.there)
      if (!has(measured_.verified_on, sight.verified))
        measured_.verified_on.push_back(sight.verified);
    if (auto why = change_versions(sights)) return *why;
    if (auto why = change_hits(sights.there)) return *why;
    return measured_;
  }

 private:
  /// The versions that were measured, now or before, and lack the deviation: of all its families,
  /// as they share one range.
  [[nodiscard]] std::set<Version> lacking(const Sights& sights) const {
    std::set<std::string> measured;
    for (const Deviation& other : catalogue_.list())
      for (const std::string& verified : other.verified_on)
        if (has(deviation_.subjects, verified.substr(0, verified.find('@'))))
          measured.insert(verified);
    for (const Sight& sight : sights.there) measured.erase(sight.verified);
    std::set<Version> versions;
    for (const std::string& verified : measured)
      if (!in_range(text_of(version_of(verified)), deviation_.versions))
        versions.insert(version_of(verified));
    for (const Sight& sight : sights.gone) versions.insert(sight.version);
    return versions;
  }

  [[nodiscard]] std::optional<std::string> change_versions(const Sights& sights) {
    std::set<Version> having;
    for (const std::string& verified : measured_.verified_on) having.insert(version_of(verified));
    const std::set<Version> without = lacking(sights);
    for (const Version& version : having)
      if (without.count(version) > 0)
        return fmt::format(
            "it is on one subject of version {} and not on another; give each a file "
            "of its own",
            text_of(version));
    for (const Sight& sight : sights.there)
      if (!in_range(text_of(sight.version), measured_.versions))
        measured_.versions = range_with(measured_.versions, span_around(sight.version, without));
    for (const Sight& sight : sights.gone) {
      if (!in_range(text_of(sight.version), measured_.versions)) continue;
      const auto left = range_without(measured_.versions, span_around(sight.version, having));
      // A part of the range that holds no version with the deviation was claimed for nothing.
      measured_.versions = left ? alternatives_with(*left, having) : "";
      if (measured_.versions.empty())
        return "no version is left that has it; remove the file, witness and near miss";
    }
    return std::nullopt;
  }

  /// One number holds for all versions of a family: it is changed if each of those that have the
  /// deviation was measured now and shows the same.
  [[nodiscard]] std::optional<std::string> change_hits(const std::vector<Sight>& there) {
    for (const Sight& sight : there) {
      std::uint64_t& hits = measured_.hits.at(sight.family);
      if (sight.hits == hits) continue;
      for (const std::string& verified : measured_.verified_on) {
        if (!verified.starts_with(sight.family + "@")) continue;
        const auto same = [&](const Sight& other) {
          return other.verified == verified && other.hits == sight.hits;
        };
        if (std::ranges::none_of(there, same))
          return fmt::format(
              "{} shows it in {} observations on {}, and in {} on {}: a case of it is otherwise; "
              "give each a file of its own, or, if the witness was edited, name every subject "
              "of `verified_on` with --subject",
              deviation_.witness, sight.hits, sight.verified, hits, verified);
      }
      hits = sight.hits;
    }
    return std::nullopt;
  }

  const Deviation& deviation_;
  const Deviations& catalogue_;
  Measured measured_;
};

/// The reason why the evidence says nothing clear of a deviation on a subject; empty: it does.
std::string unclear(const Deviation& deviation, const Measurement& on, const Judgement& judgement) {
  for (const std::string& file : {deviation.witness, deviation.near_miss}) {
    if (on.files.count(file) == 0) return fmt::format("{} is not in the corpus", file);
    if (const auto what = judgement.unpredicted.find(file); what != judgement.unpredicted.end())
      return fmt::format("{} has what nothing predicts: {}", file, what->second);
  }
  if (hits_in(judgement.seen, deviation.near_miss, deviation.id) > 0)
    return fmt::format(
        "its near miss {} shows it, too; narrow `steps`, `observations` or the "
        "prediction",
        deviation.near_miss);
  return {};
}

/// The observations of its witness that a deviation explains. Where all are tried, another that
/// predicts the same may have taken them: then it is judged without that one.
std::uint64_t hits_of(const Deviation& deviation, const Deviations& catalogue, Measurement& on,
                      const Judgement& judgement) {
  const std::uint64_t wanted = deviation.hits.at(on.subject.family);
  const std::uint64_t found = hits_in(judgement.seen, deviation.witness, deviation.id);
  if (found == wanted) return found;
  for (const auto& rival : judgement.seen.at(deviation.witness)) {
    if (rival.first == deviation.id) continue;
    std::vector<Deviation> others = with_unmeasured(catalogue, on.subject).list();
    std::erase_if(others, [&](const Deviation& other) { return other.id == rival.first; });
    const FileJudgement without = judge(on, deviation.witness, Deviations(std::move(others)));
    const auto hits = without.hits.find(deviation.id);
    if (hits != without.hits.end() && hits->second == wanted) return wanted;
  }
  return found;
}

std::string change_of(const Deviation& deviation, const Measured& now) {
  std::vector<std::string> parts;
  if (now.versions != deviation.versions)
    parts.push_back(fmt::format("versions {} for {}", now.versions, deviation.versions));
  for (const std::string& verified : now.verified_on)
    if (!has(deviation.verified_on, verified)) parts.push_back("seen on " + verified);
  for (const std::string& verified : deviation.verified_on)
    if (!has(now.verified_on, verified)) parts.push_back("gone on " + verified);
  for (const auto& [family, hits] : now.hits)
    if (hits != deviation.hits.at(family))
      parts.push_back(fmt::format("hits {} for {} on {}", hits, deviation.hits.at(family), family));
  return fmt::format("{}: {}", deviation.id, fmt::join(parts, "; "));
}

/// The proposal is held against the measurements that it was made of, as a run would.
void hold_to(const Deviations& proposed, std::vector<Measurement>& measurements,
             const std::set<std::string>& looked_at, std::vector<std::string>& open) {
  for (Measurement& measurement : measurements) {
    if (!proposed.is_measured(measurement.subject.family, measurement.subject.version)) continue;
    const Judgement judgement = judge(measurement, proposed);
    std::vector<Deviation> others;
    for (const Deviation& deviation : proposed.list())
      if (looked_at.count(deviation.id) == 0) others.push_back(deviation);
    for (const Deviation& deviation : others)
      for (const std::string& file : {deviation.witness, deviation.near_miss})
        if (const auto what = judgement.unpredicted.find(file); what != judgement.unpredicted.end())
          open.push_back(fmt::format("{} on {}: with these files {} has what nothing predicts: {}",
                                     deviation.id, measurement.verified(), file, what->second));
    for (const std::string& error :
         errors_in_evidence(measurement.subject, Deviations(std::move(others)), judgement.seen))
      open.push_back("with these files: " + error);
  }
}

}  // namespace

Proposal propose(const std::vector<DeviationFile>& files, std::vector<Measurement>& measurements) {
  const Deviations catalogue = std::get<Deviations>(parse_deviations(files));
  std::vector<Judgement> judgements;
  for (Measurement& measurement : measurements)
    judgements.push_back(judge(measurement, with_unmeasured(catalogue, measurement.subject)));

  Proposal proposal{files, {}, {}};
  std::set<std::string> looked_at;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Deviation& deviation = catalogue.list()[i];
    const auto leave = [&](const std::string& on, const std::string& why) {
      looked_at.insert(deviation.id);
      proposal.open.push_back(fmt::format("{}{}: {}", deviation.id, on, why));
    };
    Sights sights;
    for (std::size_t m = 0; m < measurements.size(); ++m) {
      const Manifest& subject = measurements[m].subject;
      if (!has(deviation.subjects, subject.family)) continue;
      const std::string verified = measurements[m].verified();
      if (std::string why = unclear(deviation, measurements[m], judgements[m]); !why.empty()) {
        leave(" on " + verified, why);
        continue;
      }
      const Sight sight{subject.family, verified, version_of(verified),
                        hits_of(deviation, catalogue, measurements[m], judgements[m])};
      (sight.hits > 0 ? sights.there : sights.gone).push_back(sight);
    }
    const auto entry = Entry(deviation, catalogue).measured(sights);
    if (const auto* why = std::get_if<std::string>(&entry)) {
      leave("", *why);
      continue;
    }
    const Measured& now = std::get<Measured>(entry);
    if (now == Measured::of(deviation)) continue;
    const DeviationFile changed{files[i].path, with_measured(files[i], now)};
    if (const auto parsed = parse_deviation(changed.text, changed.path);
        const auto* error = std::get_if<DeviationError>(&parsed)) {
      leave("", "nothing is proposed, as this would be wrong then: " + error->message);
      continue;
    }
    proposal.files[i] = changed;
    proposal.changes.push_back(change_of(deviation, now));
  }
  hold_to(std::get<Deviations>(parse_deviations(proposal.files)), measurements, looked_at,
          proposal.open);
  return proposal;
}

}  // namespace normdiff
