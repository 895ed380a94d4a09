// Row lookup: one copy per id, the rows of the next ids prefetched. Its gradient adds rows in the
// order of the ids; threads share it by columns, so each sum has one owner and one order, and a few
// popular rows (word counts are skewed) load all threads alike. Both are bound by memory.
#include "core/kernel.h"
#include "ops/gather/gather_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kGrainBytes = 256 * 1024;  // about 20 us of copying
constexpr int64_t kAhead = 8;                // ids whose rows are on their way
constexpr int64_t kColumnBytes = 256;        // least share of a row for one thread: four cache lines

inline void prefetch_row(const char* row, int64_t row_bytes) {
  for (int64_t at = 0; at < row_bytes && at < 512; at += 64) __builtin_prefetch(row + at);
}

void fwd(char* y, const char* table, const int64_t* ids, int64_t count, int64_t row_bytes) {
  if (row_bytes == 0) return;
  parallel(count, max64(1, kGrainBytes / row_bytes), [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      if (i + kAhead < end) prefetch_row(table + ids[i + kAhead] * row_bytes, row_bytes);
      const char* from = table + ids[i] * row_bytes;
      char* to = y + i * row_bytes;
      if (row_bytes == 4) {
        memcpy(to, from, 4);
      } else if (row_bytes == 8) {
        memcpy(to, from, 8);
      } else {
        memcpy(to, from, static_cast<size_t>(row_bytes));
      }
    }
  });
}

template <typename T>
void add_columns(T* dtable, const T* dy, const int64_t* ids, int64_t count, int64_t width,
                 int64_t skip_id, int64_t begin, int64_t end) {
  for (int64_t i = 0; i < count; ++i) {
    if (ids[i] == skip_id) continue;
    T* NRT_RESTRICT to = dtable + ids[i] * width;
    const T* NRT_RESTRICT from = dy + i * width;
    for (int64_t c = begin; c < end; ++c) to[c] += from[c];
  }
}

template <typename T>
void bwd(T* dtable, const T* dy, const int64_t* ids, int64_t count, int64_t rows, int64_t width,
         int64_t skip_id, bool accumulate) {
  const int64_t size = static_cast<int64_t>(sizeof(T));
  if (!accumulate) {
    parallel(rows * width, 4 * kGrainBytes / size, [=](int64_t begin, int64_t end) {
      memset(dtable + begin, 0, static_cast<size_t>((end - begin) * size));
    });
  }
  const bool small = count * width * size < kGrainBytes;
  const int64_t columns = small ? max64(width, 1) : max64(kColumnBytes / size, div_up(width, 16));
  parallel(width, columns, [=](int64_t begin, int64_t end) {
    add_columns(dtable, dy, ids, count, width, skip_id, begin, end);
  });
}

int64_t first_outside(const int64_t* ids, int64_t count, int64_t rows) {
  constexpr int64_t kBlock = 1024;
  const auto limit = static_cast<uint64_t>(rows);
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = min64(begin + kBlock, count);
    uint64_t outside = 0;  // no early exit inside, so that it vectorises
    for (int64_t i = begin; i < end; ++i) outside |= static_cast<uint64_t>(ids[i]) >= limit;
    if (outside == 0) continue;
    for (int64_t i = begin; i < end; ++i) {
      if (static_cast<uint64_t>(ids[i]) >= limit) return i;
    }
  }
  return -1;
}

}  // namespace

extern const GatherKernels gather_kernels;
const GatherKernels gather_kernels = {fwd, bwd<float>, bwd<double>, first_outside};

}  // namespace NRT_ISA_NS
}  // namespace nrt
