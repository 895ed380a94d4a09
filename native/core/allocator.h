// Caching allocator (placeholder of the first step: every block comes from the system).
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "neurite/core.h"

namespace nrt {

class Allocator {
 public:
  nrt_ptr allocate(int64_t bytes);
  void release(const int64_t* blocks, int64_t count);
  int64_t counter(int32_t which) const;
  void set_limit(int64_t bytes);
  void reset_peak();
  void trim();
  void fail_after(int64_t count);
  ~Allocator();

 private:
  mutable std::mutex mutex_;
  std::unordered_map<int64_t, int64_t> sizes_;
  int64_t live_ = 0, peak_ = 0, limit_ = 0, system_calls_ = 0, fail_after_ = 0;
};

}  // namespace nrt
