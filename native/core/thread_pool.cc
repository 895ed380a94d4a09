// parallel_for and scratch (placeholder of the first step: serial, same chunks).
#include <cstdint>
#include <cstdlib>
#include <new>
#include <vector>

#include "core/context.h"
#include "core/kernel.h"

namespace nrt {
namespace {

struct Arena {
  std::vector<void*> blocks;
  ~Arena() {
    for (void* b : blocks) free(b);
  }
};
thread_local Arena arena;

}  // namespace

void bind_threads(int32_t) {}

void parallel_for(int64_t n, int64_t grain, void (*fn)(void*, int64_t, int64_t), void* arg) {
  if (grain < 1) grain = 1;
  for (int64_t begin = 0; begin < n; begin += grain) {
    fn(arg, begin, begin + grain < n ? begin + grain : n);
  }
}

int parallel_threads() { return 1; }

void* scratch_alloc(int64_t bytes) {
  void* p = nullptr;
  if (posix_memalign(&p, 64, static_cast<size_t>(bytes > 0 ? bytes : 64)) != 0) throw std::bad_alloc();
  arena.blocks.push_back(p);
  return p;
}

int64_t scratch_mark() { return static_cast<int64_t>(arena.blocks.size()); }

void scratch_release(int64_t mark) {
  while (static_cast<int64_t>(arena.blocks.size()) > mark) {
    free(arena.blocks.back());
    arena.blocks.pop_back();
  }
}

}  // namespace nrt
