// Problems of attention, their results in double, and a fixture that compares.
#pragma once

#include "ops/attention/attention.h"

#include <cmath>
#include <limits>
#include <vector>

#include "core/test_support.h"

namespace {

using nrt_test::addr;
using nrt_test::Code;
using nrt_test::ctx;
using nrt_test::expect_close;
using nrt_test::uniform;

struct Size {
  int64_t batch, heads, kv_heads, queries, keys, width, value_width;
};

enum MaskShape { kNone, kFull, kStretched };

struct Options {
  int32_t mask_kind = NRT_ATTENTION_MASK_NONE;
  MaskShape mask_shape = kNone;
  bool lengths = false, causal = false, rows_first = false;
  double scale = 0.4;
};

// Inputs and upstream gradient of one problem, all [batch, heads, rows, width] or, with rows_first,
// [batch, rows, heads, width] in memory.
template <typename T>
struct Problem {
  Size s;
  Options o;
  std::vector<T> q, k, v, dy, added;
  std::vector<uint8_t> allowed;
  std::vector<int64_t> lengths;
  int64_t desc[NRT_ATTENTION_DESC] = {};

  Problem(const Size& size, const Options& options) : s(size), o(options) {
    q = uniform<T>(s.batch * s.heads * s.queries * s.width, 1, -2, 2);
    k = uniform<T>(s.batch * s.kv_heads * s.keys * s.width, 2, -2, 2);
    v = uniform<T>(s.batch * s.kv_heads * s.keys * s.value_width, 3, -2, 2);
    dy = uniform<T>(s.batch * s.heads * s.queries * s.value_width, 4, -2, 2);
    const int64_t one[] = {s.batch, s.heads, s.kv_heads, s.queries, s.keys, s.width, s.value_width};
    for (int i = 0; i < 7; ++i) desc[i] = one[i];
    for (int at : {NRT_ATTENTION_Q, NRT_ATTENTION_DQ}) set(at, s.heads, s.queries, s.width);
    for (int at : {NRT_ATTENTION_K, NRT_ATTENTION_DK}) set(at, s.kv_heads, s.keys, s.width);
    for (int at : {NRT_ATTENTION_V, NRT_ATTENTION_DV}) set(at, s.kv_heads, s.keys, s.value_width);
    for (int at : {NRT_ATTENTION_Y, NRT_ATTENTION_DY}) set(at, s.heads, s.queries, s.value_width);
    set_mask();
    for (int64_t b = 0; b < s.batch; ++b) lengths.push_back(b == 0 ? s.keys * 2 / 3 : s.keys + 5);
  }

  void set(int at, int64_t heads, int64_t rows, int64_t width) {
    desc[at] = heads * rows * width;
    desc[at + 1] = o.rows_first ? width : rows * width;
    desc[at + 2] = o.rows_first ? heads * width : width;
  }

  void set_mask() {
    int64_t count = s.queries * s.keys;
    if (o.mask_shape == kFull) {
      const int64_t strides[] = {s.heads * count, count, s.keys, 1};
      for (int i = 0; i < 4; ++i) desc[NRT_ATTENTION_MASK + i] = strides[i];
      count *= s.batch * s.heads;
    } else {
      count = s.keys;  // one row for all queries and heads
      desc[NRT_ATTENTION_MASK + 3] = 1;
    }
    added = uniform<T>(count, 5, -3, 3);
    for (int64_t i = 0; i < count; ++i) {
      const bool out = i % 3 == 1 || (o.mask_shape == kFull && i / std::max<int64_t>(s.keys, 1) % 4 == 2);
      allowed.push_back(out ? 0 : 1);
      if (out) added[static_cast<size_t>(i)] = -std::numeric_limits<T>::infinity();
    }
  }

  nrt_ptr mask() const {
    return o.mask_kind == NRT_ATTENTION_MASK_BOOL ? addr(allowed) : o.mask_kind != 0 ? addr(added) : 0;
  }
  nrt_ptr length_ptr() const { return o.lengths ? addr(lengths) : 0; }

  size_t at(int where, int64_t b, int64_t h, int64_t r) const {
    return static_cast<size_t>(b * desc[where] + h * desc[where + 1] + r * desc[where + 2]);
  }

