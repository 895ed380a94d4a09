// Scratch memory of kernels: per thread, a stack of blocks with a bump pointer.
//
// A position counts bytes from the first block's start through all blocks, so a mark is one number.
// Blocks never move while anything in them is in use. When the stack is empty and took more than one
// block, the blocks make room for a single one of their joint size: after its first call a kernel
// finds all its scratch in one warm block. All of it goes when the thread ends.
#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "core/kernel.h"
#include "core/pages.h"
#include "core/thread_pool.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, bytes) ((void)(start), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(start, bytes) ((void)(start), (void)(bytes))
#endif

namespace nrt {
namespace {

constexpr int64_t kAlignment = 64;
constexpr int64_t kFirstBlock = 64 * 1024;
#if defined(__SANITIZE_ADDRESS__)
constexpr int64_t kGap = kAlignment;  // stays poisoned: an overrun is reported
#else
constexpr int64_t kGap = 0;
#endif

std::atomic<uint32_t> trim_generation{0};

int64_t round_up(int64_t bytes, int64_t unit) { return (bytes + unit - 1) / unit * unit; }

struct Block {
  char* start;
  int64_t bytes;
  int64_t position;  // of its first byte
};

class Arena {
 public:
  ~Arena() { drop(); }

  void* take(int64_t bytes) {
    if (bytes < 0 || bytes > (int64_t{1} << 46)) throw std::bad_alloc();
    const int64_t size = round_up(bytes > 0 ? bytes : 1, kAlignment) + kGap;
    if (current_ >= blocks_.size() || top_ + size > end_of(current_)) next_block(size);
    const Block& block = blocks_[current_];
    char* taken = block.start + (top_ - block.position);
    top_ += size;
    ASAN_UNPOISON_MEMORY_REGION(taken, static_cast<size_t>(bytes));
    return taken;
  }

  int64_t mark() const { return top_; }

  void release(int64_t mark) {
    while (current_ > 0 && blocks_[current_].position >= mark) {
      poison(blocks_[current_].position);
      --current_;
    }
    if (!blocks_.empty()) poison(mark);
    top_ = mark;
    if (mark == 0) settle();
  }

 private:
  int64_t end_of(size_t index) const { return blocks_[index].position + blocks_[index].bytes; }

  void next_block(int64_t size) {
    const bool first = blocks_.empty();
    const int64_t position = first ? 0 : end_of(current_);
    const bool next_fits = current_ + 1 < blocks_.size() && blocks_[current_ + 1].bytes >= size;
    if (!next_fits) {
      while (blocks_.size() > current_ + 1) pop();  // too small, and nothing in them is in use
      const int64_t bytes = first ? wanted_ : blocks_[current_].bytes;
      blocks_.push_back(make(bytes > size ? bytes : size, position));
    }
    current_ = first ? 0 : current_ + 1;
    top_ = position;
  }

  static Block make(int64_t bytes, int64_t position) {
    void* start = nullptr;
    if (bytes >= kHugePage) {
      bytes = round_up(bytes, kHugePage);
      start = map_pages(bytes);
    } else {
      bytes = round_up(bytes, 4096);
#if defined(_WIN32)
      start = _aligned_malloc(static_cast<size_t>(bytes), 4096);
#else
      if (posix_memalign(&start, 4096, static_cast<size_t>(bytes)) != 0) start = nullptr;
#endif
    }
    if (start == nullptr) throw std::bad_alloc();
    ASAN_POISON_MEMORY_REGION(start, static_cast<size_t>(bytes));
    return {static_cast<char*>(start), bytes, position};
  }

  void pop() {
    const Block block = blocks_.back();
    blocks_.pop_back();
    ASAN_UNPOISON_MEMORY_REGION(block.start, static_cast<size_t>(block.bytes));
    if (block.bytes >= kHugePage) {
      unmap_pages(block.start, block.bytes);
      return;
    }
#if defined(_WIN32)
    _aligned_free(block.start);
#else
    free(block.start);
#endif
  }

  void drop() {
    while (!blocks_.empty()) pop();
    current_ = 0;
  }

  // Everything above mark is out of use.
  void poison([[maybe_unused]] int64_t mark) {
#if defined(__SANITIZE_ADDRESS__)
    const Block& block = blocks_[current_];
    const int64_t keep = mark - block.position;
    ASAN_POISON_MEMORY_REGION(block.start + keep, static_cast<size_t>(block.bytes - keep));
#endif
  }

  // The arena is empty: one block from now on, and none if a trim was asked for.
  void settle() {
    const uint32_t generation = trim_generation.load(std::memory_order_relaxed);
    if (generation != seen_generation_) {
      seen_generation_ = generation;
      wanted_ = kFirstBlock;
      drop();
    } else if (blocks_.size() > 1) {
      wanted_ = end_of(blocks_.size() - 1);
      drop();
    }
  }

  std::vector<Block> blocks_;
  size_t current_ = 0;
  int64_t top_ = 0;
  int64_t wanted_ = kFirstBlock;
  uint32_t seen_generation_ = 0;
};

thread_local Arena arena;

}  // namespace

void* scratch_alloc(int64_t bytes) { return arena.take(bytes); }
int64_t scratch_mark() { return arena.mark(); }
void scratch_release(int64_t mark) { arena.release(mark); }

void scratch_trim() {
  trim_generation.fetch_add(1, std::memory_order_relaxed);
  if (scratch_mark() == 0) scratch_release(0);
}

}  // namespace nrt
