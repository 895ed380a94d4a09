#include "core/pages.h"

#if defined(_WIN32)
#include <malloc.h>
#include <string.h>
#else
#include <sys/mman.h>
#endif

namespace nrt {

#if defined(_WIN32)

void* map_pages(int64_t bytes) noexcept {
  void* pages = _aligned_malloc(static_cast<size_t>(bytes), static_cast<size_t>(kHugePage));
  if (pages != nullptr) memset(pages, 0, static_cast<size_t>(bytes));
  return pages;
}

void unmap_pages(void* pages, int64_t) noexcept { _aligned_free(pages); }

#else

void* map_pages(int64_t bytes) noexcept {
  // mmap aligns to 4 KB: take one huge page more and give the ends back.
  const auto size = static_cast<size_t>(bytes), extra = static_cast<size_t>(kHugePage);
  void* raw = mmap(nullptr, size + extra, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  const auto start = reinterpret_cast<uintptr_t>(raw);
  const uintptr_t aligned = (start + extra - 1) / extra * extra;
  if (aligned > start) munmap(raw, aligned - start);
  const uintptr_t tail = start + extra - aligned;
  if (tail > 0) munmap(reinterpret_cast<void*>(aligned + size), tail);
#if defined(MADV_HUGEPAGE)
  madvise(reinterpret_cast<void*>(aligned), size, MADV_HUGEPAGE);
#endif
  return reinterpret_cast<void*>(aligned);
}

void unmap_pages(void* pages, int64_t bytes) noexcept { munmap(pages, static_cast<size_t>(bytes)); }

#endif

}  // namespace nrt
