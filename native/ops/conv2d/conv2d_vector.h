// What the conv2d kernel files share: vectors, panels of output channels, one spatial axis of a
// convolution, and the copy of a padded input strip. For kernel files only.
#pragma once

#include "core/kernel.h"
#include "ops/conv2d/conv2d_kernels.h"
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace nrt {
namespace NRT_ISA_NS {

// In conv2d_weights_cpu.cc.
template <typename T>
void conv2d_weights(T* dw, T* dbias, const T* x, const T* dy, const Conv2dShape& shape);

// In conv2d_scatter_cpu.cc: backward-data for few input channels, and whether it pays.
template <typename T>
bool conv2d_scatters(const Conv2dShape& shape);
template <typename T>
void conv2d_scatter(T* dx, const T* dy, const T* w, const Conv2dShape& shape);

// In conv2d_depthwise_cpu.cc: one input and one output channel per group.
bool conv2d_is_depthwise(const Conv2dShape& shape);
template <typename T>
void conv2d_depthwise(T* y, const T* x, const T* w, const T* bias, const Conv2dShape& shape);
template <typename T>
void conv2d_depthwise_data(T* dx, const T* dy, const T* w, const Conv2dShape& shape);
template <typename T>
void conv2d_depthwise_weights(T* dw, T* dbias, const T* x, const T* dy, const Conv2dShape& shape);

namespace {

#if defined(NRT_ISA_AVX512)
constexpr int kVectorBytes = 64;
constexpr int kRegisters = 32;
#elif defined(NRT_ISA_AVX2)
constexpr int kVectorBytes = 32;
constexpr int kRegisters = 16;
#elif defined(NRT_ISA_NEON)
constexpr int kVectorBytes = 16;
constexpr int kRegisters = 32;
#else
constexpr int kVectorBytes = 16;
constexpr int kRegisters = 16;
#endif

// The compiler's vector extension: arithmetic on it becomes FMA, one source for every level.
template <typename T, int lanes>
struct VectorOf {
  typedef T type __attribute__((vector_size(lanes * sizeof(T))));
};
template <typename T>
constexpr int kLanes = kVectorBytes / static_cast<int>(sizeof(T));

template <typename V, typename T>
inline __attribute__((always_inline)) void load(V& v, const T* from) {
  memcpy(&v, from, sizeof(V));
}
template <typename V, typename T>
inline __attribute__((always_inline)) void store(T* to, const V& v) {
  memcpy(to, &v, sizeof(V));
}

// Stores past the caches, to an address aligned to whole vectors; publish() makes such stores visible
// to other threads in their order.
template <typename V, typename T>
inline __attribute__((always_inline)) void stream(T* to, const V& v) {
#if defined(NRT_ISA_AVX512)
  if (sizeof(V) == 64) {
    __m512i bits;
    memcpy(&bits, &v, sizeof(bits));
    _mm512_stream_si512(reinterpret_cast<__m512i*>(to), bits);
    return;
  }
#elif defined(NRT_ISA_AVX2)
  if (sizeof(V) == 32) {
    __m256i bits;
    memcpy(&bits, &v, sizeof(bits));
    _mm256_stream_si256(reinterpret_cast<__m256i*>(to), bits);
    return;
  }
#endif
  store(to, v);
}
inline void publish() {
#if defined(__x86_64__)
  _mm_sfence();
#endif
}

// Widths in which a group's output channels are cut: panels of two vectors, and a last one of two
// vectors, one, or half a vector (LeNet's six channels would waste ten of sixteen lanes).
enum Width : int { kHalf = 0, kOne = 1, kTwo = 2 };

template <typename T>
constexpr bool kHasHalf = kVectorBytes >= 32;

template <typename T>
inline int lanes_of(int width) {
  return width == kTwo ? 2 * kLanes<T> : width == kOne ? kLanes<T> : kLanes<T> / 2;
}

template <typename T>
inline int width_for(int64_t channels) {
  if (channels > kLanes<T>) return kTwo;
  if (kHasHalf<T> && channels <= kLanes<T> / 2) return kHalf;
  return kOne;
}

// The panels of `channels` output channels; panel i starts at channel i * 2 vectors.
template <typename T>
struct Panels {
  int64_t channels, count;
  int last_width;

  explicit Panels(int64_t all)
      : channels(all),
        count(div_up(all, 2 * kLanes<T>)),
        last_width(width_for<T>(all - (count - 1) * 2 * kLanes<T>)) {}
  int64_t first(int64_t panel) const { return panel * 2 * kLanes<T>; }
  int width(int64_t panel) const { return panel + 1 < count ? static_cast<int>(kTwo) : last_width; }
  int lanes(int64_t panel) const { return lanes_of<T>(width(panel)); }
  int64_t valid(int64_t panel) const { return min64(lanes(panel), channels - first(panel)); }
  // Lanes of all panels: the width of a padded row.
  int64_t padded() const { return first(count - 1) + lanes(count - 1); }
};

// Taps first .. first + count - 1.
struct Taps {
  int64_t first, count;
};

// One spatial axis: result position t (of `positions`) is written at out_first + t * out_step and
// reads the source at t * step + first + k * gap for k = 0 .. taps - 1; the k-th tap is row (or
// column) tap_first + k * tap_step of the kernel. Forward and every phase of backward-data fit.
struct Axis {
  int64_t positions, step;
  int64_t taps, first, gap;
  int64_t tap_first, tap_step;
  int64_t out_first, out_step;
  int64_t source;  // extent of the source

  int64_t begin(int64_t t) const { return t * step + first; }
  int64_t span(int64_t count) const {
    return (count - 1) * step + (taps > 0 ? (taps - 1) * gap + 1 : 0);
  }
  // The taps of position t that fall inside the source.
  Taps taps_inside(int64_t t) const {
    const int64_t at = begin(t);
    const int64_t low = at >= 0 ? 0 : min64(div_up(-at, gap), taps);
    const int64_t high = at >= source ? 0 : min64((source - 1 - at) / gap + 1, taps);
    return Taps{low, max64(high - low, 0)};
  }
  bool inside(int64_t t, int64_t count) const {
    return begin(t) >= 0 && begin(t) + span(count) <= source;
  }
};

// A rectangle [row, row + rows) x [col, col + cols) of one image, possibly beyond its edges.
struct Window {
  int64_t row, rows, col, cols;
};

// Copies `channels` channels (from the pointer on, pixels `pitch` apart) of a window into dst
// [rows, cols, channels]; what lies outside the image becomes zero. Windows with short rows are
// cleared as a whole first: three calls per row would cost more than the copy.
template <typename T>
void copy_window(T* NRT_RESTRICT dst, const T* image, int64_t in_h, int64_t in_w, int64_t pitch,
                 int64_t channels, const Window& v) {
  constexpr int64_t kShort = 128;
  const int64_t left = min64(max64(-v.col, 0), v.cols);
  const int64_t middle = max64(min64(v.cols - left, in_w - (v.col + left)), 0);
  const int64_t row_size = v.cols * channels, copied = middle * channels;
  const int64_t first = left * channels, last = first + copied;
  const bool cleared = row_size <= kShort;
  if (cleared) memset(dst, 0, static_cast<size_t>(v.rows * row_size) * sizeof(T));
  for (int64_t r = 0; r < v.rows; ++r) {
    const int64_t row = v.row + r;
    T* to = dst + r * row_size;
    const bool outside = row < 0 || row >= in_h || middle == 0;
    if (outside && !cleared) memset(to, 0, static_cast<size_t>(row_size) * sizeof(T));
    if (outside) continue;
    if (!cleared) {
      memset(to, 0, static_cast<size_t>(first) * sizeof(T));
      memset(to + last, 0, static_cast<size_t>(row_size - last) * sizeof(T));
    }
    const T* from = image + (row * in_w + v.col + left) * pitch;
    if (pitch == channels) {
      memcpy(to + first, from, static_cast<size_t>(copied) * sizeof(T));
      continue;
    }
    for (int64_t p = 0; p < middle; ++p) {
      for (int64_t d = 0; d < channels; ++d) to[first + p * channels + d] = from[p * pitch + d];
    }
  }
}

// A 1x1 convolution without stride or padding sees one long row of pixels.
inline Conv2dShape flattened(const Conv2dShape& s) {
  Conv2dShape flat = s;
  if (s.kernel_h == 1 && s.kernel_w == 1 && s.stride_h == 1 && s.stride_w == 1 && s.pad_top == 0 &&
      s.pad_left == 0 && s.out_h == s.in_h && s.out_w == s.in_w) {
    flat.in_w = flat.out_w = s.images * s.in_h * s.in_w;
    flat.in_h = flat.out_h = flat.images = 1;
  }
  return flat;
}

// Greatest common divisor of two positive numbers.
inline int64_t common_divisor(int64_t a, int64_t b) {
  while (b != 0) {
    const int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

inline Axis forward_axis(int64_t out, int64_t in, int64_t kernel, int64_t stride, int64_t dilation,
                  int64_t pad) {
  return Axis{out, stride, kernel, -pad, dilation, 0, 1, 0, 1, in};
}

// Positions `at` of dx with (at + pad) % stride == phase: dy position (at + pad - p * dilation) /
// stride for the kernel positions p that make this a whole number.
inline Axis phase_axis(int64_t phase, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                int64_t dilation, int64_t pad) {
  const int64_t divisor = common_divisor(dilation, stride), period = stride / divisor;
  Axis a{};
  a.source = out;
  a.step = 1;
  a.gap = dilation / divisor;
  a.tap_step = -period;
  a.out_first = ((phase - pad) % stride + stride) % stride;
  a.out_step = stride;
  a.positions = a.out_first < in ? (in - 1 - a.out_first) / stride + 1 : 0;
  for (int64_t p = 0; p < min64(kernel, period); ++p) {
    if ((p * dilation) % stride != phase) continue;
    a.taps = (kernel - 1 - p) / period + 1;
    a.tap_first = p + (a.taps - 1) * period;
    a.first = (a.out_first + pad - a.tap_first * dilation) / stride;
  }
  return a;
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
