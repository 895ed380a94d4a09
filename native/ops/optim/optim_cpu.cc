// Optimiser steps: one pass over w, g and the slots of every tensor.
//
// The tensors of a table are cut into pieces of 16,384 elements, and the pieces are shared by the
// threads, so thousands of small parameters run as well as one big one. A piece is a plain loop that
// vectorises; memory limits it (Adam moves 28 bytes per float element).
#include "core/kernel.h"
#include "ops/optim/optim.h"
#include "ops/optim/optim_kernels.h"
#include "ops/optim/optim_pieces.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

template <typename T, bool kPlain>
void sgd_piece(const Piece& p, const OptimGradient& gradient, const OptimSgd& a) {
  const Prepared<T, kPlain> prepare(gradient);
  T* NRT_RESTRICT w = array<T>(p.row[0]) + p.begin;
  const T* NRT_RESTRICT g = array<T>(p.row[1]) + p.begin;
  const T shrink = static_cast<T>(gradient.shrink), keep = static_cast<T>(a.keep),
          add = static_cast<T>(a.add), velocity = static_cast<T>(a.velocity),
          direct = static_cast<T>(a.direct), alone = static_cast<T>(a.alone);
  if (p.row[2] == 0) {
    for (int64_t i = 0; i < p.n; ++i) w[i] = w[i] * shrink + alone * prepare(g[i], w[i]);
    return;
  }
  T* NRT_RESTRICT v = array<T>(p.row[2]) + p.begin;
  if (a.first) memset(v, 0, static_cast<size_t>(p.n) * sizeof(T));
  for (int64_t i = 0; i < p.n; ++i) {
    const T d = prepare(g[i], w[i]);
    v[i] = keep * v[i] + add * d;
    w[i] = w[i] * shrink + (velocity * v[i] + direct * d);
  }
}

template <typename T, bool kPlain, bool kCentred, bool kMomentum>
void rmsprop_piece(const Piece& p, const OptimGradient& gradient, const OptimRmsprop& a) {
  const Prepared<T, kPlain> prepare(gradient);
  T* NRT_RESTRICT w = array<T>(p.row[0]) + p.begin;
  const T* NRT_RESTRICT g = array<T>(p.row[1]) + p.begin;
  T* NRT_RESTRICT s = array<T>(p.row[2]) + p.begin;
  T* NRT_RESTRICT v = kMomentum ? array<T>(p.row[3]) + p.begin : nullptr;
  T* NRT_RESTRICT m = kCentred ? array<T>(p.row[4]) + p.begin : nullptr;
  const T shrink = static_cast<T>(gradient.shrink), rho = static_cast<T>(a.rho),
          fresh = static_cast<T>(1 - a.rho), inside = static_cast<T>(a.inside),
          outside = static_cast<T>(a.outside), momentum = static_cast<T>(a.momentum),
          into = static_cast<T>(a.into), out = static_cast<T>(a.out);
  for (int64_t i = 0; i < p.n; ++i) {
    const T d = prepare(g[i], w[i]);
    s[i] = rho * s[i] + fresh * (d * d);
    T spread = s[i];
    if (kCentred) {
      m[i] = rho * m[i] + fresh * d;
      spread -= m[i] * m[i];
      spread = spread < T(0) ? T(0) : spread;  // a variance; rounding may say otherwise
    }
    T move = into * d / (root(spread + inside) + outside);
    if (kMomentum) {
      v[i] = momentum * v[i] + move;
      move = v[i];
    }
    w[i] = w[i] * shrink - out * move;
  }
}

template <typename T, bool kPlain, bool kMaximum>
void adam_piece(const Piece& p, const OptimGradient& gradient, const OptimAdam& a) {
  const Prepared<T, kPlain> prepare(gradient);
  T* NRT_RESTRICT w = array<T>(p.row[0]) + p.begin;
  const T* NRT_RESTRICT g = array<T>(p.row[1]) + p.begin;
  T* NRT_RESTRICT m = array<T>(p.row[2]) + p.begin;
  T* NRT_RESTRICT v = array<T>(p.row[3]) + p.begin;
  T* NRT_RESTRICT most = kMaximum ? array<T>(p.row[4]) + p.begin : nullptr;
  const T shrink = static_cast<T>(gradient.shrink), b1 = static_cast<T>(a.b1),
          b2 = static_cast<T>(a.b2), fresh1 = static_cast<T>(1 - a.b1),
          fresh2 = static_cast<T>(1 - a.b2), step = static_cast<T>(a.step),
          scale = static_cast<T>(a.root), eps = static_cast<T>(a.eps);
  for (int64_t i = 0; i < p.n; ++i) {
    const T d = prepare(g[i], w[i]);
    m[i] = b1 * m[i] + fresh1 * d;
    v[i] = b2 * v[i] + fresh2 * (d * d);
    T second = v[i];
    if (kMaximum) {
      most[i] = most[i] > second ? most[i] : second;
      second = most[i];
    }
    w[i] = w[i] * shrink - step * m[i] / (root(second) * scale + eps);
  }
}

