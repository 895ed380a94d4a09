// Forward and backward-data as one direct convolution (see conv2d_tile.h for the inner loops).
//
//   forward        y(i, j)[o]  = sum x(i*sh + p*dh - pt, ...)[d] * w[p, q, d, o]
//   backward-data  dx = the transpose: for every phase (row mod stride, column mod stride) of dx a
//                  convolution of step 1 over dy, whose taps are the kernel rows and columns that
//                  meet this phase, in reverse order, with w's channel axes swapped.
//
// Work is cut into image x strip of result rows, and into parts of the panels when strips are few.
// The input is used in place where there is one group and no padding, or padding that edge tiles
// leave out; else a strip's input window is copied with its zero padding into scratch of this
// thread (about kStripBytes, stays in L2). Batches of small images go another way: conv2d_stack.h.
#include "ops/conv2d/conv2d_kernels.h"
#include "ops/conv2d/conv2d_stack.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kStripBytes = 192 << 10;
// Multiply-adds per parallel chunk: about 40 us of one core.
constexpr int64_t kChunkWork = 1 << 21;
// Columns of a strip when rows are very long (1x1 convolutions are one long row).
constexpr int64_t kLongRow = 512;
constexpr int64_t kColumnBlock = 16 * 14;
// Results that no cache would hold until they are read are stored past the caches.
constexpr int64_t kStreamedBytes = 64 << 20;

// How the result positions are cut into strips.
struct Strips {
  int64_t rows, cols;            // positions per strip
  int64_t per_column, per_image;  // strips along the rows axis, and in all
  int64_t parts;                 // parts of the panels
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
  s.parts = panel_parts(d.images * s.per_image, Panels<T>(d.group_out).count);
  return s;
}

// A row of results in tiles of balanced width: the first `larger` have one pixel more.
struct Tiles {
  int64_t count, small, larger;

  Tiles(int width, int64_t cols)
      : count(div_up(cols, kTilePixels[width])), small(cols / count), larger(cols % count) {}
  int64_t pixels(int64_t t) const { return t < larger ? small + 1 : small; }
};

constexpr int64_t kMostEdgeTaps = 16;
constexpr int64_t kFewestEdgeChannels = 8;

// What the first and the last tile of a row leave out per kernel column, see edge_tile.
struct Edges {
  bool first = false, last = false;
  int8_t first_skips[kMostEdgeTaps], last_skips[kMostEdgeTaps];
};

// False if a row's padding is not of the form that edge tiles know.
template <typename T>
bool find_edges(const Direct<T>& d, int width, Edges& edges) {
  if (d.cols.taps > kMostEdgeTaps || d.group_in < kFewestEdgeChannels) return false;
  const int64_t cols = d.cols.positions;
  const Tiles tiles(width, cols);
  const int64_t first = tiles.pixels(0), last = tiles.pixels(tiles.count - 1);
  for (int64_t q = 0; q < d.cols.taps; ++q) {
    const int64_t at = d.cols.first + q * d.cols.gap;  // the source of position 0
    const int64_t left = at >= 0 ? 0 : div_up(-at, d.cols.step);
    const int64_t seen = at >= d.cols.source ? 0 : (d.cols.source - 1 - at) / d.cols.step + 1;
    const int64_t right = max64(cols - seen, 0);
    if (left > min64(kMostSkipped, first - 1) || right > min64(kMostSkipped, last - 1)) return false;
    if (tiles.count == 1 && left > 0 && right > 0) return false;
    edges.first_skips[q] = static_cast<int8_t>(left);
    edges.last_skips[q] = static_cast<int8_t>(-right);
    if (tiles.count == 1) {
      edges.first_skips[q] = edges.last_skips[q] = static_cast<int8_t>(left - right);
    }
    edges.first |= left > 0 || (tiles.count == 1 && right > 0);
    edges.last |= right > 0 || (tiles.count == 1 && left > 0);
  }
  return true;
}

// How the strips find their input: in place or copied, with edge tiles or without.
template <typename T>
struct Plan {
  Strips strips;
  bool edges;
  Edges panel_edges[2];  // of whole panels, of the last one
};

// `line_taps`: kernel columns where a line_tile may be used, or 0.
template <typename T>
TileFunction<T> choose_tile(int width, int64_t pixels, int64_t line_taps) {
  const TileFunction<T> line =
      line_taps > 0 ? line_tile_for<T>(width, pixels, line_taps) : nullptr;
  return line != nullptr ? line : tile_for<T>(width, pixels);
}

// Whole vectors of every pixel must be aligned.
template <typename T>
bool streams(const Direct<T>& d) {
  const int64_t bytes = d.images * d.out_image() * static_cast<int64_t>(sizeof(T));
  return bytes > kStreamedBytes && d.out_pitch() % kLanes<T> == 0 && d.group_out % kLanes<T> == 0 &&
         reinterpret_cast<uintptr_t>(d.out) % kVectorBytes == 0 &&
         (d.activation == NRT_UNARY_IDENTITY || d.activation == NRT_UNARY_RELU);
}

