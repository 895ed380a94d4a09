#include "core/allocator.h"

#include <cstdlib>

#include "core/status.h"

namespace nrt {

nrt_ptr Allocator::allocate(int64_t bytes) {
  if (bytes < 0) invalid("cannot allocate %lld bytes", static_cast<long long>(bytes));
  const int64_t size = (bytes + 511) / 512 * 512 + (bytes == 0 ? 512 : 0);
  std::lock_guard<std::mutex> lock(mutex_);
  if (fail_after_ > 0 && --fail_after_ == 0) out_of_memory("allocation failed on purpose");
  if (limit_ > 0 && live_ + size > limit_) {
    out_of_memory("%lld bytes requested, %lld in use, limit %lld", static_cast<long long>(bytes),
                  static_cast<long long>(live_), static_cast<long long>(limit_));
  }
  void* p = nullptr;
  if (posix_memalign(&p, 64, static_cast<size_t>(size)) != 0) {
    out_of_memory("%lld bytes requested, the system has none", static_cast<long long>(bytes));
  }
  ++system_calls_;
  live_ += size;
  if (live_ > peak_) peak_ = live_;
  const auto address = static_cast<int64_t>(reinterpret_cast<intptr_t>(p));
  sizes_[address] = size;
  return address;
}

void Allocator::release(const int64_t* blocks, int64_t count) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (int64_t i = 0; i < count; ++i) {
    auto it = sizes_.find(blocks[i]);
    if (it == sizes_.end()) invalid("block %lld is not live", static_cast<long long>(blocks[i]));
    live_ -= it->second;
    sizes_.erase(it);
    free(reinterpret_cast<void*>(static_cast<intptr_t>(blocks[i])));
  }
}

int64_t Allocator::counter(int32_t which) const {
  std::lock_guard<std::mutex> lock(mutex_);
  switch (which) {
    case NRT_MEMORY_LIVE: return live_;
    case NRT_MEMORY_PEAK: return peak_;
    case NRT_MEMORY_CACHED: return 0;
    case NRT_MEMORY_LIMIT: return limit_;
    case NRT_MEMORY_LIVE_BLOCKS: return static_cast<int64_t>(sizes_.size());
    case NRT_MEMORY_SYSTEM_CALLS: return system_calls_;
    default: invalid("unknown memory counter %d", which);
  }
}

void Allocator::set_limit(int64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  limit_ = bytes;
}
void Allocator::reset_peak() {
  std::lock_guard<std::mutex> lock(mutex_);
  peak_ = live_;
}
void Allocator::trim() {}
void Allocator::fail_after(int64_t count) {
  std::lock_guard<std::mutex> lock(mutex_);
  fail_after_ = count;
}
Allocator::~Allocator() {
  for (auto& [address, size] : sizes_) free(reinterpret_cast<void*>(static_cast<intptr_t>(address)));
}

}  // namespace nrt
