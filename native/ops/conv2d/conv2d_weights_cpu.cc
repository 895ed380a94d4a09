// Backward-weights: dw[p, q, d, o] = sum over images and pixels of x(shifted)[d] * dy[o].
//
// A task is a strip of result rows of one image, or several small images. Its padded input window
// is copied to scratch (or used in place, as in conv2d_direct_cpu.cc); then every block of weights
// runs over the task's pixels with its sums in registers (conv2d_outer.h). There is no im2col in
// memory.
//
//   small dw   tasks are split in chunks, each with a partial dw, added in chunk order at the end
//   large dw   (about the second-level cache) partials would cost more than they bring, so
//              the split is by panel of output channels and kernel row: each part of dw stays in
//              cache while all tasks run over it
//
// Chunks and parts depend on the shape only, hence so does every sum.
#include "ops/conv2d/conv2d_outer.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// dy's panel of one task: half of the first-level cache, read again by every block of weights.
constexpr int64_t kPanelBytes = 16 << 10;
// Window of a task that takes several images.
constexpr int64_t kWindowBytes = 256 << 10;
constexpr int64_t kMostChunks = 16;
constexpr int64_t kChunkWork = 1 << 22;  // multiply-adds, about 80 us of one core
constexpr int64_t kLargeBytes = 1 << 20;

template <typename T>
struct Weights {
  Conv2dShape s;
  int64_t group_in, group_out;
  Axis rows, cols;
  int64_t runs, run;  // contiguous runs of one kernel row in the window, and their length
  const T* x;
  const T* dy;
  // Tasks: `images` images times `task_rows` x `task_cols` result positions.
  int64_t task_images, task_rows, task_cols;
  int64_t image_blocks, down, across;

  Weights(const Conv2dShape& shape, const T* x_, const T* dy_) : s(shape), x(x_), dy(dy_) {
    group_in = s.in_c / s.groups;
    group_out = s.out_c / s.groups;
    rows = forward_axis(s.out_h, s.in_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top);
    cols = forward_axis(s.out_w, s.in_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left);
    runs = s.dilation_w == 1 ? 1 : s.kernel_w;
    run = s.dilation_w == 1 ? s.kernel_w * group_in : group_in;
    cut();
  }
  void cut() {
    const Panels<T> panels(group_out);
    const int64_t size = static_cast<int64_t>(sizeof(T));
    const int64_t pixels = kPanelBytes / (panels.lanes(0) * size);
    const int64_t wide = max64(s.out_w, 1), high = max64(s.out_h, 1);
    task_cols = wide > 2 * pixels ? pixels : wide;
    task_rows = min64(max64(pixels / task_cols, 1), high);
    task_images = 1;
    if (task_rows == high && task_cols == wide) {
      const int64_t window = rows.span(high) * cols.span(wide) * group_in * size;
      task_images = max64(min64(pixels / (wide * high), kWindowBytes / window), 1);
    }
    image_blocks = div_up(s.images, task_images);
    down = div_up(s.out_h, task_rows);
    across = div_up(s.out_w, task_cols);
  }
  int64_t depth() const { return s.kernel_h * s.kernel_w * group_in; }
  int64_t tasks() const { return image_blocks * down * across; }
};

// A part of dw: groups, panels and kernel rows [begin, end).
struct Part {
  int64_t group, groups_end, panel, panels_end, tap, taps_end;
};

template <typename T>
struct Buffers {
  T* window;
  T* panel;
  T* sums;    // dw or a chunk's share of it: [groups][panel][depth][lanes]
  T* biases;  // the same of dbias: [groups][padded lanes], or null
};

// One task in numbers.
struct Task {
  int64_t image, images, row, rows, col, cols;
};

template <typename T>
Task task_at(const Weights<T>& d, int64_t index) {
  const int64_t strip = index % (d.down * d.across);
  Task t;
  t.image = index / (d.down * d.across) * d.task_images;
  t.row = strip % d.down * d.task_rows;
  t.col = strip / d.down * d.task_cols;
  t.images = min64(d.task_images, d.s.images - t.image);
  t.rows = min64(d.task_rows, d.s.out_h - t.row);
  t.cols = min64(d.task_cols, d.s.out_w - t.col);
  return t;
}

