// Caching allocator of a context.
//
// Sizes are rounded to 512 bytes. Blocks below 1 MiB are cut from slabs of 2 MiB, larger ones from
// regions of their own (at least 16 MiB); both are split on demand and merged with free neighbours.
// A freed small block first goes to a list of its exact size, unmerged: a training step asks for the
// same sizes again and again, and then both directions are a few list operations. These lists are
// merged when they hold a slab's worth and a request finds nothing else, and by trim.
//
// All bookkeeping is outside the blocks: a wild write cannot damage it, and a pointer that is not
// ours, or freed twice, is told apart without reading what it points to.
#pragma once

#include <cstdint>
#include <set>
#include <vector>

#include "core/block_table.h"
#include "core/spin_lock.h"
#include "neurite/core.h"

namespace nrt {

class Allocator {
 public:
  Allocator();
  ~Allocator();
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  // Throws Error(NRT_OUT_OF_MEMORY) naming request, use and limit.
  nrt_ptr allocate(int64_t bytes);
  // Frees what it can; throws Error(NRT_INVALID_ARGUMENT) naming the first block that is not live.
  void release(const int64_t* blocks, int64_t count);
  int64_t counter(int32_t which);
  void set_limit(int64_t bytes);
  void reset_peak();
  // Gives regions without a live block back to the system.
  void trim();
  void fail_after(int64_t count);

 private:
  enum class State : uint8_t { kLive, kQuick, kFree };
  struct Block {
    int64_t address = 0, size = 0;
    Block* before = nullptr;  // neighbours in the region
    Block* after = nullptr;
    Block* next_quick = nullptr;
    State state = State::kFree;
    bool small = false;
  };
  struct BySize {
    bool operator()(const Block* a, const Block* b) const {
      return a->size != b->size ? a->size < b->size : a->address < b->address;
    }
  };

  static constexpr int64_t kUnit = 512;
  static constexpr int64_t kLarge = int64_t{1} << 20;
  static constexpr int64_t kSlab = int64_t{2} << 20;
  static constexpr int64_t kRegion = int64_t{16} << 20;
  static constexpr int64_t kLargeRest = int64_t{256} << 10;  // a smaller rest stays with its block

  Block* obtain(int64_t size);
  Block* best_fit(int64_t size, bool small);
  Block* add_region(int64_t size, bool small);
  void give_back(Block* block);
  void merge_quick_lists();
  void free_and_merge(Block* block);
  void absorb_next(Block* block);
  void split(Block* block, int64_t size);
  void unmap_free_regions();
  Block* new_record();
  void drop_record(Block* block);
  [[noreturn]] void refuse(int64_t bytes, const char* why);

  SpinLock lock_;
  BlockTable<Block> table_;
  std::vector<Block*> quick_;        // by size / kUnit
  std::set<Block*, BySize> free_[2];  // merged blocks: large, small
  std::vector<Block*> records_;      // records for reuse
  int64_t live_ = 0, peak_ = 0, limit_ = 0, reserved_ = 0, quick_bytes_ = 0;
  int64_t live_blocks_ = 0, system_calls_ = 0, fail_after_ = 0;
};

}  // namespace nrt
