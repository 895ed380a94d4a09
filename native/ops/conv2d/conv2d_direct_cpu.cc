// Forward and backward-data as one direct convolution (see conv2d_tile.h for the inner loops).
//
//   forward        y(i, j)[o]  = sum x(i*sh + p*dh - pt, ...)[d] * w[p, q, d, o]
//   backward-data  dx = the transpose: for every phase (row mod stride, column mod stride) of dx a
//                  convolution of step 1 over dy, whose taps are the kernel rows and columns that
//                  meet this phase, in reverse order, with w's channel axes swapped.
//
// Work is cut into image x strip of result rows. A strip's input window is copied with its zero
// padding into scratch of this thread (about kStripBytes, stays in L2); where no padding is needed
// and there is one group the input is used in place. Weights are packed once per call into panels
// [taps * c][lanes], in the order in which the tile reads them.
#include "ops/conv2d/conv2d_kernels.h"
#include "ops/conv2d/conv2d_tile.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kStripBytes = 192 << 10;
// Multiply-adds per parallel chunk: about 40 us of one core.
constexpr int64_t kChunkWork = 1 << 21;
// Columns of a strip when rows are very long (1x1 convolutions are one long row).
constexpr int64_t kLongRow = 512;
constexpr int64_t kColumnBlock = 16 * 14;

template <typename T>
struct Direct {
  Axis rows, cols;
  int64_t images, groups;
  int64_t group_in, group_out;  // channels of one group: of the source, of the result
  int64_t kernel_w, kernel_in, kernel_out;  // w as stored: [kh, kernel_w, kernel_in, kernel_out]
  bool swapped;                 // the result's channels are w's third axis (backward-data)
  int64_t out_h, out_w;         // extent of the result image
  T* out;
  const T* in;
  const T* bias;
  int32_t activation;

  int64_t taps() const { return rows.taps * cols.taps; }
  int64_t depth() const { return taps() * group_in; }
  int64_t in_pitch() const { return groups * group_in; }
  int64_t out_pitch() const { return groups * group_out; }
};

// Packed weights of one group: panel after panel, [taps * group_in][lanes], zeros beyond the end.
template <typename T>
void pack_group(T* packed, const T* w, const Direct<T>& d, int64_t group) {
  const Panels<T> panels(d.group_out);
  for (int64_t panel = 0; panel < panels.count; ++panel) {
    const int64_t lanes = panels.lanes(panel), valid = panels.valid(panel);
    for (int64_t i = 0; i < d.taps(); ++i) {
      const int64_t p = d.rows.tap_first + i / d.cols.taps * d.rows.tap_step;
      const int64_t q = d.cols.tap_first + i % d.cols.taps * d.cols.tap_step;
      const T* tap = w + (p * d.kernel_w + q) * d.kernel_in * d.kernel_out;
      for (int64_t k = 0; k < d.group_in; ++k, packed += lanes) {
        if (d.swapped) {
          const T* from = tap + panels.first(panel) * d.kernel_out + group * d.group_in + k;
          for (int64_t v = 0; v < valid; ++v) packed[v] = from[v * d.kernel_out];
        } else {
          const T* from = tap + k * d.kernel_out + group * d.group_out + panels.first(panel);
          for (int64_t v = 0; v < valid; ++v) packed[v] = from[v];
        }
        for (int64_t v = valid; v < lanes; ++v) packed[v] = T(0);
      }
    }
  }
}

// How the result positions are cut into strips.
struct Strips {
  int64_t rows, cols;            // positions per strip
  int64_t per_column, per_image;  // strips along the rows axis, and in all
};

template <typename T>
Strips cut(const Direct<T>& d) {
  Strips s;
  s.cols = d.cols.positions > kLongRow ? kColumnBlock : d.cols.positions;
  const int64_t row_bytes = d.cols.span(s.cols) * d.group_in * static_cast<int64_t>(sizeof(T));
  const int64_t fits = kStripBytes / max64(row_bytes, 1) - (d.rows.span(1) - d.rows.step);
  s.rows = min64(max64(fits / d.rows.step, 1), d.rows.positions);
  s.per_column = div_up(d.rows.positions, s.rows);
  s.rows = div_up(d.rows.positions, s.per_column);
  s.per_image = s.per_column * div_up(d.cols.positions, s.cols);
  return s;
}

