#include "core/profile.h"

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "neurite/core.h"

namespace nrt {

std::atomic<bool> profiling{false};

namespace {

struct Spent {
  int64_t calls = 0;
  int64_t nanoseconds = 0;
};

std::mutex mutex;
std::map<std::string, Spent> table;
thread_local int depth = 0;
thread_local std::string text;

int64_t now() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

int64_t profile_enter() noexcept { return depth++ == 0 ? now() : -1; }

void profile_leave(const char* call, int64_t start) noexcept {
  --depth;
  if (start < 0) {
    return;
  }
  const int64_t end = now();
  try {
    std::lock_guard<std::mutex> lock(mutex);
    Spent& spent = table[call];
    ++spent.calls;
    spent.nanoseconds += end - start;
  } catch (...) {  // no memory for a row: a measurement lacks a call, the program goes on
  }
}

}  // namespace nrt

extern "C" {

void nrt_profile(int32_t on) {
  std::lock_guard<std::mutex> lock(nrt::mutex);
  if (on != 0) {
    nrt::table.clear();
  }
  nrt::profiling.store(on != 0, std::memory_order_relaxed);
}

const char* nrt_profile_text(void) {
  try {
    std::lock_guard<std::mutex> lock(nrt::mutex);
    nrt::text.clear();
    for (const auto& [name, spent] : nrt::table) {
      nrt::text += name + ' ' + std::to_string(spent.calls) + ' ' + std::to_string(spent.nanoseconds) + '\n';
    }
    return nrt::text.c_str();
  } catch (...) {
    return "";
  }
}
}
