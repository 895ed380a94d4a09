// 3-D pooling: per axis a table of what each window covers, then loops over cells with the channels
// (contiguous) innermost.
//
// Backward adds up per image and block of channels, so no two threads touch one element and the order
// of additions is fixed.
#include "core/kernel.h"
#include "ops/pool3d/pool3d_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kGrainElements = 16384;
constexpr int64_t kChannelBlock = 64;

// What a window covers on one axis: `inside` cells first, first + step, ... and how many count.
struct Cover {
  int64_t first, inside, counted;
};

void cover_axis(Cover* cover, const Pool3dAxis& a, bool count_pad, bool adaptive) {
  for (int64_t i = 0; i < a.out; ++i) {
    if (adaptive) {
      const int64_t from = i * a.in / a.out, to = div_up((i + 1) * a.in, a.out);
      cover[i] = {from, to - from, to - from};
      continue;
    }
    const int64_t start = i * a.stride - a.before;
    const int64_t skipped = start < 0 ? div_up(-start, a.dilation) : 0;
    const int64_t reach = start >= a.in ? 0 : div_up(a.in - start, a.dilation);
    const int64_t room = start >= a.in + a.after ? 0 : div_up(a.in + a.after - start, a.dilation);
    const int64_t inside = max64(min64(a.kernel, reach) - skipped, 0);
    cover[i] = {start + skipped * a.dilation, inside, count_pad ? min64(a.kernel, room) : inside};
  }
}

struct Covers {
  Cover* axis[3];
  int64_t step[3];

  // Only for outputs that hold something: an axis of an empty one may be long beyond any memory.
  explicit Covers(const Pool3dShape& s) {
    for (int i = 0; i < 3; ++i) {
      axis[i] = scratch<Cover>(s.axis[i].out);
      step[i] = s.adaptive ? 1 : s.axis[i].dilation;
      cover_axis(axis[i], s.axis[i], s.count_pad, s.adaptive);
    }
  }

  // What an average is divided by. In double: three kernels of 2^31 - 1 leave int64.
  double counted(int64_t z, int64_t y, int64_t x) const {
    const double cells = static_cast<double>(axis[0][z].counted) *
                         static_cast<double>(axis[1][y].counted) *
                         static_cast<double>(axis[2][x].counted);
    return cells < 1 ? 1 : cells;
  }

  // Calls body(flat cell) for each cell of window (z, y, x), in row-major order.
  template <typename F>
  void each_cell(const Pool3dShape& s, int64_t z, int64_t y, int64_t x, const F& body) const {
    const Cover &cz = axis[0][z], &cy = axis[1][y], &cx = axis[2][x];
    for (int64_t p = 0; p < cz.inside; ++p) {
      for (int64_t q = 0; q < cy.inside; ++q) {
        const int64_t row = (cz.first + p * step[0]) * s.axis[1].in + cy.first + q * step[1];
        const int64_t cell = row * s.axis[2].in + cx.first;
        for (int64_t r = 0; r < cx.inside; ++r) body(cell + r * step[2]);
      }
    }
  }
};

// Runs body(image, z, y) for every row of windows, in parallel.
template <typename F>
void each_row(const Pool3dShape& s, const F& body) {
  const int64_t depth = s.axis[0].out, height = s.axis[1].out;
  const int64_t area = min64(s.axis[0].kernel * s.axis[1].kernel, 64);
  const int64_t taps = min64(area * s.axis[2].kernel, 64);
  const int64_t work = max64(1, min64(s.axis[2].out * s.channels, kGrainElements) * taps);
  parallel(s.images * depth * height, max64(1, kGrainElements / work),
           [&](int64_t begin, int64_t end) {
             for (int64_t r = begin; r < end; ++r) {
               body(r / (depth * height), r / height % depth, r % height);
             }
           });
}

template <typename T, bool indexed>
inline void take_larger(T* NRT_RESTRICT y, int32_t* NRT_RESTRICT at, const T* NRT_RESTRICT x,
                        int64_t channels, int32_t cell) {
  for (int64_t c = 0; c < channels; ++c) {
    const bool take = (x[c] > y[c]) | ((x[c] != x[c]) & (y[c] == y[c]));
    y[c] = take ? x[c] : y[c];
    if (indexed) at[c] = take ? cell : at[c];
  }
}

template <typename T, bool indexed>
void max_window(T* y, int32_t* at, const T* image, const Pool3dShape& s, const Covers& covers,
                int64_t oz, int64_t oy, int64_t ox) {
  bool first = true;
  covers.each_cell(s, oz, oy, ox, [&](int64_t cell) {
    const T* x = image + cell * s.channels;
    if (!first) {
      take_larger<T, indexed>(y, at, x, s.channels, static_cast<int32_t>(cell));
      return;
    }
    first = false;
    for (int64_t c = 0; c < s.channels; ++c) y[c] = x[c];
    for (int64_t c = 0; indexed && c < s.channels; ++c) at[c] = static_cast<int32_t>(cell);
  });
  if (first) {
    for (int64_t c = 0; c < s.channels; ++c) y[c] = -static_cast<T>(__builtin_inf());
    for (int64_t c = 0; indexed && c < s.channels; ++c) at[c] = -1;
  }
}