// `line_taps`: kernel columns where a line_tile may be used, or 0.
template <typename T>
TileFunction<T> choose_tile(int width, int64_t pixels, int64_t line_taps) {
  const TileFunction<T> line =
      line_taps > 0 ? line_tile_for<T>(width, pixels, line_taps) : nullptr;
  return line != nullptr ? line : tile_for<T>(width, pixels);
}

// All tiles of one strip and one group. `a` is the window of the strip's first result position,
// which lies in result row `row`.
template <typename T>
void run_strip(const Direct<T>& d, const T* a, int64_t row_pitch, int64_t pixel_pitch,
               const T* packed, const T* bias, T* out, int64_t row, int64_t rows, int64_t cols) {
  const Panels<T> panels(d.group_out);
  TileInput<T> in;
  in.step = d.cols.step * pixel_pitch;
  in.row_gap = d.rows.gap * row_pitch;
  const bool merged = d.cols.gap == 1 && d.cols.taps > 0;
  in.runs = merged ? 1 : d.cols.taps;
  in.run = merged ? d.cols.taps * d.group_in : d.group_in;
  in.run_gap = d.cols.gap * pixel_pitch;
  TileOutput<T> o;
  o.pitch = d.cols.out_step * d.out_pitch();
  o.activation = d.activation;
  const int64_t out_row = d.rows.out_step * d.out_w * d.out_pitch();
  for (int64_t panel = 0; panel < panels.count; ++panel) {
    const int width = panels.width(panel);
    const int64_t tiles = div_up(cols, kTilePixels[width]);
    const int64_t small = cols / tiles, larger = cols % tiles;
    const bool line = merged && in.step == 1 && d.group_in == 1;
    const TileFunction<T> tile_small = choose_tile<T>(width, small, line ? in.run : 0);
    const TileFunction<T> tile_large =
        choose_tile<T>(width, larger > 0 ? small + 1 : small, line ? in.run : 0);
    const T* weights = packed + panels.first(panel) * d.depth();
    const int64_t tap_row = in.runs * in.run * panels.lanes(panel);
    o.bias = bias == nullptr ? nullptr : bias + panels.first(panel);
    o.valid = panels.valid(panel);
    for (int64_t r = 0; r < rows; ++r) {
      // Kernel rows that see only padding add nothing.
      const Taps inside = d.rows.taps_inside(row + r);
      in.tap_rows = inside.count;
      in.a = a + r * d.rows.step * row_pitch + inside.first * in.row_gap;
      in.b = weights + inside.first * tap_row;
      o.out = out + r * out_row + panels.first(panel);
      for (int64_t t = 0; t < tiles; ++t) {
        const int64_t pixels = t < larger ? small + 1 : small;
        (t < larger ? tile_large : tile_small)(in, o);
        in.a += pixels * in.step;
        o.out += pixels * o.pitch;
      }
    }
  }
}

template <typename T>
void run_task(const Direct<T>& d, const Strips& strips, int64_t task, const T* packed,
              const T* bias, T* window) {
  const Panels<T> panels(d.group_out);
  const int64_t image = task / strips.per_image, strip = task % strips.per_image;
  const int64_t row = strip % strips.per_column * strips.rows;
  const int64_t col = strip / strips.per_column * strips.cols;
  const int64_t rows = min64(strips.rows, d.rows.positions - row);
  const int64_t cols = min64(strips.cols, d.cols.positions - col);
  const T* source = d.in + image * d.rows.source * d.cols.source * d.in_pitch();
  T* out = d.out + ((image * d.out_h + d.rows.out_first + row * d.rows.out_step) * d.out_w +
                    d.cols.out_first + col * d.cols.out_step) * d.out_pitch();
  const bool in_place = d.groups == 1 && d.rows.inside(row, rows) && d.cols.inside(col, cols);
  const Window v{d.rows.begin(row), d.rows.span(rows), d.cols.begin(col), d.cols.span(cols)};
  for (int64_t g = 0; g < d.groups; ++g) {
    const T* a = window;
    if (in_place && d.depth() > 0) {
      a = source + (v.row * d.cols.source + v.col) * d.in_pitch();
    } else if (d.depth() > 0) {
      copy_window(window, source + g * d.group_in, d.rows.source, d.cols.source, d.in_pitch(),
                  d.group_in, v);
    }
    run_strip(d, a, (in_place ? d.cols.source : v.cols) * d.group_in, d.group_in,
              packed + g * panels.padded() * d.depth(),
              bias == nullptr ? nullptr : bias + g * panels.padded(), out + g * d.group_out, row,
              rows, cols);
  }
}

