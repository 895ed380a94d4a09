// Lines along the axis never meet, so threads share them; within a line updates are applied in
// order, which makes repeated ids deterministic.
#include "core/kernel.h"
#include "neurite/core.h"
#include "ops/scatter/scatter_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kGrainElements = 8192;
constexpr int64_t kCountGrain = 65536;

// Calls line(first id, first table element) for each line.
template <typename F>
void for_lines(const ScatterLines& s, const F& line) {
  if (s.count == 0) return;  // then there may be more empty lines than a loop ever ends
  parallel(s.lines, max64(1, kGrainElements / max64(1, s.count)), [&](int64_t begin, int64_t end) {
    for (int64_t l = begin; l < end; ++l) {
      int64_t rest = l, id = 0, table = 0;
      for (int32_t d = 0; d < s.rank; ++d) {
        const int64_t at = rest % s.shape[d];
        rest /= s.shape[d];
        id += at * s.id_stride[d];
        table += at * s.table_stride[d];
      }
      line(id, table);
    }
  });
}

inline int64_t place(const int64_t* ids, int64_t at, const ScatterLines& s) {
  const int64_t id = ids[at];
  return (id < 0 ? id + s.length : id) * s.axis_stride;
}

int64_t first_outside(const int64_t* ids, int64_t count, int64_t length) {
  for (int64_t i = 0; i < count; ++i) {
    if (ids[i] < -length || ids[i] >= length) return i;
  }
  return -1;
}

template <typename E>
void take_elements(char* y, const char* table, const int64_t* ids, const ScatterLines& s) {
  E* to = reinterpret_cast<E*>(y);
  const E* from = reinterpret_cast<const E*>(table);
  for_lines(s, [&](int64_t id, int64_t first) {
    for (int64_t i = 0; i < s.count; ++i, id += s.step) to[id] = from[first + place(ids, id, s)];
  });
}

void take(char* y, const char* table, const int64_t* ids, const ScatterLines& s, int64_t bytes) {
  switch (bytes) {
    case 1:
      return take_elements<uint8_t>(y, table, ids, s);
    case 2:
      return take_elements<uint16_t>(y, table, ids, s);
    case 4:
      return take_elements<uint32_t>(y, table, ids, s);
    default:
      return take_elements<uint64_t>(y, table, ids, s);
  }
}

template <typename T, typename F>
void put_with(T* table, const T* updates, const int64_t* ids, const ScatterLines& s,
              const F& join) {
  for_lines(s, [&](int64_t id, int64_t first) {
    for (int64_t i = 0; i < s.count; ++i, id += s.step) {
      T* to = table + first + place(ids, id, s);
      *to = join(*to, updates[id]);
    }
  });
}

template <typename T>
void put_elements(int32_t mode, void* to, const void* from, const int64_t* ids,
                  const ScatterLines& s) {
  T* table = static_cast<T*>(to);
  const T* updates = static_cast<const T*>(from);
  switch (mode) {
    case 0:
      return put_with(table, updates, ids, s, [](T, T b) { return b; });
    case 1:
      return put_with(table, updates, ids, s, [](T a, T b) { return static_cast<T>(a + b); });
    case 2:
      return put_with(table, updates, ids, s, [](T a, T b) { return static_cast<T>(a * b); });
    case 3:
      return put_with(table, updates, ids, s, [](T a, T b) { return a != a || a >= b ? a : b; });
    default:
      return put_with(table, updates, ids, s, [](T a, T b) { return a != a || a <= b ? a : b; });
  }
}

bool put(int32_t dtype, int32_t mode, void* table, const void* updates, const int64_t* ids,
         const ScatterLines& s) {
  // Sums and products of whole numbers wrap round, so they are unsigned; order needs the sign.
  const bool ordered = mode >= 3;
  switch (dtype) {
    case NRT_FLOAT32:
      put_elements<float>(mode, table, updates, ids, s);
      return true;
    case NRT_FLOAT64:
      put_elements<double>(mode, table, updates, ids, s);
      return true;
    case NRT_INT32:
      ordered ? put_elements<int32_t>(mode, table, updates, ids, s)
              : put_elements<uint32_t>(mode, table, updates, ids, s);
      return true;
    case NRT_INT64:
      ordered ? put_elements<int64_t>(mode, table, updates, ids, s)
              : put_elements<uint64_t>(mode, table, updates, ids, s);
      return true;
    case NRT_UINT8:
    case NRT_BOOL:
      if (mode != 0) return false;
      put_elements<uint8_t>(mode, table, updates, ids, s);
      return true;
    default:
      return false;
  }
}

void winners(uint8_t* y, const int64_t* ids, const ScatterLines& s) {
  for_lines(s, [&](int64_t id, int64_t) {
    const ScratchMark mark;
    uint8_t* seen = scratch<uint8_t>(s.length);
    memset(seen, 0, static_cast<size_t>(s.length));
    int64_t at = id + (s.count - 1) * s.step;
    for (int64_t i = 0; i < s.count; ++i, at -= s.step) {
      const int64_t target = ids[at] < 0 ? ids[at] + s.length : ids[at];
      y[at] = seen[target] == 0;
      seen[target] = 1;
    }
  });
}

template <typename T>
int64_t count_elements(const void* x, int64_t n) {
  const T* v = static_cast<const T*>(x);
  const ScratchMark mark;
  const int64_t chunks = div_up(n, kCountGrain);
  int64_t* found = scratch<int64_t>(chunks);
  parallel(n, kCountGrain, [&](int64_t begin, int64_t end) {
    int64_t sum = 0;
    for (int64_t i = begin; i < end; ++i) sum += v[i] != 0;
    found[begin / kCountGrain] = sum;
  });
  int64_t total = 0;
  for (int64_t i = 0; i < chunks; ++i) total += found[i];
  return total;
}

int64_t count(int32_t dtype, const void* x, int64_t n) {
  switch (dtype) {
    case NRT_FLOAT32:
      return count_elements<float>(x, n);
    case NRT_FLOAT64:
      return count_elements<double>(x, n);
    case NRT_INT32:
      return count_elements<int32_t>(x, n);
    case NRT_INT64:
      return count_elements<int64_t>(x, n);
    default:
      return count_elements<uint8_t>(x, n);
  }
}

template <typename T>
void list_elements(int64_t* y, int64_t room, const void* x, int64_t n) {
  const T* v = static_cast<const T*>(x);
  int64_t at = 0;
  for (int64_t i = 0; i < n && at < room; ++i) {
    if (v[i] != 0) y[at++] = i;
  }
}

void nonzero(int32_t dtype, int64_t* y, int64_t room, const void* x, int64_t n) {
  switch (dtype) {
    case NRT_FLOAT32:
      return list_elements<float>(y, room, x, n);
    case NRT_FLOAT64:
      return list_elements<double>(y, room, x, n);
    case NRT_INT32:
      return list_elements<int32_t>(y, room, x, n);
    case NRT_INT64:
      return list_elements<int64_t>(y, room, x, n);
    default:
      return list_elements<uint8_t>(y, room, x, n);
  }
}

}  // namespace

extern const ScatterKernels scatter_kernels;
const ScatterKernels scatter_kernels = {first_outside, take, put, winners, count, nonzero};

}  // namespace NRT_ISA_NS
}  // namespace nrt