// Where a strip's input and results are.
template <typename T>
struct Strip {
  const T* a;  // window of the first result position
  int64_t row_pitch;
  T* out;
  int64_t row, rows, cols;  // first result row, extent
  const char* ahead;        // input of the next strip, fetched while this one is computed
  double ahead_step;        // bytes of it per tile
};

// All tiles of one panel of one strip.
template <typename T>
void run_panel(const Direct<T>& d, const Strip<T>& strip, int64_t panel, const T* packed,
               const T* bias, const Edges* edges) {
  const Panels<T> panels(d.group_out);
  const int width = panels.width(panel);
  const int64_t c = d.group_in, lanes = panels.lanes(panel);
  const Tiles tiles(width, strip.cols);
  const bool merged = d.cols.gap == 1 && d.cols.taps > 0;
  TileInput<T> in, edge;
  in.step = d.cols.step * c;
  in.row_gap = d.rows.gap * strip.row_pitch;
  in.runs = merged ? 1 : d.cols.taps;
  in.run = merged ? d.cols.taps * c : c;
  in.run_gap = d.cols.gap * c;
  in.b_row = d.cols.taps * c * lanes;
  in.skips = nullptr;
  in.ahead_step = static_cast<int64_t>(strip.ahead_step / static_cast<double>(max64(d.depth(), 1)));
  edge = in;
  edge.runs = d.cols.taps;
  edge.run = c;
  TileOutput<T> o;
  o.pitch = d.cols.out_step * d.out_pitch();
  o.activation = d.activation;
  o.bias = bias == nullptr ? nullptr : bias + panels.first(panel);
  o.valid = panels.valid(panel);
  o.streamed = streams(d) && lanes % kLanes<T> == 0 && o.valid == lanes;
  const int64_t line = merged && in.step == 1 && c == 1 ? in.run : 0;
  const TileFunction<T> small = choose_tile<T>(width, tiles.small, line);
  const TileFunction<T> large =
      tiles.larger > 0 ? choose_tile<T>(width, tiles.small + 1, line) : small;
  const T* weights = packed + panels.first(panel) * d.depth();
  for (int64_t r = 0; r < strip.rows; ++r) {
    // Kernel rows that see only padding add nothing.
    const Taps inside = d.rows.taps_inside(strip.row + r);
    in.tap_rows = edge.tap_rows = inside.count;
    in.a = strip.a + r * d.rows.step * strip.row_pitch + inside.first * in.row_gap;
    in.b = edge.b = weights + inside.first * in.b_row;
    o.out = strip.out + r * d.rows.out_step * d.out_w * d.out_pitch() + panels.first(panel);
    for (int64_t t = 0; t < tiles.count; ++t) {
      const int64_t pixels = tiles.pixels(t);
      in.ahead = edge.ahead =
          strip.ahead +
          static_cast<int64_t>(strip.ahead_step *
                               static_cast<double>((panel * strip.rows + r) * tiles.count + t));
      const bool first = edges != nullptr && t == 0 && edges->first;
      if (first || (edges != nullptr && t + 1 == tiles.count && edges->last)) {
        edge.a = in.a;
        edge.skips = first ? edges->first_skips : edges->last_skips;
        edge_tile_for<T>(width, pixels)(edge, o);
      } else {
        (t < tiles.larger ? large : small)(in, o);
      }
      in.a += pixels * in.step;
      o.out += pixels * o.pitch;
    }
  }
}

template <typename T>
void run_task(const Direct<T>& d, const Plan<T>& plan, int64_t task, T* window) {
  const Panels<T> panels(d.group_out);
  const Strips& strips = plan.strips;
  const int64_t part = task % strips.parts, place = task / strips.parts;
  const int64_t image = place / strips.per_image, index = place % strips.per_image;
  const int64_t col = index / strips.per_column * strips.cols;
  Strip<T> strip;
  strip.row = index % strips.per_column * strips.rows;
  strip.rows = min64(strips.rows, d.rows.positions - strip.row);
  strip.cols = min64(strips.cols, d.cols.positions - col);
  if (strip.rows <= 0) return;
  const T* source = d.in + image * d.in_image();
  T* out = d.out + ((image * d.out_h + d.rows.out_first + strip.row * d.rows.out_step) * d.out_w +
                    d.cols.out_first + col * d.cols.out_step) * d.out_pitch();
  const bool in_place = d.groups == 1 && (plan.edges || d.cols.inside(col, strip.cols));
  const Window v{d.rows.begin(strip.row), d.rows.span(strip.rows), d.cols.begin(col),
                 d.cols.span(strip.cols)};
  strip.row_pitch = (in_place ? d.cols.source : v.cols) * d.group_in;
  const int64_t last = (part + 1) * panels.count / strips.parts;
  // The next strip follows in memory.
  const int64_t consumed = strip.rows * d.rows.step * strip.cols * d.cols.step;
  const int64_t next = strip.cols == d.cols.positions
                           ? (v.row + strip.rows * d.rows.step) * d.cols.source
                           : v.col + strip.cols * d.cols.step;
  strip.ahead = reinterpret_cast<const char*>(source + next * d.in_pitch());
  const int64_t tiles = strip.rows * div_up(strip.cols, kTilePixels[kTwo]) * panels.count * d.groups;
  strip.ahead_step = static_cast<double>(consumed * d.in_pitch() * static_cast<int64_t>(sizeof(T))) /
                     static_cast<double>(max64(tiles, 1));
  for (int64_t g = 0; g < d.groups; ++g) {
    strip.a = window;
    strip.out = out + g * d.group_out;
    if (in_place && d.depth() > 0) {
      strip.a = source + (v.row * d.cols.source + v.col) * d.in_pitch();
    } else if (d.depth() > 0) {
      copy_window(window, source + g * d.group_in, d.rows.source, d.cols.source, d.in_pitch(),
                  d.group_in, v);
    }
    for (int64_t panel = part * panels.count / strips.parts; panel < last; ++panel) {
      const Edges* edges = plan.edges ? &plan.panel_edges[panel + 1 == panels.count] : nullptr;
      run_panel(d, strip, panel, d.packed + g * panels.padded() * d.depth(),
                d.bias == nullptr ? nullptr : d.bias + g * panels.padded(), edges);
    }
  }
}

