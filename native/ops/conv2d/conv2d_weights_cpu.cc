// Backward-weights: dw[p, q, d, o] = sum over images and pixels of x(shifted)[d] * dy[o].
//
// Per task (image x strip of result rows) the padded input window is copied to scratch (or used in
// place, as in conv2d_direct_cpu.cc); then every block of weights runs over the strip's pixels with
// its sums in registers and adds them to this chunk's partial dw. The partials of the chunks, whose
// number depends on the shape only, are added in order at the end: the result does not depend on
// the number of threads. There is no im2col in memory.
#include "ops/conv2d/conv2d_outer.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Pixels per strip: dy's panel (32 floats each) then takes 16 KB of the first-level cache and is
// read again by every block of weights, while loading and storing the sums costs 1 / 128 of it.
constexpr int64_t kStripPixels = 128;
constexpr int64_t kMostChunks = 16;
constexpr int64_t kChunkWork = 1 << 22;           // multiply-adds, about 80 us of one core
constexpr int64_t kPartialBytes = int64_t{64} << 20;  // all partials together

template <typename T>
struct Weights {
  Conv2dShape s;
  int64_t group_in, group_out;
  Axis rows, cols;
  int64_t runs, run;  // contiguous runs of one kernel row in the window, and their length

  explicit Weights(const Conv2dShape& shape) : s(shape) {
    group_in = s.in_c / s.groups;
    group_out = s.out_c / s.groups;
    rows = Axis{s.out_h, s.stride_h, s.kernel_h, -s.pad_top, s.dilation_h, 0, 1, 0, 1, s.in_h};
    cols = Axis{s.out_w, s.stride_w, s.kernel_w, -s.pad_left, s.dilation_w, 0, 1, 0, 1, s.in_w};
    runs = s.dilation_w == 1 ? 1 : s.kernel_w;
    run = s.dilation_w == 1 ? s.kernel_w * group_in : group_in;
  }
  int64_t depth() const { return s.kernel_h * s.kernel_w * group_in; }
  int64_t partial(const Panels<T>& panels) const { return s.groups * depth() * panels.padded(); }
};

// One strip of one image.
template <typename T>
struct Strip {
  int64_t row, rows, col, cols;
};

// Copies the lanes of a panel that exist, zeros for the others, to [rows * cols][lanes].
template <typename T>
void copy_panel(T* NRT_RESTRICT to, const T* dy, int64_t row_pitch, int64_t pixel_pitch,
                int64_t rows, int64_t cols, int64_t lanes, int64_t valid) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t p = 0; p < cols; ++p, to += lanes) {
      const T* from = dy + r * row_pitch + p * pixel_pitch;
      for (int64_t v = 0; v < valid; ++v) to[v] = from[v];
      for (int64_t v = valid; v < lanes; ++v) to[v] = T(0);
    }
  }
}

// All blocks of weights of one panel over one strip.
template <typename T>
void run_panel(const Weights<T>& d, OuterInput<T> in, int width, int64_t row_pitch,
               int64_t pixel_pitch, T* sums) {
  const T* window = in.x;
  const int64_t lanes = lanes_of<T>(width);
  const int64_t longest = outer_length(width, d.run);
  const int64_t rows_at_once = outer_rows(width, d.s.kernel_h, longest);
  in.x_gap = d.s.dilation_h * row_pitch;
  in.sum_gap = d.runs * d.run * lanes;
  for (int64_t p = 0; p < d.s.kernel_h;) {
    const int64_t kernel_rows = p + rows_at_once <= d.s.kernel_h ? rows_at_once : 1;
    for (int64_t j = 0; j < d.runs; ++j) {
      for (int64_t l = 0; l < d.run; l += longest) {
        const int64_t length = min64(longest, d.run - l);
        in.x = window + p * in.x_gap + j * d.s.dilation_w * pixel_pitch + l;
        in.sum = sums + ((p * d.runs + j) * d.run + l) * lanes;
        outer_for<T>(width, kernel_rows, length)(in);
      }
    }
    p += kernel_rows;
  }
}

template <typename T>
struct Buffers {
  T* window;
  T* panel;
  T* sums;    // this chunk's partial dw: [groups][panel][depth][lanes]
  T* biases;  // this chunk's partial dbias: [oc], or null
};

template <typename T>
void add_biases(T* NRT_RESTRICT sums, const T* dy, int64_t rows, int64_t cols, int64_t row_pitch,
                int64_t channels) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t p = 0; p < cols; ++p) {
      const T* from = dy + r * row_pitch + p * channels;
      for (int64_t o = 0; o < channels; ++o) sums[o] += from[o];
    }
  }
}

