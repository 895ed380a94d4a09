#include "core/allocator.h"

#include <mutex>
#include <string>

#include "core/pages.h"
#include "core/status.h"
#include "core/thread_pool.h"

namespace nrt {
namespace {

using Hold = std::lock_guard<SpinLock>;
constexpr int64_t kMostBytes = int64_t{1} << 46;  // beyond any address space met; keeps sums safe

int64_t round_up(int64_t bytes, int64_t unit) { return (bytes + unit - 1) / unit * unit; }

void* pointer(int64_t address) { return reinterpret_cast<void*>(static_cast<intptr_t>(address)); }

}  // namespace

Allocator::Allocator() : quick_(kLarge / kUnit, nullptr) {
  // A fifth of the machine or container stays for Java's heap and the rest: a message of ours
  // instead of the kernel's kill.
  limit_ = nrt_host_memory_total() / 5 * 4;
}

Allocator::~Allocator() {
  // Live blocks go too: a region's first block carries the region.
  std::vector<Block*> all;
  table_.for_each([&](Block* block) { all.push_back(block); });
  for (Block* block : all) {
    if (block->before != nullptr) continue;
    int64_t bytes = 0;
    for (Block* b = block; b != nullptr; b = b->after) bytes += b->size;
    unmap_pages(pointer(block->address), bytes);
  }
  for (Block* block : all) delete block;
  for (Block* block : records_) delete block;
}

nrt_ptr Allocator::allocate(int64_t bytes) {
  if (bytes < 0) invalid("cannot allocate %lld bytes", static_cast<long long>(bytes));
  Hold hold(lock_);
  if (fail_after_ > 0 && --fail_after_ == 0) refuse(bytes, " (failure asked for by a test)");
  if (bytes > kMostBytes) refuse(bytes, "");
  const int64_t size = round_up(bytes > 0 ? bytes : 1, kUnit);
  if (limit_ > 0 && live_ + size > limit_) refuse(bytes, "");
  Block* block = obtain(size);
  if (block == nullptr) refuse(bytes, "; the system has no more");
  block->state = State::kLive;
  live_ += block->size;
  if (live_ > peak_) peak_ = live_;
  ++live_blocks_;
  return block->address;
}

void Allocator::refuse(int64_t bytes, const char* why) {
  const std::string limit = limit_ > 0 ? std::to_string(limit_) : "none";
  out_of_memory("%lld bytes requested, %lld in use, limit %s%s", static_cast<long long>(bytes),
                static_cast<long long>(live_), limit.c_str(), why);
}

Allocator::Block* Allocator::obtain(int64_t size) {
  const bool small = size < kLarge;
  if (small) {
    Block*& quick = quick_[static_cast<size_t>(size / kUnit)];
    if (quick != nullptr) {
      Block* block = quick;
      quick = block->next_quick;
      quick_bytes_ -= size;
      return block;
    }
  }
  Block* block = best_fit(size, small);
  if (block == nullptr && small && quick_bytes_ >= kSlab) {
    merge_quick_lists();
    block = best_fit(size, small);
  }
  if (block == nullptr) block = add_region(size, small);
  if (block == nullptr) return nullptr;
  const int64_t rest = block->size - size;
  if (rest >= (small ? kUnit : kLargeRest)) split(block, size);
  return block;
}

// The smallest free block that holds size, taken out of its set.
Allocator::Block* Allocator::best_fit(int64_t size, bool small) {
  Block wanted;
  wanted.size = size;
  auto found = free_[small].lower_bound(&wanted);
  if (found == free_[small].end()) return nullptr;
  Block* block = *found;
  free_[small].erase(found);
  return block;
}

Allocator::Block* Allocator::add_region(int64_t size, bool small) {
  int64_t bytes = small ? kSlab : round_up(size < kRegion / 2 ? kRegion : size, kHugePage);
  if (limit_ > 0 && reserved_ + bytes > limit_) {
    merge_quick_lists();
    unmap_free_regions();
    if (reserved_ + bytes > limit_) bytes = round_up(size, kHugePage);
  }
  table_.reserve_one();
  Block* block = new_record();
  void* pages = map_pages(bytes);
  ++system_calls_;
  if (pages == nullptr) {
    merge_quick_lists();
    unmap_free_regions();
    bytes = round_up(size, kHugePage);
    pages = map_pages(bytes);
    ++system_calls_;
  }
  if (pages == nullptr) {
    drop_record(block);
    return nullptr;
  }
  block->address = static_cast<int64_t>(reinterpret_cast<intptr_t>(pages));
  block->size = bytes;
  block->small = small;
  table_.insert(block);
  reserved_ += bytes;
  return block;
}

// Cuts block down to size; the rest becomes a free block behind it.
void Allocator::split(Block* block, int64_t size) {
  table_.reserve_one();
  Block* rest = new_record();
  rest->address = block->address + size;
  rest->size = block->size - size;
  rest->small = block->small;
  rest->state = State::kFree;
  rest->before = block;
  rest->after = block->after;
  if (rest->after != nullptr) rest->after->before = rest;
  block->after = rest;
  block->size = size;
  table_.insert(rest);
  free_[rest->small].insert(rest);
}

void Allocator::release(const int64_t* blocks, int64_t count) {
  if (count < 0 || (count > 0 && blocks == nullptr)) invalid("wrong list of blocks to free");
  int64_t wrong = 0, first_wrong = 0;
  {
    Hold hold(lock_);
    for (int64_t i = 0; i < count; ++i) {
      Block* block = table_.find(blocks[i]);
      if (block != nullptr && block->state == State::kLive) {
        give_back(block);
      } else if (wrong++ == 0) {
        first_wrong = blocks[i];
      }
    }
  }
  if (wrong > 0) {
    invalid("block 0x%llx is not live: freed before, or not from this context (%lld of %lld)",
            static_cast<unsigned long long>(first_wrong), static_cast<long long>(wrong),
            static_cast<long long>(count));
  }
}

void Allocator::give_back(Block* block) {
  live_ -= block->size;
  --live_blocks_;
  if (block->small && block->size < kLarge) {
    Block*& quick = quick_[static_cast<size_t>(block->size / kUnit)];
    block->state = State::kQuick;
    block->next_quick = quick;
    quick = block;
    quick_bytes_ += block->size;
  } else {
    free_and_merge(block);
  }
}

void Allocator::merge_quick_lists() {
  if (quick_bytes_ == 0) return;
  for (Block*& quick : quick_) {
    while (quick != nullptr) {
      Block* block = quick;
      quick = block->next_quick;
      free_and_merge(block);
    }
  }
  quick_bytes_ = 0;
}

void Allocator::free_and_merge(Block* block) {
  block->state = State::kFree;
  if (block->after != nullptr && block->after->state == State::kFree) {
    free_[block->small].erase(block->after);
    absorb_next(block);
  }
  Block* before = block->before;
  if (before != nullptr && before->state == State::kFree) {
    free_[block->small].erase(before);
    absorb_next(before);
    block = before;
  }
  free_[block->small].insert(block);
}

void Allocator::absorb_next(Block* block) {
  Block* next = block->after;
  block->size += next->size;
  block->after = next->after;
  if (block->after != nullptr) block->after->before = block;
  table_.erase(next->address);
  drop_record(next);
}

void Allocator::unmap_free_regions() {
  for (auto& blocks : free_) {
    for (auto it = blocks.begin(); it != blocks.end();) {
      Block* block = *it;
      if (block->before != nullptr || block->after != nullptr) {
        ++it;
        continue;
      }
      it = blocks.erase(it);
      table_.erase(block->address);
      unmap_pages(pointer(block->address), block->size);
      ++system_calls_;
      reserved_ -= block->size;
      drop_record(block);
    }
  }
}

Allocator::Block* Allocator::new_record() {
  if (records_.empty()) return new Block();
  Block* block = records_.back();
  records_.pop_back();
  *block = Block();
  return block;
}

void Allocator::drop_record(Block* block) { records_.push_back(block); }

int64_t Allocator::counter(int32_t which) {
  Hold hold(lock_);
  switch (which) {
    case NRT_MEMORY_LIVE:
      return live_;
    case NRT_MEMORY_PEAK:
      return peak_;
    case NRT_MEMORY_CACHED:
      return reserved_ - live_;
    case NRT_MEMORY_LIMIT:
      return limit_;
    case NRT_MEMORY_LIVE_BLOCKS:
      return live_blocks_;
    case NRT_MEMORY_SYSTEM_CALLS:
      return system_calls_;
    default:
      invalid("unknown memory counter %d", which);
  }
}

void Allocator::set_limit(int64_t bytes) {
  if (bytes < 0) {
    invalid("memory limit must be 0 (none) or more, given %lld", static_cast<long long>(bytes));
  }
  Hold hold(lock_);
  limit_ = bytes;
}

void Allocator::reset_peak() {
  Hold hold(lock_);
  peak_ = live_;
}

void Allocator::trim() {
  {
    Hold hold(lock_);
    merge_quick_lists();
    unmap_free_regions();
  }
  scratch_trim();
}

void Allocator::fail_after(int64_t count) {
  if (count < 0) invalid("fail_after must be 0 or more, given %lld", static_cast<long long>(count));
  Hold hold(lock_);
  fail_after_ = count;
}

}  // namespace nrt