// All blocks of weights of one panel over one task. in.x is the window of kernel row part.tap.
template <typename T>
void run_panel(const Weights<T>& d, OuterInput<T> in, const Part& part, int width,
               int64_t pixel_pitch, T* sums) {
  const T* window = in.x;
  const int64_t lanes = lanes_of<T>(width), taps = part.taps_end - part.tap;
  const int64_t longest = outer_length(width, d.run);
  const int64_t rows_at_once = outer_rows(width, taps, longest);
  in.sum_gap = d.runs * d.run * lanes;
  for (int64_t p = 0; p < taps;) {
    const int64_t kernel_rows = p + rows_at_once <= taps ? rows_at_once : 1;
    for (int64_t j = 0; j < d.runs; ++j) {
      for (int64_t l = 0; l < d.run; l += longest) {
        const int64_t length = min64(longest, d.run - l);
        in.x = window + p * in.x_gap + j * d.s.dilation_w * pixel_pitch + l;
        in.sum = sums + (((part.tap + p) * d.runs + j) * d.run + l) * lanes;
        outer_for<T>(width, kernel_rows, length)(in);
      }
    }
    p += kernel_rows;
  }
}

// Points in.x at the task's window of group g for the part's kernel rows.
template <typename T>
void find_window(const Weights<T>& d, const Task& t, const Part& part, int64_t g, T* window,
                 OuterInput<T>& in) {
  const Conv2dShape& s = d.s;
  Axis rows = d.rows;
  rows.first += part.tap * rows.gap;
  rows.taps = part.taps_end - part.tap;
  const Window v{rows.begin(t.row), rows.span(t.rows), d.cols.begin(t.col), d.cols.span(t.cols)};
  const int64_t image = s.in_h * s.in_w * s.in_c;
  int64_t row_pitch = v.cols * d.group_in;
  if (s.groups == 1 && rows.inside(t.row, t.rows) && d.cols.inside(t.col, t.cols)) {
    row_pitch = s.in_w * s.in_c;
    in.x = d.x + t.image * image + (v.row * s.in_w + v.col) * s.in_c;
    in.x_image = image;
  } else {
    in.x_image = v.rows * v.cols * d.group_in;
    for (int64_t m = 0; m < t.images; ++m) {
      copy_window(window + m * in.x_image, d.x + (t.image + m) * image + g * d.group_in, s.in_h,
                  s.in_w, s.in_c, d.group_in, v);
    }
    in.x = window;
  }
  in.x_row = s.stride_h * row_pitch;
  in.x_gap = s.dilation_h * row_pitch;
  in.x_step = s.stride_w * d.group_in;
}

// Points in.dy at a panel of dy. Lanes beyond the group's channels read what follows in memory, and
// their sums are dropped; only where nothing follows (the end of dy) the panel is copied.
template <typename T>
void find_panel(const Weights<T>& d, const Task& t, int64_t channel, int64_t lanes, int64_t valid,
                T* panel, OuterInput<T>& in) {
  const Conv2dShape& s = d.s;
  in.dy_step = s.out_c;
  in.dy_row = s.out_w * s.out_c;
  in.dy_image = s.out_h * in.dy_row;
  in.dy = d.dy + t.image * in.dy_image + t.row * in.dy_row + t.col * in.dy_step + channel;
  const T* last = in.dy + (t.images - 1) * in.dy_image + (t.rows - 1) * in.dy_row +
                  (t.cols - 1) * in.dy_step;
  if (last - d.dy + lanes <= s.images * in.dy_image) return;
  T* to = panel;
  for (int64_t line = 0; line < t.images * t.rows; ++line) {
    const T* from = in.dy + line / t.rows * in.dy_image + line % t.rows * in.dy_row;
    for (int64_t j = 0; j < t.cols; ++j, from += in.dy_step, to += lanes) {
      for (int64_t v = 0; v < lanes; ++v) to[v] = v < valid ? from[v] : T(0);
    }
  }
  in.dy = panel;
  in.dy_step = lanes;
  in.dy_row = t.cols * lanes;
  in.dy_image = t.rows * in.dy_row;
}

template <typename T>
void run_task(const Weights<T>& d, const Task& t, const Part& part, const Buffers<T>& buffers) {
  const Panels<T> panels(d.group_out);
  OuterInput<T> in;
  in.images = t.images;
  in.pixel_rows = t.rows;
  in.pixel_cols = t.cols;
  for (int64_t g = part.group; g < part.groups_end; ++g) {
    find_window(d, t, part, g, buffers.window, in);
    for (int64_t panel = part.panel; panel < part.panels_end; ++panel) {
      const int64_t first = panels.first(panel);
      find_panel(d, t, g * d.group_out + first, panels.lanes(panel), panels.valid(panel),
                 buffers.panel, in);
      if (buffers.biases != nullptr && part.tap == 0) {
        sum_panel(panels.width(panel), in, buffers.biases + g * panels.padded() + first);
      }
      run_panel(d, in, part, panels.width(panel), d.group_in,
                buffers.sums + (g * panels.padded() + first) * d.depth());
    }
  }
}

