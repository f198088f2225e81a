#pragma once

#include <functional>
#include <list>

namespace normdiff {

/// A thing to do before this process ends because it was told to, or because whoever started it is
/// gone: end a process, remove a folder. It is done from another thread, and only while this lives.
class Farewell {
 public:
  explicit Farewell(std::function<void()> last);
  ~Farewell();
  Farewell(const Farewell&) = delete;
  Farewell& operator=(const Farewell&) = delete;

 private:
  std::list<std::function<void()>>::iterator place_;
};

/// From here on SIGTERM, and the end of whoever started this process, end it once every Farewell
/// was said. Call it before anything else: threads that are there already would take the signal.
void end_with_parent();

}  // namespace normdiff
