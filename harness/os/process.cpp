#include "harness/os/process.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <fstream>
#include <mutex>

extern char** environ;

namespace normdiff {
namespace {

using std::chrono::milliseconds;

/// Writing to a child that is gone is an error value here, not the end of this process.
void ignore_broken_pipes() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction now {};
    if (sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
      std::signal(SIGPIPE, SIG_IGN);  // libuv gives the child the default back
  });
}

/// The process that is about to start another in this thread, or 0.
thread_local pid_t starting = 0;

/// Runs in the new process, before it becomes the program: from its first instant on it ends with
/// the thread that started it. libuv has no place for this.
void bind_to_parent() {
  if (starting == 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != starting) raise(SIGKILL);  // it was too late already
}

void bind_children() {
  static std::once_flag once;
  std::call_once(once, [] { pthread_atfork(nullptr, nullptr, bind_to_parent); });
}

std::vector<std::string> merged_environment(
    const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> merged;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    bool changed = false;
    for (const auto& change : changes) changed |= text.substr(0, text.find('=')) == change.first;
    if (!changed) merged.emplace_back(text);
  }
  for (const auto& [name, value] : changes) merged.push_back(fmt::format("{}={}", name, value));
  return merged;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

std::string ExitStatus::text() const {
  if (signal == 0) return fmt::format("exit {}", code);
  const char* name = sigdescr_np(signal);
  return fmt::format("signal {} ({})", signal, name ? name : "unknown");
}

bool ExitStatus::is_from_outside() const {
  constexpr std::array faults = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};
  return signal != 0 && std::find(faults.begin(), faults.end(), signal) == faults.end();
}

/// One loop for one child, run only inside calls: nothing happens between them, and no thread is
/// started.
struct Process::Implementation {
  uv_loop_t loop{};
  uv_process_t process{};
  uv_pipe_t input{}, output{}, errors{};
  uv_timer_t timer{};
  int pid = 0;
  bool exited = true;  ///< until it was started
  bool output_ended = false;
  bool errors_ended = false;
  bool expired = false;
  bool discard = false;  ///< nobody will read lines any more
  ExitStatus status;
  std::string lines;         ///< output; what was asked for is dropped now and then
  std::size_t begin = 0;     ///< of the next line
  std::size_t searched = 0;  ///< from `begin` to here there is no newline
  std::string last_errors;
  std::vector<char> chunk = std::vector<char>(1 << 16);

  struct Write {
    uv_write_t request{};
    std::string text;
    bool* done = nullptr;
    bool* failed = nullptr;
  };

  Implementation() {
    uv_loop_init(&loop);
    uv_timer_init(&loop, &timer);
    uv_pipe_init(&loop, &input, 0);
    uv_pipe_init(&loop, &output, 0);
    uv_pipe_init(&loop, &errors, 0);
    for (uv_handle_t* handle :
         {as_handle(&output), as_handle(&errors), as_handle(&timer), as_handle(&process)})
      handle->data = this;
  }

  ~Implementation() {
    kill();
    run_until(milliseconds(5000), [&] { return exited; });
    uv_walk(
        &loop,
        [](uv_handle_t* handle, void*) {
          if (!uv_is_closing(handle)) uv_close(handle, nullptr);
        },
        nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
  }

  template <class Handle>
  static uv_handle_t* as_handle(Handle* handle) {
    return reinterpret_cast<uv_handle_t*>(handle);
  }

  int spawn(std::vector<std::string> arguments, std::vector<std::string> environment) {
    const std::vector<char*> argument_pointers = pointers(arguments);
    const std::vector<char*> environment_pointers = pointers(environment);
    const auto pipe = [](uv_pipe_t& stream, int flags) {
      uv_stdio_container_t container{};
      container.flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | flags);
      container.data.stream = reinterpret_cast<uv_stream_t*>(&stream);
      return container;
    };
    uv_stdio_container_t stdio[] = {pipe(input, UV_READABLE_PIPE), pipe(output, UV_WRITABLE_PIPE),
                                    pipe(errors, UV_WRITABLE_PIPE)};
    uv_process_options_t options{};
    options.file = argument_pointers[0];
    options.args = const_cast<char**>(argument_pointers.data());
    options.env = const_cast<char**>(environment_pointers.data());
    options.flags = UV_PROCESS_DETACHED;  // a process group of its own, which can be killed whole
    options.stdio_count = 3;
    options.stdio = stdio;
    options.exit_cb = [](uv_process_t* handle, std::int64_t code, int signal) {
      auto& self = *static_cast<Implementation*>(handle->data);
      self.status = {static_cast<int>(code), signal};
      self.exited = true;
      ::kill(-self.pid, SIGKILL);  // its children must not hold the pipes open
    };
    starting = getpid();
    const int error = uv_spawn(&loop, &process, &options);
    starting = 0;
    if (error != 0) return error;
    pid = process.pid;
    exited = false;
    read(output, [](uv_stream_t* stream, ssize_t n, const uv_buf_t* buffer) {
      static_cast<Implementation*>(stream->data)->on_output(n, buffer->base);
    });
    read(errors, [](uv_stream_t* stream, ssize_t n, const uv_buf_t* buffer) {
      static_cast<Implementation*>(stream->data)->on_errors(stream, n, buffer->base);
    });
    return 0;
  }

  static void read(uv_pipe_t& pipe, uv_read_cb callback) {
    const auto lend = [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
      std::vector<char>& lent = static_cast<Implementation*>(handle->data)->chunk;
      *buffer = uv_buf_init(lent.data(), static_cast<unsigned>(lent.size()));
    };
    uv_read_start(reinterpret_cast<uv_stream_t*>(&pipe), lend, callback);
  }