template <typename T>
void run_tasks(const Weights<T>& d, int64_t begin, int64_t end, const Part& part, T* sums,
               T* biases) {
  const ScratchMark mark;
  Buffers<T> buffers;
  buffers.window = scratch<T>(d.task_images * d.rows.span(d.task_rows) *
                              d.cols.span(d.task_cols) * d.group_in);
  buffers.panel = scratch<T>(d.task_images * d.task_rows * d.task_cols * 2 * kLanes<T>);
  buffers.sums = sums;
  buffers.biases = biases;
  for (int64_t task = begin; task < end; ++task) run_task(d, task_at(d, task), part, buffers);
}

template <typename T>
void clear(T* values, int64_t count) {
  if (values != nullptr) memset(values, 0, static_cast<size_t>(count) * sizeof(T));
}

// Adds the chunks' partials in order into the first.
template <typename T>
void combine(T* partials, int64_t size, int64_t chunks) {
  for (int64_t chunk = 1; chunk < chunks; ++chunk) {
    const T* NRT_RESTRICT from = partials + chunk * size;
    for (int64_t i = 0; i < size; ++i) partials[i] += from[i];
  }
}

// Drops the lanes that do not exist: sums [groups][panel][depth][lanes] to dw [depth][oc].
template <typename T>
void unpack(T* dw, const T* sums, int64_t groups, int64_t depth, int64_t group_out) {
  const Panels<T> panels(group_out);
  for (int64_t g = 0; g < groups; ++g) {
    for (int64_t panel = 0; panel < panels.count; ++panel) {
      const int64_t lanes = panels.lanes(panel), valid = panels.valid(panel);
      for (int64_t k = 0; k < depth; ++k, sums += lanes) {
        T* to = dw + k * groups * group_out + g * group_out + panels.first(panel);
        for (int64_t v = 0; v < valid; ++v) to[v] = sums[v];
      }
    }
  }
}

// Large dw: one part per group, panel and kernel row, each over all tasks.
template <typename T>
void run_parts(const Weights<T>& d, T* sums, T* biases) {
  const Panels<T> panels(d.group_out);
  const int64_t taps = d.s.kernel_h;
  parallel(d.s.groups * panels.count * taps, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t tap = i % taps, panel = i / taps % panels.count, g = i / taps / panels.count;
      const Part part{g, g + 1, panel, panel + 1, tap, tap + 1};
      run_tasks(d, 0, d.tasks(), part, sums, biases);
    }
  });
}

}  // namespace

template <typename T>
void conv2d_weights(T* dw, T* dbias, const T* x, const T* dy, const Conv2dShape& shape) {
  if (conv2d_is_depthwise(shape)) {
    conv2d_depthwise_weights(dw, dbias, x, dy, shape);
    return;
  }
  const Weights<T> d(flattened(shape), x, dy);
  const Conv2dShape& s = d.s;
  const Panels<T> panels(d.group_out);
  const int64_t lanes = s.groups * panels.padded(), size = lanes * d.depth();
  const bool large = size * static_cast<int64_t>(sizeof(T)) > kLargeBytes;
  const int64_t work = d.task_images * d.task_rows * d.task_cols * size;
  const int64_t grain =
      large ? max64(d.tasks(), 1)
            : max64(max64(div_up(d.tasks(), kMostChunks), kChunkWork / max64(work, 1)), 1);
  const int64_t chunks = max64(div_up(d.tasks(), grain), 1);
  const ScratchMark mark;
  T* sums = scratch<T>(chunks * size);
  T* biases = dbias == nullptr ? nullptr : scratch<T>(chunks * lanes);
  clear(biases, chunks * lanes);
  clear(sums, size);
  if (large) {
    run_parts(d, sums, biases);
  } else {
    parallel(d.tasks(), grain, [&](int64_t begin, int64_t end) {
      const int64_t chunk = begin / grain;
      T* partial = sums + chunk * size;
      if (chunk > 0) clear(partial, size);
      const Part all{0, s.groups, 0, panels.count, 0, s.kernel_h};
      run_tasks(d, begin, end, all, partial, biases == nullptr ? nullptr : biases + chunk * lanes);
    });
  }
  combine(sums, size, chunks);
  unpack(dw, sums, s.groups, d.depth(), d.group_out);
  if (dbias != nullptr) {
    combine(biases, lanes, chunks);
    unpack(dbias, biases, s.groups, 1, d.group_out);
  }
}

template void conv2d_weights<float>(float*, float*, const float*, const float*, const Conv2dShape&);
template void conv2d_weights<double>(double*, double*, const double*, const double*,
                                     const Conv2dShape&);

}  // namespace NRT_ISA_NS
}  // namespace nrt