template <typename T>
void sgd(const int64_t* table, int64_t count, OptimGradient g, OptimSgd a) {
  const auto piece = plain(g) ? sgd_piece<T, true> : sgd_piece<T, false>;
  for_pieces(table, count, NRT_OPTIM_SGD_ROW, [&](const Piece& p, int64_t) { piece(p, g, a); });
}

template <typename T, bool kPlain>
void rmsprop_row(const Piece& p, const OptimGradient& g, const OptimRmsprop& a) {
  const bool momentum = p.row[3] != 0, centred = p.row[4] != 0;
  if (momentum && centred) {
    rmsprop_piece<T, kPlain, true, true>(p, g, a);
  } else if (momentum) {
    rmsprop_piece<T, kPlain, false, true>(p, g, a);
  } else if (centred) {
    rmsprop_piece<T, kPlain, true, false>(p, g, a);
  } else {
    rmsprop_piece<T, kPlain, false, false>(p, g, a);
  }
}

template <typename T>
void rmsprop(const int64_t* table, int64_t count, OptimGradient g, OptimRmsprop a) {
  const auto piece = plain(g) ? rmsprop_row<T, true> : rmsprop_row<T, false>;
  for_pieces(table, count, NRT_OPTIM_RMSPROP_ROW, [&](const Piece& p, int64_t) { piece(p, g, a); });
}

template <typename T, bool kPlain>
void adam_row(const Piece& p, const OptimGradient& g, const OptimAdam& a) {
  if (p.row[4] != 0) {
    adam_piece<T, kPlain, true>(p, g, a);
  } else {
    adam_piece<T, kPlain, false>(p, g, a);
  }
}

template <typename T>
void adam(const int64_t* table, int64_t count, OptimGradient g, OptimAdam a) {
  const auto piece = plain(g) ? adam_row<T, true> : adam_row<T, false>;
  for_pieces(table, count, NRT_OPTIM_ADAM_ROW, [&](const Piece& p, int64_t) { piece(p, g, a); });
}

// Sixteen sums in double, added up in a fixed order.
template <typename T>
double piece_squares(const Piece& p) {
  constexpr int kLanes = 16;
  const T* NRT_RESTRICT g = array<T>(p.row[0]) + p.begin;
  double sums[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= p.n; i += kLanes) {
    for (int k = 0; k < kLanes; ++k) {
      const double v = static_cast<double>(g[i + k]);
      sums[k] += v * v;
    }
  }
  for (; i < p.n; ++i) {
    const double v = static_cast<double>(g[i]);
    sums[i % kLanes] += v * v;
  }
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; ++k) sums[k] += sums[k + half];
  }
  return sums[0];
}

template <typename T>
double sum_squares(const int64_t* table, int64_t count) {
  constexpr int64_t kColumns = 2;
  int64_t pieces = 0;
  for (int64_t t = 0; t < count; ++t) pieces += div_up(table[t * kColumns + 1], kPiece);
  ScratchMark mark;
  double* partial = scratch<double>(pieces);
  for_pieces(table, count, kColumns,
             [&](const Piece& p, int64_t index) { partial[index] = piece_squares<T>(p); });
  double sum = 0;
  for (int64_t i = 0; i < pieces; ++i) sum += partial[i];
  return sum;
}

}  // namespace

extern const OptimKernels optim_kernels;
const OptimKernels optim_kernels = {sgd<float>,         sgd<double>,  rmsprop<float>,
                                    rmsprop<double>,    adam<float>,  adam<double>,
                                    sum_squares<float>, sum_squares<double>};

}  // namespace NRT_ISA_NS
}  // namespace nrt
