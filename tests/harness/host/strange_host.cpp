// A host whose subject misbehaves at one scenario:  strange-host MODE NUMBER [WITH]
// Otherwise it is the textbook. What it does at scenario NUMBER of seed 1, profile modes, from its
// third statement on:
//   crash    a null pointer            exit     exit(3)
//   hang     never answers             garbage  writes what is no answer, and waits
//   halfway  dies in the middle of an answer
//   leak     takes more and more memory
//   late     crashes at the last statement only, and is the textbook with the fault WITH
//   once     makes the file WITH and crashes; from then on no such host lives
//   killed, stopped   it is sent SIGKILL or SIGSTOP, as from outside
//   killed-once       it is sent SIGKILL where there is no file WITH, which is made
//   dies-starting     makes the file WITH and dies while it starts; the next one lives
// MODE may also be: noisy (prints to its standard output all the time), mute (never says what it
// is), none, or a fault of the textbook.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "harness/host/host.hpp"
#include "harness/os/farewell.hpp"
#include "harness/profiles/generate.hpp"
#include "harness/scenario/text/text.hpp"
#include "harness/subjects/textbook/textbook.hpp"

namespace {

using namespace normdiff;

/// The beginnings of the scenario, from its third statement on.
std::set<std::string> beginnings(std::uint64_t number, bool late) {
  Scenario whole;
  generate(Profile::modes, 1, number, whole);
  Scenario beginning = whole;
  beginning.statements.clear();
  std::set<std::string> texts;
  for (const Statement& statement : whole.statements) {
    beginning.statements.push_back(statement);
    if (beginning.statements.size() >= (late ? whole.statements.size() : 3))
      texts.insert(print(beginning));
  }
  return texts;
}

/// Past the host's own care: to wherever its answers go. That is the pipe it opened last; what was
/// inherited lies before it.
void write_to_answers(std::string_view text) {
  for (int file = 63; file > 2; --file) {
    struct stat kind {};
    if (fstat(file, &kind) != 0 || !(S_ISFIFO(kind.st_mode) || S_ISSOCK(kind.st_mode))) continue;
    if (write(file, text.data(), text.size()) > 0) return;
  }
}

void misbehave(std::string_view mode, const char* with) {
  const bool first = !std::ifstream(with);
  if (mode == "once" || mode == "killed-once") std::ofstream{with};
  if (mode == "killed" || (mode == "killed-once" && first)) kill(getpid(), SIGKILL);
  if (mode == "stopped") kill(getpid(), SIGSTOP);
  if (mode == "crash" || mode == "late" || mode == "once") std::raise(SIGSEGV);
  if (mode == "exit") std::_Exit(3);
  if (mode == "garbage") write_to_answers("Segmentation fault? No, garbage.\n");
  if (mode == "leak")
    for (std::vector<std::vector<char>> held;; held.emplace_back(std::size_t{32} << 20, 'x'))
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  if (mode == "garbage" || mode == "hang")
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
  if (mode == "halfway") {
    write_to_answers("{\"range\":{\"done\":");
    std::_Exit(0);
  }
}

bool is_fault(std::string_view mode) {
  for (const std::string_view fault : textbook_faults())
    if (fault == mode) return true;
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return 2;
  end_with_parent();
  for (int file = 3; file < 64; ++file) close(file);  // what was inherited is not ours to write to
  const std::string mode = argv[1];
  if (mode == "mute")
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
  const char* with = argc == 4 ? argv[3] : "";
  if (mode == "once" && std::ifstream(with)) return 3;
  if (mode == "dies-starting" && !std::ifstream(with)) {
    std::ofstream{with};
    std::raise(SIGSEGV);
  }
  const std::set<std::string> bad = beginnings(std::strtoull(argv[2], nullptr, 10), mode == "late");
  const Subject good = make_textbook_subject(mode == "late"   ? with
                                             : is_fault(mode) ? std::string_view(mode)
                                                              : "");
  Subject subject = good;
  subject.run = [&](const Scenario& scenario, const Scope& scope, Trace& trace) {
    if (mode == "noisy") std::puts("{\"range\":\"a library says hello\"}");
    if (bad.count(print(scenario)) != 0) misbehave(mode, with);
    good.run(scenario, scope, trace);
  };
  return host_main(subject);
}
