// Backward-weights: dw[p, q, d, o] = sum over images and pixels of x(shifted)[d] * dy[o].
//
// A task is a strip of result rows of one image, or several small images; every block of weights
// runs over the task's pixels with its sums in registers (conv2d_outer.h). There is no im2col in
// memory.
//
//   by taps    a block lies within one tap and runs over just those pixels whose tap lies inside the
//              image: nothing is copied and no zero is multiplied
//   by runs    (few channels) a block spans several kernel columns and rows; the padded input window
//              is copied to scratch, or used in place where there is no padding
//
//   small dw   tasks are split in chunks, each with a partial dw, added in chunk order at the end
//   large dw   (about half of the second-level cache) partials would cost more than they bring, so
//              the split is by panel of output channels and kernel row: each part of dw stays in
//              cache while all tasks run over it
//
// Chunks and parts depend on the shape only, hence so does every sum.
#include "ops/conv2d/conv2d_outer.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// dy's panel of one task, read again by every block of weights; half of the first-level cache.
constexpr int64_t kPanelBytes = 16 << 10;
// By taps: the pixels' lines of x and dy do not all stay there anyway.
constexpr int64_t kTapsPanelBytes = 32 << 10;
// Pixels of dy this far apart share few sets of the first-level cache: a panel that enough blocks
// read is copied.
constexpr int64_t kFarPixels = 512;
constexpr int64_t kFewestBlocks = 16;
// Window of a task that takes several images.
constexpr int64_t kWindowBytes = 256 << 10;
constexpr int64_t kMostChunks = 16;
constexpr int64_t kChunkWork = 1 << 22;  // multiply-adds, about 80 us of one core
constexpr int64_t kFarBytes = 8 << 20;
constexpr int64_t kLargeBytes = 512 << 10;
// Channels from which blocks go by taps.
constexpr int64_t kFewestTapChannels = 8;

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
  bool by_taps;
  bool direct = false;  // sums are kept in dw itself

  Weights(const Conv2dShape& shape, const T* x_, const T* dy_) : s(shape), x(x_), dy(dy_) {
    group_in = s.in_c / s.groups;
    group_out = s.out_c / s.groups;
    rows = forward_axis(s.out_h, s.in_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top);
    cols = forward_axis(s.out_w, s.in_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left);
    runs = s.dilation_w == 1 ? 1 : s.kernel_w;
    run = s.dilation_w == 1 ? s.kernel_w * group_in : group_in;
    by_taps = group_in >= kFewestTapChannels;
    cut();
  }
  void cut() {
    const Panels<T> panels(group_out);
    const int64_t size = static_cast<int64_t>(sizeof(T));
    const int64_t pixels = (by_taps ? kTapsPanelBytes : kPanelBytes) / (panels.lanes(0) * size);
    const int64_t wide = max64(s.out_w, 1), high = max64(s.out_h, 1);
    task_cols = wide > 2 * pixels ? pixels : wide;
    task_rows = min64(max64(pixels / task_cols, 1), high);
    task_rows = div_up(high, div_up(high, task_rows));
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
  // Whether x and dy come from beyond the caches.
  bool far() const {
    const int64_t x_size = s.images * s.in_h * s.in_w * s.in_c;
    const int64_t dy_size = s.images * s.out_h * s.out_w * s.out_c;
    return max64(x_size, dy_size) * static_cast<int64_t>(sizeof(T)) > kFarBytes;
  }
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
  T* sums;    // dw or a chunk's share of it: [groups][panel][depth][lanes], or [depth][oc]
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
void run_runs(const Weights<T>& d, OuterInput<T> in, const Part& part, int width,
              int64_t pixel_pitch, T* sums) {
  const T* window = in.x;
  const int64_t taps = part.taps_end - part.tap;
  const int64_t longest = outer_length(width, d.run);
  const int64_t rows_at_once = outer_rows(width, taps, longest);
  in.sum_gap = d.runs * d.run * in.sum_step;
  for (int64_t p = 0; p < taps;) {
    const int64_t kernel_rows = p + rows_at_once <= taps ? rows_at_once : 1;
    for (int64_t j = 0; j < d.runs; ++j) {
      for (int64_t l = 0; l < d.run; l += longest) {
        const int64_t length = min64(longest, d.run - l);
        in.x = window + p * in.x_gap + j * d.s.dilation_w * pixel_pitch + l;
        in.sum = sums + (((part.tap + p) * d.runs + j) * d.run + l) * in.sum_step;
        outer_for<T>(width, kernel_rows, length)(in);
      }
    }
    p += kernel_rows;
  }
}

// Positions [begin, end) of an axis whose k-th tap lies inside the source.
struct Range {
  int64_t begin, end;
};

inline Range positions_inside(const Axis& a, int64_t k, int64_t from, int64_t count) {
  const int64_t at = a.first + k * a.gap;
  const int64_t low = at >= 0 ? 0 : div_up(-at, a.step);
  const int64_t high = at >= a.source ? 0 : (a.source - 1 - at) / a.step + 1;
  return Range{max64(low, from), min64(high, from + count)};
}

// The same by taps, on the input in place.
template <typename T>
void run_taps(const Weights<T>& d, const Task& t, const OuterInput<T>& all, const Part& part,
              int width, int64_t group, T* sums) {
  const Conv2dShape& s = d.s;
  const int64_t c = d.group_in, longest = outer_length(width, c), row_pitch = s.in_w * s.in_c;
  OuterInput<T> in = all;
  in.x_image = s.in_h * row_pitch;
  in.x_row = s.stride_h * row_pitch;
  in.x_step = s.stride_w * s.in_c;
  const bool far = d.far();
  const T* x = d.x + t.image * in.x_image + group * c;
  for (int64_t l = 0; l < c; l += longest) {
    const int64_t length = min64(longest, c - l);
    const OuterFunction<T> ahead = far ? outer_ahead_for<T>(width, length) : nullptr;
    const OuterFunction<T> function = ahead != nullptr ? ahead : outer_for<T>(width, 1, length);
    for (int64_t p = part.tap; p < part.taps_end; ++p) {
      const Range rows = positions_inside(d.rows, p, t.row, t.rows);
      for (int64_t q = 0; q < s.kernel_w; ++q) {
        const Range cols = positions_inside(d.cols, q, t.col, t.cols);
        if (rows.begin >= rows.end || cols.begin >= cols.end) continue;
        in.pixel_rows = rows.end - rows.begin;
        in.pixel_cols = cols.end - cols.begin;
        in.x = x + (d.rows.begin(rows.begin) + p * d.rows.gap) * row_pitch +
               (d.cols.begin(cols.begin) + q * d.cols.gap) * s.in_c + l;
        in.dy = all.dy + (rows.begin - t.row) * in.dy_row + (cols.begin - t.col) * in.dy_step;
        in.sum = sums + ((p * s.kernel_w + q) * c + l) * in.sum_step;
        if (in.pixel_cols * in.dy_step == in.dy_row && in.pixel_cols * in.x_step == in.x_row) {
          in.pixel_cols *= in.pixel_rows;  // the rows follow each other: one long row
          in.pixel_rows = 1;
        }
        function(in);
        const int64_t pixels = in.images * in.pixel_rows * in.pixel_cols;
        in.ahead_x += pixels * in.ahead_x_step;
        in.ahead_dy += pixels * in.ahead_dy_step;
      }
    }
  }
}

// Spreads the next task's pixels, which this part of dw will need, over this task's work.
template <typename T>
void look_ahead(const Weights<T>& d, const Task& t, const Task& next, const Part& part, int width,
                int64_t panel, OuterInput<T>& in) {
  const Conv2dShape& s = d.s;
  const int64_t size = static_cast<int64_t>(sizeof(T)), panels = part.panels_end - part.panel;
  const int64_t pieces = div_up(d.group_in, outer_length(width, d.group_in));
  const int64_t steps = pieces * (part.taps_end - part.tap) * s.kernel_w * panels;
  const int64_t pixels = t.images * t.rows * t.cols;
  const int64_t x_pixel = s.stride_h * s.stride_w * s.in_c * size, dy_pixel = s.out_c * size;
  const int64_t x_at = (next.image * s.in_h + next.row * s.stride_h) * s.in_w + next.col * s.stride_w;
  const int64_t dy_at = (next.image * s.out_h + next.row) * s.out_w + next.col;
  in.ahead_x_step = div_up(x_pixel, steps);
  in.ahead_dy_step = div_up(dy_pixel, steps);
  in.ahead_x = reinterpret_cast<const char*>(d.x + x_at * s.in_c) +
               (panel - part.panel) * pixels * x_pixel / panels;
  in.ahead_dy = reinterpret_cast<const char*>(d.dy + dy_at * s.out_c) +
                (panel - part.panel) * pixels * dy_pixel / panels;
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
// their sums are dropped. The panel is copied where nothing follows (the end of dy), and where its
// pixels collide in the cache.
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
  const int64_t blocks = s.kernel_h * s.kernel_w * d.group_in / kOuterLength;
  const bool collide = s.out_c * static_cast<int64_t>(sizeof(T)) % kFarPixels == 0 &&
                       d.by_taps && blocks >= kFewestBlocks;
  if (!collide && last - d.dy + lanes <= s.images * in.dy_image) return;
  T* to = panel;
  for (int64_t line = 0; line < t.images * t.rows; ++line) {
    const T* from = in.dy + line / t.rows * in.dy_image + line % t.rows * in.dy_row;
    for (int64_t j = 0; j < t.cols; ++j, from += in.dy_step, to += lanes) {
      memcpy(to, from, static_cast<size_t>(valid) * sizeof(T));
      if (valid < lanes) memset(to + valid, 0, static_cast<size_t>(lanes - valid) * sizeof(T));
    }
  }
  in.dy = panel;
  in.dy_step = lanes;
  in.dy_row = t.cols * lanes;
  in.dy_image = t.rows * in.dy_row;
}

template <typename T>
void run_task(const Weights<T>& d, const Task& t, const Task& next, const Part& part,
              const Buffers<T>& buffers) {
  const Panels<T> panels(d.group_out);
  OuterInput<T> in;
  for (int64_t g = part.group; g < part.groups_end; ++g) {
    if (!d.by_taps) find_window(d, t, part, g, buffers.window, in);
    for (int64_t panel = part.panel; panel < part.panels_end; ++panel) {
      const int64_t first = panels.first(panel), lanes = panels.lanes(panel);
      const int width = panels.width(panel);
      in.images = t.images;
      in.pixel_rows = t.rows;
      in.pixel_cols = t.cols;
      find_panel(d, t, g * d.group_out + first, lanes, panels.valid(panel), buffers.panel, in);
      if (buffers.biases != nullptr && part.tap == 0) {
        sum_panel(width, in, buffers.biases + g * panels.padded() + first);
      }
      in.sum_step = d.direct ? d.s.out_c : lanes;
      T* sums = buffers.sums + (d.direct ? g * d.group_out + first
                                         : (g * panels.padded() + first) * d.depth());
      in.ahead_x = in.ahead_dy = reinterpret_cast<const char*>(in.dy);
      in.ahead_x_step = in.ahead_dy_step = 0;
      if (d.by_taps) {
        look_ahead(d, t, next, part, width, panel, in);
        run_taps(d, t, in, part, width, g, sums);
      } else {
        run_runs(d, in, part, width, d.group_in, sums);
      }
    }
  }
}

template <typename T>
void run_tasks(const Weights<T>& d, int64_t begin, int64_t end, const Part& part, T* sums,
               T* biases) {
  const ScratchMark mark;
  Buffers<T> buffers;
  buffers.window = d.by_taps ? nullptr
                             : scratch<T>(d.task_images * d.rows.span(d.task_rows) *
                                          d.cols.span(d.task_cols) * d.group_in);
  buffers.panel = scratch<T>(d.task_images * d.task_rows * d.task_cols * 2 * kLanes<T>);
  buffers.sums = sums;
  buffers.biases = biases;
  for (int64_t task = begin; task < end; ++task) {
    run_task(d, task_at(d, task), task_at(d, min64(task + 1, end - 1)), part, buffers);
  }
}

template <typename T>
void clear(T* values, int64_t count) {
  if (values != nullptr) memset(values, 0, static_cast<size_t>(count) * sizeof(T));
}

// Adds the chunks' partials in order into the first.
template <typename T>
void combine(T* partials, int64_t size, int64_t chunks) {
  constexpr int64_t grain = 1 << 13;
  parallel(chunks > 1 ? size : 0, grain, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = 1; chunk < chunks; ++chunk) {
      const T* NRT_RESTRICT from = partials + chunk * size;
      for (int64_t i = begin; i < end; ++i) partials[i] += from[i];
    }
  });
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
  const int64_t taps = d.s.kernel_h, tap_depth = d.s.kernel_w * d.group_in;
  parallel(d.s.groups * panels.count * taps, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t tap = i % taps, panel = i / taps % panels.count, g = i / taps / panels.count;
      const int64_t first = panels.first(panel), lanes = panels.lanes(panel);
      if (d.direct) {
        T* own = sums + tap * tap_depth * d.s.out_c + g * d.group_out + first;
        for (int64_t k = 0; k < tap_depth; ++k) clear(own + k * d.s.out_c, lanes);
      } else {
        clear(sums + (g * panels.padded() + first) * d.depth() + tap * tap_depth * lanes,
              tap_depth * lanes);
      }
      run_tasks(d, 0, d.tasks(), Part{g, g + 1, panel, panel + 1, tap, tap + 1}, sums, biases);
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
  Weights<T> d(flattened(shape), x, dy);
  const Conv2dShape& s = d.s;
  const Panels<T> panels(d.group_out);
  const int64_t lanes = s.groups * panels.padded(), size = lanes * d.depth();
  const bool large = size * static_cast<int64_t>(sizeof(T)) > kLargeBytes;
  d.direct = large && panels.padded() == d.group_out;
  const int64_t work = d.task_images * d.task_rows * d.task_cols * size;
  const int64_t grain =
      large ? max64(d.tasks(), 1)
            : max64(max64(div_up(d.tasks(), kMostChunks), kChunkWork / max64(work, 1)), 1);
  const int64_t chunks = max64(div_up(d.tasks(), grain), 1);
  const ScratchMark mark;
  T* sums = d.direct ? dw : scratch<T>(chunks * size);
  T* biases = dbias == nullptr ? nullptr : scratch<T>(chunks * lanes);
  clear(biases, chunks * lanes);
  if (large) {
    run_parts(d, sums, biases);
  } else {
    if (d.tasks() == 0) clear(sums, size);
    parallel(d.tasks(), grain, [&](int64_t begin, int64_t end) {
      const int64_t chunk = begin / grain;
      T* partial = sums + chunk * size;
      clear(partial, size);
      const Part all{0, s.groups, 0, panels.count, 0, s.kernel_h};
      run_tasks(d, begin, end, all, partial, biases == nullptr ? nullptr : biases + chunk * lanes);
    });
  }
  combine(sums, size, chunks);
  if (!d.direct) unpack(dw, sums, s.groups, d.depth(), d.group_out);
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