template <typename T>
void max_forward(T* y, int32_t* argmax, const T* x, const Pool3dShape& s) {
  const ScratchMark mark;
  const Covers covers(s);
  each_row(s, [&](int64_t n, int64_t oz, int64_t oy) {
    const T* image = x + n * s.in_cells() * s.channels;
    const int64_t row = (n * s.axis[0].out + oz) * s.axis[1].out + oy;
    for (int64_t ox = 0; ox < s.axis[2].out; ++ox) {
      const int64_t to = (row * s.axis[2].out + ox) * s.channels;
      if (argmax != nullptr) {
        max_window<T, true>(y + to, argmax + to, image, s, covers, oz, oy, ox);
      } else {
        max_window<T, false>(y + to, nullptr, image, s, covers, oz, oy, ox);
      }
    }
  });
}

template <typename T>
void average_forward(T* y, const T* x, const Pool3dShape& s) {
  const ScratchMark mark;
  const Covers covers(s);
  each_row(s, [&](int64_t n, int64_t oz, int64_t oy) {
    const T* image = x + n * s.in_cells() * s.channels;
    const int64_t row = (n * s.axis[0].out + oz) * s.axis[1].out + oy;
    for (int64_t ox = 0; ox < s.axis[2].out; ++ox) {
      T* NRT_RESTRICT to = y + (row * s.axis[2].out + ox) * s.channels;
      for (int64_t c = 0; c < s.channels; ++c) to[c] = 0;
      covers.each_cell(s, oz, oy, ox, [&](int64_t cell) {
        const T* NRT_RESTRICT from = image + cell * s.channels;
        for (int64_t c = 0; c < s.channels; ++c) to[c] += from[c];
      });
      const T cells = static_cast<T>(covers.counted(oz, oy, ox));
      for (int64_t c = 0; c < s.channels; ++c) to[c] /= cells;
    }
  });
}

// Runs body(dx image, image, first output element, first channel, channels) per image and block.
template <typename T, typename F>
void each_block(T* dx, const Pool3dShape& s, const F& body) {
  const int64_t blocks = div_up(s.channels, kChannelBlock), cells = s.in_cells();
  const int64_t outputs = s.axis[0].out * s.axis[1].out * s.axis[2].out;
  const int64_t work = max64(1, (cells + outputs) * min64(s.channels, kChannelBlock));
  parallel(s.images * blocks, max64(1, kGrainElements / work), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t n = i / blocks, from = i % blocks * kChannelBlock;
      const int64_t channels = min64(kChannelBlock, s.channels - from);
      T* image = dx + n * cells * s.channels + from;
      for (int64_t cell = 0; cell < cells; ++cell) {
        for (int64_t c = 0; c < channels; ++c) image[cell * s.channels + c] = 0;
      }
      body(image, n * outputs * s.channels + from, outputs, channels);
    }
  });
}

template <typename T>
void max_backward(T* dx, const T* dy, const int32_t* argmax, const Pool3dShape& s) {
  each_block(dx, s, [&](T* image, int64_t at, int64_t outputs, int64_t channels) {
    for (int64_t o = 0; o < outputs; ++o, at += s.channels) {
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t cell = argmax[at + c];
        if (cell >= 0 && cell < s.in_cells()) image[cell * s.channels + c] += dy[at + c];
      }
    }
  });
}

template <typename T>
void average_backward(T* dx, const T* dy, const Pool3dShape& s) {
  if (s.axis[0].out * s.axis[1].out == 0 || s.axis[2].out == 0) {
    memset(dx, 0, static_cast<size_t>(s.images * s.channels * s.in_cells()) * sizeof(T));
    return;
  }
  const ScratchMark mark;
  const Covers covers(s);
  each_block(dx, s, [&](T* image, int64_t at, int64_t outputs, int64_t channels) {
    const int64_t height = s.axis[1].out, width = s.axis[2].out;
    for (int64_t o = 0; o < outputs; ++o, at += s.channels) {
      const int64_t oz = o / (height * width), oy = o / width % height, ox = o % width;
      const T cells = static_cast<T>(covers.counted(oz, oy, ox));
      const T* NRT_RESTRICT g = dy + at;
      covers.each_cell(s, oz, oy, ox, [&](int64_t cell) {
        T* NRT_RESTRICT to = image + cell * s.channels;
        for (int64_t c = 0; c < channels; ++c) to[c] += g[c] / cells;
      });
    }
  });
}

template <typename T>
constexpr Pool3dTable<T> table() {
  return {max_forward<T>, max_backward<T>, average_forward<T>, average_backward<T>};
}

}  // namespace

extern const Pool3dKernels pool3d_kernels;
const Pool3dKernels pool3d_kernels = {table<float>(), table<double>()};

}  // namespace NRT_ISA_NS
}  // namespace nrt
