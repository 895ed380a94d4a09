// Where the time of native calls goes, for measurements: switched off, a call costs one load and one
// branch more.
#pragma once

#include <atomic>
#include <cstdint>

namespace nrt {

extern std::atomic<bool> profiling;

// Start of a call: a time, or -1 inside another timed call, which has the time already.
int64_t profile_enter() noexcept;
void profile_leave(const char* call, int64_t start) noexcept;

// Times its own life under the name of an exported function.
class Timed {
 public:
  explicit Timed(const char* call) noexcept
      : call_(call), start_(profiling.load(std::memory_order_relaxed) ? profile_enter() : 0) {}
  ~Timed() {
    if (start_ != 0) {
      profile_leave(call_, start_);
    }
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

 private:
  const char* call_;
  int64_t start_;
};

}  // namespace nrt
