// One direct convolution, as forward and every phase of backward-data describe it, and its packed
// weights. For kernel files only.
//
// Packed weights are [groups][panel][tap row][tap column][group_in][lanes]: what a tile reads, in
// the order in which it reads it; lanes beyond the last channel are zero.
#pragma once

#include "ops/conv2d/conv2d_tile.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

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
  const T* bias;    // padded to whole panels per group, or null
  const T* packed;
  int32_t activation;

  int64_t taps() const { return rows.taps * cols.taps; }
  int64_t depth() const { return taps() * group_in; }
  int64_t in_pitch() const { return groups * group_in; }
  int64_t out_pitch() const { return groups * group_out; }
  int64_t in_image() const { return rows.source * cols.source * in_pitch(); }
  int64_t out_image() const { return out_h * out_w * out_pitch(); }
  int64_t packed_size() const { return groups * Panels<T>(group_out).padded() * depth(); }
  // Multiply-adds of one result position.
  int64_t work() const { return (depth() + 1) * groups * Panels<T>(group_out).padded(); }
};

// One tap of one panel: [group_in][lanes].
template <typename T>
void pack_tap(T* NRT_RESTRICT to, const T* NRT_RESTRICT from, int64_t depth, int64_t depth_step,
              int64_t lane_step, int64_t valid, int64_t lanes) {
  constexpr int64_t block = 16;  // lines of w read at once when its axes are swapped
  if (valid < lanes) memset(to, 0, static_cast<size_t>(depth * lanes) * sizeof(T));
  if (lane_step == 1) {
    for (int64_t k = 0; k < depth; ++k) {
      memcpy(to + k * lanes, from + k * depth_step, static_cast<size_t>(valid) * sizeof(T));
    }
    return;
  }
  for (int64_t k = 0; k < depth; k += block) {
    const int64_t count = min64(block, depth - k);
    for (int64_t v = 0; v < valid; ++v) {
      const T* line = from + v * lane_step + k * depth_step;
      for (int64_t i = 0; i < count; ++i) to[(k + i) * lanes + v] = line[i * depth_step];
    }
  }
}

template <typename T>
void pack_weights(T* packed, const T* w, const Direct<T>& d) {
  constexpr int64_t grain_elements = 1 << 16;
  if (d.depth() == 0) return;
  const Panels<T> panels(d.group_out);
  const int64_t taps = d.taps();
  const int64_t grain = max64(grain_elements / (d.group_in * panels.lanes(0)), 1);
  parallel(d.groups * panels.count * taps, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const int64_t tap = i % taps, panel = i / taps % panels.count, g = i / taps / panels.count;
      const int64_t p = d.rows.tap_first + tap / d.cols.taps * d.rows.tap_step;
      const int64_t q = d.cols.tap_first + tap % d.cols.taps * d.cols.tap_step;
      const T* from = w + (p * d.kernel_w + q) * d.kernel_in * d.kernel_out;
      const int64_t lanes = panels.lanes(panel), first = panels.first(panel);
      T* to = packed + (g * panels.padded() + first) * d.depth() + tap * d.group_in * lanes;
      if (d.swapped) {
        pack_tap(to, from + first * d.kernel_out + g * d.group_in, d.group_in, 1, d.kernel_out,
                 panels.valid(panel), lanes);
      } else {
        pack_tap(to, from + g * d.group_out + first, d.group_in, d.kernel_out, 1,
                 panels.valid(panel), lanes);
      }
    }
  });
}

// The bias of all groups, padded to whole panels.
template <typename T>
const T* pad_bias(const T* bias, const Direct<T>& d) {
  const int64_t padded = Panels<T>(d.group_out).padded();
  if (bias == nullptr || padded == d.group_out) return bias;
  T* to = scratch<T>(d.groups * padded);
  for (int64_t g = 0; g < d.groups; ++g) {
    for (int64_t v = 0; v < padded; ++v) {
      to[g * padded + v] = v < d.group_out ? bias[g * d.group_out + v] : T(0);
    }
  }
  return to;
}

// Splits the panels of a task when there are few tasks: parts of equal size, at least `wanted`
// tasks in all if the panels allow it.
inline int64_t panel_parts(int64_t tasks, int64_t panels) {
  constexpr int64_t wanted = 8;
  return tasks >= wanted ? 1 : min64(div_up(wanted, max64(tasks, 1)), panels);
}

}  // namespace
}  // namespace NRT_ISA_NS
}  // namespace nrt
