// Every element becomes an unsigned key of the same order; a stable merge of (key, index) pairs
// sorts them. A few of many (k small) are kept in a sorted list instead, most elements costing one
// comparison.
#include "core/kernel.h"
#include "neurite/core.h"
#include "ops/sort/sort_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kRun = 16;  // runs sorted by insertion before merging
constexpr int64_t kFew = 64;  // up to so many are picked by insertion
constexpr int64_t kGrainSteps = 16384;

struct Pair {
  uint64_t key;
  int64_t index;
};

inline uint64_t key_of(double x) {
  if (x != x) return UINT64_MAX;
  const double plain = x + 0.0;  // -0 becomes 0
  uint64_t bits;
  memcpy(&bits, &plain, 8);
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}
inline uint64_t key_of(float x) { return key_of(static_cast<double>(x)); }
inline uint64_t key_of(int64_t x) { return static_cast<uint64_t>(x) ^ (uint64_t{1} << 63); }
inline uint64_t key_of(int32_t x) { return key_of(static_cast<int64_t>(x)); }
inline uint64_t key_of(uint8_t x) { return x; }

void insertion(Pair* a, int64_t n) {
  for (int64_t i = 1; i < n; ++i) {
    const Pair moving = a[i];
    int64_t j = i;
    for (; j > 0 && a[j - 1].key > moving.key; --j) a[j] = a[j - 1];
    a[j] = moving;
  }
}

void merge(Pair* to, const Pair* from, int64_t middle, int64_t n) {
  int64_t left = 0, right = middle;
  for (int64_t i = 0; i < n; ++i) {
    const bool take_left = left < middle && (right >= n || from[left].key <= from[right].key);
    to[i] = take_left ? from[left++] : from[right++];
  }
}

// Sorts a[0, n), using b; returns where the result is.
Pair* merge_sort(Pair* a, Pair* b, int64_t n) {
  for (int64_t i = 0; i < n; i += kRun) insertion(a + i, min64(kRun, n - i));
  for (int64_t width = kRun; width < n; width *= 2) {
    for (int64_t i = 0; i < n; i += 2 * width) {
      const int64_t count = min64(2 * width, n - i);
      merge(b + i, a + i, min64(width, count), count);
    }
    Pair* other = a;
    a = b;
    b = other;
  }
  return a;
}

template <typename T>
void pick_few(Pair* best, const T* x, int64_t n, int64_t k, uint64_t flip) {
  int64_t held = 0;
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t key = key_of(x[i]) ^ flip;
    if (held == k && key >= best[k - 1].key) continue;
    int64_t j = held < k ? held++ : k - 1;
    for (; j > 0 && best[j - 1].key > key; --j) best[j] = best[j - 1];
    best[j] = {key, i};
  }
}

template <typename T>
void sort_row(T* values, int64_t* indices, const T* x, const SortSize& s) {
  const ScratchMark mark;
  const uint64_t flip = s.descending ? UINT64_MAX : 0;
  Pair* found;
  if (s.k <= kFew && s.k < s.cols) {
    found = scratch<Pair>(s.k);
    pick_few(found, x, s.cols, s.k, flip);
  } else {
    Pair* a = scratch<Pair>(s.cols);
    Pair* b = scratch<Pair>(s.cols);
    for (int64_t i = 0; i < s.cols; ++i) a[i] = {key_of(x[i]) ^ flip, i};
    found = merge_sort(a, b, s.cols);
  }
  for (int64_t i = 0; i < s.k; ++i) {
    indices[i] = found[i].index;
    values[i] = x[found[i].index];
  }
}

template <typename T>
void sort_rows(void* values, int64_t* indices, const void* x, const SortSize& s) {
  if (s.k == 0 || s.rows == 0) return;
  int64_t levels = 1;
  for (int64_t n = s.cols; n > 1; n /= 2) ++levels;
  parallel(s.rows, max64(1, kGrainSteps / (s.cols * levels)), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      sort_row(static_cast<T*>(values) + r * s.k, indices + r * s.k,
               static_cast<const T*>(x) + r * s.cols, s);
    }
  });
}

bool rows(int32_t dtype, void* values, int64_t* indices, const void* x, const SortSize& s) {
  switch (dtype) {
    case NRT_FLOAT32:
      sort_rows<float>(values, indices, x, s);
      return true;
    case NRT_FLOAT64:
      sort_rows<double>(values, indices, x, s);
      return true;
    case NRT_INT32:
      sort_rows<int32_t>(values, indices, x, s);
      return true;
    case NRT_INT64:
      sort_rows<int64_t>(values, indices, x, s);
      return true;
    case NRT_UINT8:
    case NRT_BOOL:
      sort_rows<uint8_t>(values, indices, x, s);
      return true;
    default:
      return false;
  }
}

template <typename T>
void search_rows(int64_t* y, const void* sorted, const void* queries, int64_t rows, int64_t cols,
                 int64_t count, bool right) {
  parallel(rows * count, 512, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const T* row = static_cast<const T*>(sorted) + i / count * cols;
      const uint64_t key = key_of(static_cast<const T*>(queries)[i]);
      int64_t low = 0, high = cols;
      while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const uint64_t here = key_of(row[middle]);
        if (here < key || (right && here == key)) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      y[i] = low;
    }
  });
}

bool search(int32_t dtype, int64_t* y, const void* sorted, const void* queries, int64_t rows,
            int64_t cols, int64_t count, bool right) {
  switch (dtype) {
    case NRT_FLOAT32:
      search_rows<float>(y, sorted, queries, rows, cols, count, right);
      return true;
    case NRT_FLOAT64:
      search_rows<double>(y, sorted, queries, rows, cols, count, right);
      return true;
    case NRT_INT32:
      search_rows<int32_t>(y, sorted, queries, rows, cols, count, right);
      return true;
    case NRT_INT64:
      search_rows<int64_t>(y, sorted, queries, rows, cols, count, right);
      return true;
    default:
      return false;
  }
}

}  // namespace

extern const SortKernels sort_kernels;
const SortKernels sort_kernels = {rows, search};

}  // namespace NRT_ISA_NS
}  // namespace nrt