  // Minus infinity where the query may not attend.
  double score(int64_t b, int64_t h, int64_t i, int64_t j) const {
    const double none = -std::numeric_limits<double>::infinity();
    if (o.lengths && j >= lengths[static_cast<size_t>(b)]) return none;
    if (o.causal && j > i) return none;
    double sum = 0;
    const int64_t g = h / (s.heads / s.kv_heads);
    for (int64_t c = 0; c < s.width; ++c) {
      sum += o.scale * q[at(NRT_ATTENTION_Q, b, h, i) + c] * static_cast<double>(k[at(NRT_ATTENTION_K, b, g, j) + c]);
    }
    const int64_t* m = desc + NRT_ATTENTION_MASK;
    const size_t where = static_cast<size_t>(b * m[0] + h * m[1] + i * m[2] + j * m[3]);
    if (o.mask_kind == NRT_ATTENTION_MASK_BOOL) return allowed[where] ? sum : none;
    return o.mask_kind == NRT_ATTENTION_MASK_ADDED ? sum + static_cast<double>(added[where]) : sum;
  }
};

struct Reference {
  std::vector<double> y, dq, dk, dv;
};

template <typename T>
Reference reference(const Problem<T>& p) {
  const Size& s = p.s;
  Reference r = {std::vector<double>(p.dy.size()), std::vector<double>(p.q.size()), std::vector<double>(p.k.size()),
                 std::vector<double>(p.v.size())};
  for (int64_t b = 0; b < s.batch; ++b) {
    for (int64_t h = 0; h < s.heads; ++h) {
      const int64_t g = h / (s.heads / s.kv_heads);
      for (int64_t i = 0; i < s.queries; ++i) {
        std::vector<double> w;
        double best = -std::numeric_limits<double>::infinity(), total = 0, delta = 0;
        for (int64_t j = 0; j < s.keys; ++j) {
          w.push_back(p.score(b, h, i, j));
          best = std::max(best, w.back());
        }
        for (double& x : w) total += x = std::isinf(best) ? 0 : std::exp(x - best);
        const size_t y = p.at(NRT_ATTENTION_Y, b, h, i), q = p.at(NRT_ATTENTION_Q, b, h, i);
        std::vector<double> slope(w.size());
        for (size_t j = 0; j < w.size(); ++j) {
          w[j] = total == 0 ? 0 : w[j] / total;
          const size_t v = p.at(NRT_ATTENTION_V, b, g, static_cast<int64_t>(j));
          for (size_t c = 0; c < static_cast<size_t>(s.value_width); ++c) {
            r.y[y + c] += w[j] * static_cast<double>(p.v[v + c]);
            r.dv[v + c] += w[j] * static_cast<double>(p.dy[y + c]);
            slope[j] += static_cast<double>(p.dy[y + c]) * static_cast<double>(p.v[v + c]);
          }
          delta += w[j] * slope[j];
        }
        for (size_t j = 0; j < w.size(); ++j) {
          const size_t k = p.at(NRT_ATTENTION_K, b, g, static_cast<int64_t>(j));
          const double ds = w[j] * (slope[j] - delta) * p.o.scale;
          for (size_t c = 0; c < static_cast<size_t>(s.width); ++c) {
            r.dq[q + c] += ds * static_cast<double>(p.k[k + c]);
            r.dk[k + c] += ds * static_cast<double>(p.q[q + c]);
          }
        }
      }
    }
  }
  return r;
}

template <typename T>
class Attention : public ::testing::Test {
 protected:
  struct Result {
    std::vector<T> y, lse, dq, dk, dv;
  };
  static constexpr double tolerance = sizeof(T) == 4 ? 1e-4 : 1e-11;

  static Result run(const Problem<T>& p, nrt_ctx context = ctx()) {
    const size_t rows = static_cast<size_t>(p.s.batch * p.s.heads * p.s.queries);
    Result r = {std::vector<T>(p.dy.size()), std::vector<T>(rows), std::vector<T>(p.q.size()),
                std::vector<T>(p.k.size()), std::vector<T>(p.v.size())};
    EXPECT_EQ(NRT_OK, nrt_attention_fwd(context, Code<T>::value, addr(r.y), addr(r.lse), addr(p.q), addr(p.k),
                                        addr(p.v), p.mask(), p.length_ptr(), p.desc, p.o.mask_kind, p.o.causal,
                                        p.o.scale))
        << nrt_last_error();
    EXPECT_EQ(NRT_OK, nrt_attention_bwd(context, Code<T>::value, addr(r.dq), addr(r.dk), addr(r.dv), addr(p.dy),
                                        addr(r.y), addr(r.lse), addr(p.q), addr(p.k), addr(p.v), p.mask(),
                                        p.length_ptr(), p.desc, p.o.mask_kind, p.o.causal, p.o.scale))
        << nrt_last_error();
    return r;
  }

  static void compare(const Size& s, const Options& o) {
    SCOPED_TRACE(testing::Message() << s.batch << " x " << s.heads << "/" << s.kv_heads << " x " << s.queries << ", "
                                    << s.keys << " x " << s.width << ", " << s.value_width << " mask " << o.mask_kind
                                    << " causal " << o.causal << " lengths " << o.lengths);
    compare(Problem<T>(s, o));
  }

  static void compare(const Problem<T>& p) {
    const Reference want = reference(p);
    const Result got = run(p);
    expect_close(got.y, want.y, tolerance, tolerance);
    expect_close(got.dq, want.dq, tolerance, 4 * tolerance);
    expect_close(got.dk, want.dk, tolerance, 4 * tolerance);
    expect_close(got.dv, want.dv, tolerance, 4 * tolerance);
  }
};

}  // namespace
