// Small images: a tile takes the same result position of up to 14 images. For kernel files only.
//
// The images then are what neighbouring pixels are elsewhere (step and pitch are an image), so rows
// of four or seven pixels fill a tile as well as rows of 56, and every position visits exactly the
// taps that lie inside the image: no padding is copied or multiplied. In a 4x4 image that is nearly
// a third of the products of a 3x3 kernel.
#pragma once

#include "ops/conv2d/conv2d_direct.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

// Input of the images of one tile: stays in the second-level cache next to a panel of weights.
constexpr int64_t kStackBytes = 384 << 10;
constexpr int64_t kFewestStacked = 6;
// Products per result from which the work around a tile no longer counts.
constexpr int64_t kFewestStackedProducts = 64;

template <typename T>
struct Stack {
  int64_t images, groups;  // images per tile at most, number of tiles
  int64_t parts;           // parts of the panels
  int64_t pitch;           // elements from one image to the next, in place or copied
  bool copied;
};

// Images a multiple of a large power of two apart would share few sets of the first-level cache;
// they are copied an odd number of lines apart.
template <typename T>
int64_t spread(int64_t image) {
  constexpr int64_t line = 64 / static_cast<int64_t>(sizeof(T)), worst = 8;
  if (image % (line * worst) != 0) return image;
  return image + line;
}

template <typename T>
bool stacks(const Direct<T>& d, Stack<T>& stack) {
  if (d.groups != 1 || d.images < kFewestStacked || d.depth() < kFewestStackedProducts) {
    return false;
  }
  const bool whole_rows = d.cols.positions >= kTilePixels[kTwo] && d.cols.inside(0, d.cols.positions);
  const int64_t bytes = d.in_image() * static_cast<int64_t>(sizeof(T));
  const int64_t fits = min64(kStackBytes / max64(bytes, 1), kTilePixels[kTwo]);
  if (whole_rows || fits < kFewestStacked) return false;
  const Panels<T> panels(d.group_out);
  stack.groups = div_up(d.images, fits);
  stack.images = div_up(d.images, stack.groups);
  stack.parts = panel_parts(stack.groups, panels.count);
  stack.pitch = spread<T>(d.in_image());
  stack.copied = stack.pitch != d.in_image();
  return true;
}

// All result positions of `images` images for one panel.
template <typename T>
void stack_panel(const Direct<T>& d, const T* a, int64_t step, int64_t images, int64_t panel,
                 T* out) {
  const Panels<T> panels(d.group_out);
  const int64_t c = d.group_in, lanes = panels.lanes(panel), row_pitch = d.cols.source * c;
  const TileFunction<T> function = tile_for<T>(panels.width(panel), images);
  const T* weights = d.packed + panels.first(panel) * d.depth();
  TileInput<T> in;
  in.step = step;
  in.row_gap = d.rows.gap * row_pitch;
  in.run_gap = d.cols.gap * c;
  in.b_row = d.cols.taps * c * lanes;
  in.skips = nullptr;
  in.ahead = reinterpret_cast<const char*>(a);
  in.ahead_step = 0;
  TileOutput<T> o;
  o.pitch = d.out_image();
  o.valid = panels.valid(panel);
  o.bias = d.bias == nullptr ? nullptr : d.bias + panels.first(panel);
  o.activation = d.activation;
  o.streamed = false;
  for (int64_t t = 0; t < d.rows.positions; ++t) {
    const Taps rows = d.rows.taps_inside(t);
    in.tap_rows = rows.count;
    const T* row = a + (d.rows.begin(t) + rows.first * d.rows.gap) * row_pitch;
    T* to = out + ((d.rows.out_first + t * d.rows.out_step) * d.out_w + d.cols.out_first) *
                      d.out_pitch() + panels.first(panel);
    for (int64_t u = 0; u < d.cols.positions; ++u) {
      const Taps cols = d.cols.taps_inside(u);
      const bool merged = d.cols.gap == 1;
      in.runs = merged ? 1 : cols.count;
      in.run = merged ? cols.count * c : c;
      in.a = row + (d.cols.begin(u) + cols.first * d.cols.gap) * c;
      in.b = weights + rows.first * in.b_row + cols.first * c * lanes;
      o.out = to + u * d.cols.out_step * d.out_pitch();
      function(in, o);
    }
  }
}

template <typename T>
void run_stack(const Direct<T>& d, const Stack<T>& stack) {
  const Panels<T> panels(d.group_out);
  const int64_t in_image = d.in_image();
  parallel(stack.groups * stack.parts, 1, [&](int64_t begin, int64_t end) {
    const ScratchMark mark;
    T* copies = stack.copied ? scratch<T>(stack.images * stack.pitch) : nullptr;
    int64_t held = -1;
    for (int64_t task = begin; task < end; ++task) {
      const int64_t group = task / stack.parts, part = task % stack.parts;
      const int64_t first = group * d.images / stack.groups;
      const int64_t images = (group + 1) * d.images / stack.groups - first;
      const T* a = d.in + first * in_image;
      for (int64_t m = 0; stack.copied && group != held && m < images; ++m) {
        memcpy(copies + m * stack.pitch, a + m * in_image,
               static_cast<size_t>(in_image) * sizeof(T));
      }
      held = group;
      const int64_t last = (part + 1) * panels.count / stack.parts;
      for (int64_t panel = part * panels.count / stack.parts; panel < last; ++panel) {
        stack_panel(d, stack.copied ? copies : a, stack.copied ? stack.pitch : in_image, images,
                    panel, d.out + first * d.out_image());
      }
    }
  });
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