template <typename T>
void run_strip(const Weights<T>& d, const Strip<T>& t, const T* x, const T* dy,
               const Buffers<T>& buffers) {
  const Conv2dShape& s = d.s;
  const Panels<T> panels(d.group_out);
  const T* dy_strip = dy + (t.row * s.out_w + t.col) * s.out_c;
  const int64_t dy_row = s.out_w * s.out_c;
  if (buffers.biases != nullptr) {
    add_biases(buffers.biases, dy_strip, t.rows, t.cols, dy_row, s.out_c);
  }
  const bool in_place =
      s.groups == 1 && d.rows.inside(t.row, t.rows) && d.cols.inside(t.col, t.cols);
  const Window v{d.rows.begin(t.row), d.rows.span(t.rows), d.cols.begin(t.col),
                 d.cols.span(t.cols)};
  const int64_t row_pitch = (in_place ? s.in_w : v.cols) * d.group_in;
  OuterInput<T> in;
  in.x_row = s.stride_h * row_pitch;
  in.x_step = s.stride_w * d.group_in;
  in.pixel_rows = t.rows;
  in.pixel_cols = t.cols;
  T* sums = buffers.sums;
  for (int64_t g = 0; g < s.groups; ++g) {
    in.x = buffers.window;
    if (in_place) {
      in.x = x + (v.row * s.in_w + v.col) * s.in_c;
    } else {
      copy_window(buffers.window, x + g * d.group_in, s.in_h, s.in_w, s.in_c, d.group_in, v);
    }
    for (int64_t panel = 0; panel < panels.count; ++panel) {
      const int64_t lanes = panels.lanes(panel), valid = panels.valid(panel);
      in.dy = dy_strip + g * d.group_out + panels.first(panel);
      in.dy_row = dy_row;
      in.dy_step = s.out_c;
      if (valid < lanes) {
        copy_panel(buffers.panel, in.dy, dy_row, s.out_c, t.rows, t.cols, lanes, valid);
        in.dy = buffers.panel;
        in.dy_step = lanes;
        in.dy_row = t.cols * lanes;
      }
      run_panel(d, in, panels.width(panel), row_pitch, d.group_in, sums);
      sums += d.depth() * lanes;
    }
  }
}

// Adds the partials in the order of the chunks and drops the lanes that do not exist.
template <typename T>
void combine(const Weights<T>& d, T* dw, T* partials, int64_t chunks) {
  const Panels<T> panels(d.group_out);
  const int64_t size = d.partial(panels);
  for (int64_t chunk = 1; chunk < chunks; ++chunk) {
    const T* NRT_RESTRICT from = partials + chunk * size;
    for (int64_t i = 0; i < size; ++i) partials[i] += from[i];
  }
  const T* from = partials;
  for (int64_t g = 0; g < d.s.groups; ++g) {
    for (int64_t panel = 0; panel < panels.count; ++panel) {
      const int64_t lanes = panels.lanes(panel), valid = panels.valid(panel);
      for (int64_t k = 0; k < d.depth(); ++k, from += lanes) {
        T* to = dw + k * d.s.out_c + g * d.group_out + panels.first(panel);
        for (int64_t v = 0; v < valid; ++v) to[v] = from[v];
      }
    }
  }
}

}  // namespace

template <typename T>
void conv2d_weights(T* dw, T* dbias, const T* x, const T* dy, const Conv2dShape& shape) {
  const Weights<T> d(flattened(shape));
  const Conv2dShape& s = d.s;
  const Panels<T> panels(d.group_out);
  const ScratchMark mark;
  const int64_t cols = s.out_w > 2 * kStripPixels ? kStripPixels : max64(s.out_w, 1);
  const int64_t rows = min64(max64(kStripPixels / cols, 1), max64(s.out_h, 1));
  const int64_t down = div_up(s.out_h, rows), per_image = down * div_up(s.out_w, cols);
  const int64_t tasks = s.images * per_image;
  const int64_t size = d.partial(panels);
  const int64_t work = rows * cols * d.depth() * s.out_c;
  const int64_t most = max64(
      min64(kMostChunks, kPartialBytes / (size * static_cast<int64_t>(sizeof(T)))), 1);
  const int64_t grain = max64(max64(div_up(tasks, most), kChunkWork / work), 1);
  const int64_t chunks = max64(div_up(tasks, grain), 1);
  T* partials = scratch<T>(chunks * size);
  T* biases = dbias == nullptr ? nullptr : scratch<T>(chunks * s.out_c);
  memset(partials, 0, static_cast<size_t>(size) * sizeof(T));
  if (biases != nullptr) memset(biases, 0, static_cast<size_t>(chunks * s.out_c) * sizeof(T));
  parallel(tasks, grain, [&](int64_t begin, int64_t end) {
    const ScratchMark inner;
    const int64_t chunk = begin / grain;
    Buffers<T> buffers;
    buffers.window = scratch<T>(d.rows.span(rows) * d.cols.span(cols) * d.group_in);
    buffers.panel = scratch<T>(rows * cols * 2 * kLanes<T>);
    buffers.sums = partials + chunk * size;
    buffers.biases = biases == nullptr ? nullptr : biases + chunk * s.out_c;
    if (chunk > 0) memset(buffers.sums, 0, static_cast<size_t>(size) * sizeof(T));
    for (int64_t task = begin; task < end; ++task) {
      const int64_t image = task / per_image, strip = task % per_image;
      Strip<T> t;
      t.row = strip % down * rows;
      t.col = strip / down * cols;
      t.rows = min64(rows, s.out_h - t.row);
      t.cols = min64(cols, s.out_w - t.col);
      run_strip(d, t, x + image * s.in_h * s.in_w * s.in_c,
                dy + image * s.out_h * s.out_w * s.out_c, buffers);
    }
  });
  combine(d, dw, partials, chunks);
  for (int64_t o = 0; biases != nullptr && o < s.out_c; ++o) {
    T sum = T(0);
    for (int64_t chunk = 0; chunk < chunks; ++chunk) sum += biases[chunk * s.out_c + o];
    dbias[o] = sum;
  }
}

template void conv2d_weights<float>(float*, float*, const float*, const float*, const Conv2dShape&);
template void conv2d_weights<double>(double*, double*, const double*, const double*,
                                     const Conv2dShape&);

}  // namespace NRT_ISA_NS
}  // namespace nrt