template <typename T>
void run(const Direct<T>& d, const T* w) {
  if (d.images == 0 || d.rows.positions <= 0 || d.cols.positions <= 0) return;
  const ScratchMark mark;
  const Panels<T> panels(d.group_out);
  T* packed = scratch<T>(d.groups * panels.padded() * d.depth());
  for (int64_t g = 0; g < d.groups; ++g) {
    pack_group(packed + g * panels.padded() * d.depth(), w, d, g);
  }
  T* bias = nullptr;
  if (d.bias != nullptr) {
    bias = scratch<T>(d.groups * panels.padded());
    for (int64_t g = 0; g < d.groups; ++g) {
      for (int64_t v = 0; v < panels.padded(); ++v) {
        bias[g * panels.padded() + v] = v < d.group_out ? d.bias[g * d.group_out + v] : T(0);
      }
    }
  }
  const Strips strips = cut(d);
  const int64_t work = strips.rows * strips.cols * (d.depth() + 1) * d.out_pitch();
  parallel(d.images * strips.per_image, max64(kChunkWork / work, 1),
           [&](int64_t begin, int64_t end) {
             const ScratchMark inner;
             T* window = scratch<T>(d.rows.span(strips.rows) * d.cols.span(strips.cols) *
                                    d.group_in);
             for (int64_t task = begin; task < end; ++task) {
               run_task(d, strips, task, packed, bias, window);
             }
           });
}

template <typename T>
void forward(T* y, const T* x, const T* w, const T* bias, const Conv2dShape& shape) {
  if (conv2d_is_depthwise(shape)) {
    conv2d_depthwise(y, x, w, bias, shape);
    return;
  }
  const Conv2dShape s = flattened(shape);
  Direct<T> d;
  d.rows = forward_axis(s.out_h, s.in_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top);
  d.cols = forward_axis(s.out_w, s.in_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left);
  d.images = s.images;
  d.groups = s.groups;
  d.group_in = s.in_c / s.groups;
  d.group_out = s.out_c / s.groups;
  d.kernel_w = s.kernel_w;
  d.kernel_in = d.group_in;
  d.kernel_out = s.out_c;
  d.swapped = false;
  d.out_h = s.out_h;
  d.out_w = s.out_w;
  d.out = y;
  d.in = x;
  d.bias = bias;
  d.activation = s.activation;
  run(d, w);
}

template <typename T>
void backward_data(T* dx, const T* dy, const T* w, const Conv2dShape& shape) {
  if (conv2d_is_depthwise(shape)) {
    conv2d_depthwise_data(dx, dy, w, shape);
    return;
  }
  if (conv2d_scatters<T>(shape)) {
    conv2d_scatter(dx, dy, w, shape);
    return;
  }
  const Conv2dShape s = flattened(shape);
  Direct<T> d;
  d.images = s.images;
  d.groups = s.groups;
  d.group_in = s.out_c / s.groups;
  d.group_out = s.in_c / s.groups;
  d.kernel_w = s.kernel_w;
  d.kernel_in = d.group_out;
  d.kernel_out = s.out_c;
  d.swapped = true;
  d.out_h = s.in_h;
  d.out_w = s.in_w;
  d.out = dx;
  d.in = dy;
  d.bias = nullptr;
  d.activation = NRT_UNARY_IDENTITY;
  for (int64_t i = 0; i < s.stride_h; ++i) {
    d.rows = phase_axis(i, s.in_h, s.out_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top);
    for (int64_t j = 0; j < s.stride_w; ++j) {
      d.cols = phase_axis(j, s.in_w, s.out_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left);
      run(d, w);
    }
  }
}

}  // namespace

extern const Conv2dKernels conv2d_kernels;
const Conv2dKernels conv2d_kernels = {
    {forward<float>, backward_data<float>, conv2d_weights<float>},
    {forward<double>, backward_data<double>, conv2d_weights<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
