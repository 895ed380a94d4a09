// Every element becomes an unsigned key of the same order. (key, index) pairs are sorted by one byte
// of the key after the other, the least first, which is stable; short rows by a stable merge. A few of
// many (k small) are kept in a sorted list instead, most elements costing one comparison.
#include "core/kernel.h"
#include "neurite/core.h"
#include "ops/sort/sort_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kRun = 16;  // runs sorted by insertion before merging
constexpr int64_t kFew = 64;  // up to so many are picked by insertion
constexpr int64_t kGrainSteps = 16384;
constexpr int64_t kBytewise = 512;  // rows from this length on are sorted by bytes
constexpr int kBins = 256;

inline uint64_t key_of(double x) {
  if (x != x) return UINT64_MAX;
  const double plain = x + 0.0;  // -0 becomes 0
  uint64_t bits;
  memcpy(&bits, &plain, 8);
  return (bits >> 63) != 0 ? ~bits : bits | (uint64_t{1} << 63);
}
inline uint32_t key_of(float x) {
  if (x != x) return UINT32_MAX;
  const float plain = x + 0.0f;
  uint32_t bits;
  memcpy(&bits, &plain, 4);
  return (bits >> 31) != 0 ? ~bits : bits | (uint32_t{1} << 31);
}
inline uint64_t key_of(int64_t x) { return static_cast<uint64_t>(x) ^ (uint64_t{1} << 63); }
inline uint32_t key_of(int32_t x) { return static_cast<uint32_t>(x) ^ (uint32_t{1} << 31); }
inline uint8_t key_of(uint8_t x) { return x; }

template <typename T>
using KeyOf = decltype(key_of(T{}));

// Key and place in the row.
template <typename K, typename I>
struct Pair {
  K key;
  I index;
};

template <typename P>
void insertion(P* a, int64_t n) {
  for (int64_t i = 1; i < n; ++i) {
    const P moving = a[i];
    int64_t j = i;
    for (; j > 0 && a[j - 1].key > moving.key; --j) a[j] = a[j - 1];
    a[j] = moving;
  }
}

template <typename P>
void merge(P* to, const P* from, int64_t middle, int64_t n) {
  int64_t left = 0, right = middle;
  for (int64_t i = 0; i < n; ++i) {
    const bool take_left = left < middle && (right >= n || from[left].key <= from[right].key);
    to[i] = take_left ? from[left++] : from[right++];
  }
}

// Sorts a[0, n), using b; returns where the result is.
template <typename P>
P* merge_sort(P* a, P* b, int64_t n) {
  for (int64_t i = 0; i < n; i += kRun) insertion(a + i, min64(kRun, n - i));
  for (int64_t width = kRun; width < n; width *= 2) {
    for (int64_t i = 0; i < n; i += 2 * width) {
      const int64_t count = min64(2 * width, n - i);
      merge(b + i, a + i, min64(width, count), count);
    }
    P* other = a;
    a = b;
    b = other;
  }
  return a;
}

// The same by bytes.
template <typename K, typename I>
Pair<K, I>* byte_sort(Pair<K, I>* a, Pair<K, I>* b, int64_t n) {
  constexpr int kBytes = sizeof(K);
  int64_t bins[kBytes][kBins] = {};
  for (int64_t i = 0; i < n; ++i) {
    for (int d = 0; d < kBytes; ++d) ++bins[d][a[i].key >> (8 * d) & 255];
  }
  for (int d = 0; d < kBytes; ++d) {
    int64_t* at = bins[d];
    if (at[a[0].key >> (8 * d) & 255] == n) continue;  // all alike
    int64_t before = 0;
    for (int k = 0; k < kBins; ++k) {
      const int64_t own = at[k];
      at[k] = before;
      before += own;
    }
    for (int64_t i = 0; i < n; ++i) b[at[a[i].key >> (8 * d) & 255]++] = a[i];
    Pair<K, I>* other = a;
    a = b;
    b = other;
  }
  return a;
}

template <typename T, typename P>
void pick_few(P* best, const T* x, int64_t n, int64_t k, KeyOf<T> flip) {
  int64_t held = 0;
  for (int64_t i = 0; i < n; ++i) {
    const KeyOf<T> key = key_of(x[i]) ^ flip;
    if (held == k && key >= best[k - 1].key) continue;
    int64_t j = held < k ? held++ : k - 1;
    for (; j > 0 && best[j - 1].key > key; --j) best[j] = best[j - 1];
    best[j].key = key;
    best[j].index = static_cast<decltype(P::index)>(i);
  }
}

template <typename T, typename I>
void sort_row(T* values, int64_t* indices, const T* x, const SortSize& s) {
  typedef Pair<KeyOf<T>, I> P;
  const ScratchMark mark;
  const KeyOf<T> flip = s.descending ? static_cast<KeyOf<T>>(-1) : 0;
  P* found;
  if (s.k <= kFew && s.k < s.cols) {
    found = scratch<P>(s.k);
    pick_few(found, x, s.cols, s.k, flip);
  } else {
    P* a = scratch<P>(s.cols);
    P* b = scratch<P>(s.cols);
    for (int64_t i = 0; i < s.cols; ++i) {
      a[i].key = key_of(x[i]) ^ flip;
      a[i].index = static_cast<I>(i);
    }
    found = s.cols >= kBytewise ? byte_sort(a, b, s.cols) : merge_sort(a, b, s.cols);
  }
  for (int64_t i = 0; i < s.k; ++i) {
    indices[i] = static_cast<int64_t>(found[i].index);
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
      T* own = static_cast<T*>(values) + r * s.k;
      const T* from = static_cast<const T*>(x) + r * s.cols;
      if (s.cols <= UINT32_MAX) {
        sort_row<T, uint32_t>(own, indices + r * s.k, from, s);
      } else {
        sort_row<T, uint64_t>(own, indices + r * s.k, from, s);
      }
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
      const KeyOf<T> key = key_of(static_cast<const T*>(queries)[i]);
      int64_t low = 0, high = cols;
      while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const KeyOf<T> here = key_of(row[middle]);
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
