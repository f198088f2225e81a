#include "harness/os/farewell.hpp"

#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

namespace normdiff {
namespace {

struct Farewells {
  std::mutex mutex;
  std::list<std::function<void()>> all;
};

/// It is never destroyed: the thread that reads it outlives main.
Farewells& farewells() {
  static auto* all = new Farewells;
  return *all;
}

/// Says farewell, and dies of the signal as if nobody had listened: that is how it is known.
[[noreturn]] void end_by(int signal) {
  farewells().mutex.lock();  // for good: nothing new begins
  for (const auto& last : farewells().all) last();
  std::signal(signal, SIG_DFL);
  sigset_t this_one;
  sigemptyset(&this_one);
  sigaddset(&this_one, signal);
  pthread_sigmask(SIG_UNBLOCK, &this_one, nullptr);
  kill(getpid(), signal);
  for (;;) pause();
}

}  // namespace

Farewell::Farewell(std::function<void()> last) {
  const std::lock_guard lock(farewells().mutex);
  place_ = farewells().all.insert(farewells().all.end(), std::move(last));
}

Farewell::~Farewell() {
  const std::lock_guard lock(farewells().mutex);
  farewells().all.erase(place_);
}

void end_with_parent() {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::thread([ends] {
    int signal = 0;
    while (sigwait(&ends, &signal) != 0) {
    }
    end_by(signal);
  }).detach();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
}

}  // namespace normdiff