template <typename T>
void run_strips(const Direct<T>& d) {
  const Panels<T> panels(d.group_out);
  Plan<T> plan;
  plan.strips = cut(d);
  const Strips& strips = plan.strips;
  plan.edges = d.groups == 1 && strips.cols == d.cols.positions && d.depth() > 0 &&
               !d.cols.inside(0, d.cols.positions) &&
               find_edges(d, panels.width(0), plan.panel_edges[0]) &&
               find_edges(d, panels.last_width, plan.panel_edges[1]);
  const int64_t work = strips.rows * strips.cols * d.work() / strips.parts;
  parallel(d.images * strips.per_image * strips.parts, max64(kChunkWork / max64(work, 1), 1),
           [&](int64_t begin, int64_t end) {
             const ScratchMark inner;
             T* window = scratch<T>(d.rows.span(strips.rows) * d.cols.span(strips.cols) *
                                    d.group_in);
             for (int64_t task = begin; task < end; ++task) run_task(d, plan, task, window);
             if (streams(d)) publish();
           });
}

template <typename T>
void run(const Direct<T>& direct, const T* w) {
  if (direct.images == 0 || direct.rows.positions <= 0 || direct.cols.positions <= 0) return;
  const ScratchMark mark;
  Direct<T> d = direct;
  if (d.packed == nullptr) {
    T* packed = scratch<T>(d.packed_size());
    pack_weights(packed, w, d);
    d.packed = packed;
  }
  d.bias = pad_bias(d.bias, d);
  Stack<T> stack;
  if (stacks(d, stack)) {
    run_stack(d, stack);
  } else {
    run_strips(d);
  }
}

template <typename T>
Direct<T> forward_of(const Conv2dShape& shape) {
  const Conv2dShape s = flattened(shape);
  Direct<T> d{};
  d.rows = forward_axis(s.out_h, s.in_h, s.kernel_h, s.stride_h, s.dilation_h, s.pad_top);
  d.cols = forward_axis(s.out_w, s.in_w, s.kernel_w, s.stride_w, s.dilation_w, s.pad_left);
  d.images = s.images;
  d.groups = s.groups;
  d.group_in = s.in_c / s.groups;
  d.group_out = s.out_c / s.groups;
  d.kernel_w = s.kernel_w;
  d.kernel_in = d.group_in;
  d.kernel_out = s.out_c;
  d.out_h = s.out_h;
  d.out_w = s.out_w;
  d.activation = s.activation;
  return d;
}

template <typename T>
void forward(T* y, const T* x, const T* w, const T* bias, const Conv2dShape& shape) {
  if (conv2d_is_depthwise(shape)) {
    conv2d_depthwise(y, x, w, bias, shape);
    return;
  }
  Direct<T> d = forward_of<T>(shape);
  d.out = y;
  d.in = x;
  d.bias = bias;
  run(d, w);
}

template <typename T>
int64_t packed_size(const Conv2dShape& shape) {
  return conv2d_is_depthwise(shape) ? 0 : forward_of<T>(shape).packed_size();
}

template <typename T>
void pack(T* packed, const T* w, const Conv2dShape& shape) {
  pack_weights(packed, w, forward_of<T>(shape));
}

template <typename T>
void forward_packed(T* y, const T* x, const T* packed, const T* bias, const Conv2dShape& shape) {
  Direct<T> d = forward_of<T>(shape);
  d.out = y;
  d.in = x;
  d.bias = bias;
  d.packed = packed;
  run(d, packed);
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
  Direct<T> d{};
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
    {forward<float>, backward_data<float>, conv2d_weights<float>, packed_size<float>, pack<float>,
     forward_packed<float>},
    {forward<double>, backward_data<double>, conv2d_weights<double>, packed_size<double>,
     pack<double>, forward_packed<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
