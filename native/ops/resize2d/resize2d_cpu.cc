// Resizing is separable: per axis a table says which cells each output reads, with which weights.
// Backward walks the rows of the input, each with the list of output rows that read it, so every
// element of dx is written by one thread and in a fixed order.
#include "core/kernel.h"
#include "ops/resize2d/resize2d.h"
#include "ops/resize2d/resize2d_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kGrainElements = 8192;
constexpr int64_t kMostTaps = 4;

// What one output reads on one axis; taps of weight 0 are left out.
struct Taps {
  int64_t count;
  int64_t cell[kMostTaps];
  double weight[kMostTaps];
};

void add_tap(Taps& t, int64_t cell, int64_t cells, double weight) {
  if (weight == 0) return;
  t.cell[t.count] = max64(0, min64(cell, cells - 1));
  t.weight[t.count++] = weight;
}

// Cubic convolution kernel of Keys with coefficient a.
double cubic_weight(double distance, double a) {
  const double x = fabs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

Taps taps_of(int64_t i, int64_t in, int64_t out, const Resize2dShape& s) {
  Taps t;
  t.count = 0;
  if (s.mode == NRT_RESIZE_NEAREST || s.mode == NRT_RESIZE_NEAREST_FLOOR) {
    const int64_t cell =
        s.mode == NRT_RESIZE_NEAREST ? (2 * i + 1) * in / (2 * out) : i * in / out;
    add_tap(t, cell, in, 1);
    return t;
  }
  double source = (static_cast<double>(i) + 0.5) * static_cast<double>(in) / static_cast<double>(out) - 0.5;
  if (s.align_corners) {
    source = out == 1 ? 0 : static_cast<double>(i) * static_cast<double>(in - 1) / static_cast<double>(out - 1);
  }
  if (s.mode == NRT_RESIZE_LINEAR && source < 0) source = 0;
  const double base = floor(source), part = source - base;
  const int64_t cell = static_cast<int64_t>(base);
  if (s.mode == NRT_RESIZE_LINEAR) {
    add_tap(t, cell, in, 1 - part);
    add_tap(t, cell + 1, in, part);
    return t;
  }
  for (int64_t k = -1; k <= 2; ++k) {
    add_tap(t, cell + k, in, cubic_weight(part - static_cast<double>(k), s.cubic));
  }
  return t;
}

Taps* axis_taps(int64_t in, int64_t out, const Resize2dShape& s) {
  Taps* taps = scratch<Taps>(out);
  for (int64_t i = 0; i < out; ++i) taps[i] = taps_of(i, in, out, s);
  return taps;
}

template <typename T>
void forward(T* y, const T* x, const Resize2dShape& s) {
  const ScratchMark mark;
  const Taps *rows = axis_taps(s.in_h, s.out_h, s), *cols = axis_taps(s.in_w, s.out_w, s);
  const int64_t row_size = s.out_w * s.channels;
  parallel(s.images * s.out_h, max64(1, kGrainElements / row_size), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* image = x + r / s.out_h * s.in_h * s.in_w * s.channels;
      const Taps& row = rows[r % s.out_h];
      for (int64_t j = 0; j < s.out_w; ++j) {
        T* NRT_RESTRICT to = y + (r * s.out_w + j) * s.channels;
        for (int64_t a = 0; a < row.count; ++a) {
          for (int64_t b = 0; b < cols[j].count; ++b) {
            const T* NRT_RESTRICT from =
                image + (row.cell[a] * s.in_w + cols[j].cell[b]) * s.channels;
            const T weight = static_cast<T>(row.weight[a] * cols[j].weight[b]);
            if (a + b == 0) {
              for (int64_t c = 0; c < s.channels; ++c) to[c] = weight * from[c];
            } else {
              for (int64_t c = 0; c < s.channels; ++c) to[c] += weight * from[c];
            }
          }
        }
      }
    }
  });
}

// Output rows that read an input row, and with which weights, row after row.
struct Readers {
  int64_t* first;  // [in_h + 1]
  int64_t* row;
  double* weight;

  Readers(const Taps* rows, int64_t in, int64_t out) {
    first = scratch<int64_t>(in + 1);
    row = scratch<int64_t>(out * kMostTaps);
    weight = scratch<double>(out * kMostTaps);
    for (int64_t i = 0; i <= in; ++i) first[i] = 0;
    for (int64_t i = 0; i < out; ++i) {
      for (int64_t a = 0; a < rows[i].count; ++a) ++first[rows[i].cell[a] + 1];
    }
    for (int64_t i = 0; i < in; ++i) first[i + 1] += first[i];
    int64_t* next = scratch<int64_t>(in);
    for (int64_t i = 0; i < in; ++i) next[i] = first[i];
    for (int64_t i = 0; i < out; ++i) {
      for (int64_t a = 0; a < rows[i].count; ++a) {
        const int64_t at = next[rows[i].cell[a]]++;
        row[at] = i;
        weight[at] = rows[i].weight[a];
      }
    }
  }
};

template <typename T>
void backward(T* dx, const T* dy, const Resize2dShape& s) {
  if (s.out_h == 0 || s.out_w == 0) {  // the other axis may be long beyond any memory for its taps
    memset(dx, 0, static_cast<size_t>(s.images * s.in_h * s.in_w * s.channels) * sizeof(T));
    return;
  }
  const ScratchMark mark;
  const Taps *rows = axis_taps(s.in_h, s.out_h, s), *cols = axis_taps(s.in_w, s.out_w, s);
  const Readers readers(rows, s.in_h, s.out_h);
  const int64_t row_size = s.in_w * s.channels;
  const int64_t work = max64(1, div_up(s.out_h, s.in_h) * s.out_w * s.channels + row_size);
  parallel(s.images * s.in_h, max64(1, kGrainElements / work), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const T* image = dy + r / s.in_h * s.out_h * s.out_w * s.channels;
      T* to_row = dx + r * row_size;
      for (int64_t i = 0; i < row_size; ++i) to_row[i] = 0;
      for (int64_t e = readers.first[r % s.in_h]; e < readers.first[r % s.in_h + 1]; ++e) {
        for (int64_t j = 0; j < s.out_w; ++j) {
          const T* NRT_RESTRICT from = image + (readers.row[e] * s.out_w + j) * s.channels;
          for (int64_t b = 0; b < cols[j].count; ++b) {
            T* NRT_RESTRICT to = to_row + cols[j].cell[b] * s.channels;
            const T weight = static_cast<T>(readers.weight[e] * cols[j].weight[b]);
            for (int64_t c = 0; c < s.channels; ++c) to[c] += weight * from[c];
          }
        }
      }
    }
  });
}

}  // namespace

extern const Resize2dKernels resize2d_kernels;
const Resize2dKernels resize2d_kernels = {{forward<float>, backward<float>},
                                          {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