  void on_output(ssize_t n, const char* text) {
    if (n < 0) {
      output_ended = true;
      uv_read_stop(reinterpret_cast<uv_stream_t*>(&output));
    } else if (!discard) {
      lines.append(text, static_cast<std::size_t>(n));
    }
  }

  void on_errors(uv_stream_t* stream, ssize_t n, const char* text) {
    constexpr std::size_t keep = 4096;
    if (n < 0) {
      errors_ended = true;
      uv_read_stop(stream);
      return;
    }
    last_errors.append(text, static_cast<std::size_t>(n));
    if (last_errors.size() > keep) last_errors.erase(0, last_errors.size() - keep);
  }

  /// False: patience ran out before `condition` held.
  template <class Condition>
  bool run_until(milliseconds patience, Condition condition) {
    if (condition()) return true;
    expired = false;
    uv_update_time(&loop);
    uv_timer_start(
        &timer,
        [](uv_timer_t* handle) { static_cast<Implementation*>(handle->data)->expired = true; },
        static_cast<std::uint64_t>(std::max<std::int64_t>(patience.count(), 0)), 0);
    bool holds = false;
    while (!(holds = condition()) && !expired) uv_run(&loop, UV_RUN_ONCE);
    uv_timer_stop(&timer);
    return holds;
  }

  bool write(std::string_view text, milliseconds patience) {
    if (exited || uv_is_closing(as_handle(&input))) return false;
    bool done = false, failed = false;
    auto* request = new Write;  // lives until libuv is through with it
    request->text = text;
    request->done = &done;
    request->failed = &failed;
    request->request.data = request;
    uv_buf_t buffer{};
    buffer.base = request->text.data();
    buffer.len = request->text.size();
    const int error = uv_write(&request->request, reinterpret_cast<uv_stream_t*>(&input), &buffer,
                               1, [](uv_write_t* finished, int error_code) {
                                 auto* self = static_cast<Write*>(finished->data);
                                 if (self->done) {
                                   *self->done = true;
                                   *self->failed = error_code != 0;
                                 }
                                 delete self;
                               });
    if (error != 0) {
      delete request;
      return false;
    }
    if (!run_until(patience, [&] { return done; })) {
      request->done = nullptr;  // the caller is gone; the rest of the text is of no use
      kill();
      return false;
    }
    return !failed;
  }

  Read read_line(milliseconds patience) {
    std::size_t newline = std::string::npos;
    const auto line_is_there = [&] {
      newline = lines.find('\n', searched);
      searched = lines.size();
      return newline != std::string::npos || lines.size() - begin > max_line;
    };
    const bool in_time = run_until(patience, [&] { return line_is_there() || output_ended; });
    if (newline != std::string::npos && newline - begin <= max_line) {
      std::string line = lines.substr(begin, newline - begin);
      take(newline + 1);
      return line;
    }
    if (lines.size() - begin > max_line) {
      take(lines.size());
      return TooLong{};
    }
    if (!in_time) return TimedOut{};
    const auto gone = [&] { return exited && errors_ended; };
    if (!run_until(patience, gone)) kill();  // it closed its output and lives on
    run_until(milliseconds(5000), gone);
    return Ended{status};
  }

  /// Moves on to `to`. Moving memory waits until there is less to move than to drop.
  void take(std::size_t to) {
    begin = searched = to;
    if (lines.size() - begin > begin) return;
    lines.erase(0, begin);
    begin = searched = 0;
  }

  ExitStatus finish(milliseconds patience, int with_signal = 0) {
    discard = true;
    if (!exited && with_signal != 0) {
      ::kill(pid, with_signal);
      ::kill(pid, SIGCONT);  // one that is stopped does not see it
    }
    if (!uv_is_closing(as_handle(&input))) uv_close(as_handle(&input), nullptr);
    if (!run_until(patience, [&] { return exited; })) {
      kill();
      run_until(milliseconds(5000), [&] { return exited; });
    }
    return status;
  }

  void kill() const {
    if (!exited) ::kill(-pid, SIGKILL);
  }
};

Process::Process(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Process::~Process() = default;

std::variant<std::unique_ptr<Process>, std::string> Process::start(
    const std::vector<std::string>& arguments,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  if (arguments.empty()) return "there is no program to start";
  ignore_broken_pipes();
  bind_children();
  auto implementation = std::make_unique<Implementation>();
  if (const int error = implementation->spawn(arguments, merged_environment(environment)))
    return fmt::format("can't start {}: {}", arguments[0], uv_strerror(error));
  return std::unique_ptr<Process>(new Process(std::move(implementation)));
}

bool Process::write(std::string_view text, milliseconds patience) {
  return implementation_->write(text, patience);
}
Process::Read Process::read_line(milliseconds patience) {
  return implementation_->read_line(patience);
}
ExitStatus Process::finish(milliseconds patience) {
  return implementation_->finish(patience);
}
ExitStatus Process::end(milliseconds patience) {
  return implementation_->finish(patience, SIGTERM);
}
void Process::kill() {
  implementation_->kill();
}
const std::string& Process::error_output() const {
  return implementation_->last_errors;
}
int Process::pid() const {
  return implementation_->pid;
}
std::uint64_t Process::resident() const {
  std::ifstream status(fmt::format("/proc/{}/statm", implementation_->pid));
  std::uint64_t size = 0, pages = 0;
  status >> size >> pages;
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace normdiff
