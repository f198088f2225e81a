#pragma once

#include "harness/subject/subject.hpp"

namespace normdiff {

/// The program around a subject: `normdiff-host-2.13.0` is this with the libtorch subject of one
/// LibTorch, `normdiff host --subject S` is this with the others. Reads requests from standard
/// input and answers on standard output, one JSON object a line, until the input ends:
///   {"do":"manifest"}                               -> {"manifest":{...}}
///   {"do":"trace","scenario":"..."}                 -> {"step":..} for each step, {"end":true}
///   {"do":"range","profile":"modes","seed":1,"first":0,"count":1000,"number_file":"...",
///    "deviations":"FOLDER" (optional), "always_equal":true (optional), "seconds":1.5 (optional)}
///                                                    -> {"range":{done, tally, findings, ...}}
/// `number_file` is mapped; the number of the scenario under way is stored there before it starts.
/// After `seconds` a range ends early, with a whole scenario; `done` says how many were run.
/// A range ends early, too, at a scenario that something outside the subject disturbed.
/// A request that can't be read: {"error":"..."}; the program goes on.
/// Such a program calls end_with_parent() before anything else.
int host_main(const Subject& subject);

}  // namespace normdiff
