// Big pieces of memory straight from the operating system.
#pragma once

#include <cstdint>

namespace nrt {

constexpr int64_t kHugePage = int64_t{2} << 20;

// bytes (a multiple of kHugePage) of zeroed memory, aligned to kHugePage and backed by huge pages
// where the system has them; nullptr when there is none.
void* map_pages(int64_t bytes) noexcept;
void unmap_pages(void* pages, int64_t bytes) noexcept;

}  // namespace nrt
