// A chunk of sequences is a task. Each of its steps is one product of all running rows, then the gates
// of each row in one loop over the units.
#include "ops/lstm/lstm_kernels.h"

#include "core/kernel_math.h"
#include "core/packed_walk.h"
#include "ops/gemm/gemm_call.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kGates = 4;
constexpr int64_t kColumnsPerTask = 64;

// One row: z (products and projections) in, gates out, over the same memory. c is the row's old cell
// state, replaced by the new one.
template <typename T, bool kPeephole>
void gate_row(T* NRT_RESTRICT z, T* NRT_RESTRICT c, T* NRT_RESTRICT c_out, T* NRT_RESTRICT h,
              T* NRT_RESTRICT h_out, const T* NRT_RESTRICT w, int64_t n) {
  T* zi = z;
  T* zf = z + n;
  T* zg = z + 2 * n;
  T* zo = z + 3 * n;
  NRT_INDEPENDENT
  for (int64_t j = 0; j < n; ++j) {
    const T old = c[j];
    const T i = math::sigmoid(kPeephole ? zi[j] + w[j] * old : zi[j]);
    const T f = math::sigmoid(kPeephole ? zf[j] + w[n + j] * old : zf[j]);
    const T g = math::tanh(zg[j]);
    const T cell = f * old + i * g;
    const T o = math::sigmoid(kPeephole ? zo[j] + w[2 * n + j] * cell : zo[j]);
    const T out = o * math::tanh(cell);
    zi[j] = i;
    zf[j] = f;
    zg[j] = g;
    zo[j] = o;
    c[j] = cell;
    c_out[j] = cell;
    h[j] = out;
    h_out[j] = out;
  }
}

template <typename T>
void forward(const LstmForward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = kGates * n;
  const GemmWeights<T> weights(p.recurrent, n, wide, wide, false, p.steps.steps);
  const auto row_of = p.peephole == nullptr ? gate_row<T, false> : gate_row<T, true>;
  sequence_chunks(p.steps, n, wide, [&](int64_t first, int64_t last) {
    start_state(p.hn, p.h0, first, last, n);
    start_state(p.cn, p.c0, first, last, n);
    T* h = p.hn + first * n;
    T* c = p.cn + first * n;
    steps_forward(p.steps, first, last, [&](int64_t row, int64_t count, int64_t) {
      T* z = p.gates + row * wide;
      memcpy(z, p.projected + row * wide, static_cast<size_t>(count * wide) * sizeof(T));
      weights.multiply(z, wide, h, n, count, 1);
      for (int64_t r = 0; r < count; ++r) {
        row_of(z + r * wide, c + r * n, p.c + (row + r) * n, h + r * n, p.h + (row + r) * n, p.peephole, n);
      }
    });
  });
}

// One row: carried gradients of h and c in (that of c is replaced by the one for the step before), dz out.
template <typename T, bool kPeephole>
void gradient_row(T* NRT_RESTRICT dz, T* NRT_RESTRICT dc, const T* NRT_RESTRICT carried,
                  const T* NRT_RESTRICT dh, const T* NRT_RESTRICT z, const T* NRT_RESTRICT c,
                  const T* NRT_RESTRICT before, const T* NRT_RESTRICT w, int64_t n) {
  NRT_INDEPENDENT
  for (int64_t j = 0; j < n; ++j) {
    const T i = z[j], f = z[n + j], g = z[2 * n + j], o = z[3 * n + j];
    const T squashed = math::tanh(c[j]);
    const T up = carried[j] + dh[j];
    const T d_o = up * squashed * o * (1 - o);
    T cell = dc[j] + up * o * (1 - squashed * squashed);
    if (kPeephole) cell += d_o * w[2 * n + j];
    const T d_i = cell * g * i * (1 - i);
    const T d_f = cell * before[j] * f * (1 - f);
    dz[j] = d_i;
    dz[n + j] = d_f;
    dz[2 * n + j] = cell * i * (1 - g * g);
    dz[3 * n + j] = d_o;
    dc[j] = kPeephole ? cell * f + d_i * w[j] + d_f * w[n + j] : cell * f;
  }
}

// dw_i = sum dz_i c_{t-1}, dw_f = sum dz_f c_{t-1}, dw_o = sum dz_o c_t, rows in order, in double.
template <typename T>
void peephole_gradients(const LstmBackward<T>& p) {
  const int64_t n = p.units, wide = kGates * n;
  parallel(n, kColumnsPerTask, [&](int64_t begin, int64_t end) {
    double sums[3][kColumnsPerTask] = {};
    const int64_t width = end - begin;
    steps_forward(p.steps, 0, p.steps.batch, [&](int64_t row, int64_t count, int64_t step) {
      for (int64_t r = 0; r < count; ++r) {
        const T* dz = p.dprojected + (row + r) * wide + begin;
        const T* c = p.c + (row + r) * n + begin;
        const T* old = step > 0 ? p.c + (row + r - p.steps.rows[step - 1]) * n + begin
                                : p.c0 == nullptr ? nullptr : p.c0 + r * n + begin;
        for (int64_t j = 0; j < width; ++j) {
          const double before = old == nullptr ? 0 : static_cast<double>(old[j]);
          sums[0][j] += static_cast<double>(dz[j]) * before;
          sums[1][j] += static_cast<double>(dz[n + j]) * before;
          sums[2][j] += static_cast<double>(dz[3 * n + j]) * static_cast<double>(c[j]);
        }
      }
    });
    for (int64_t k = 0; k < 3; ++k) {
      for (int64_t j = 0; j < width; ++j) p.dpeephole[k * n + begin + j] = static_cast<T>(sums[k][j]);
    }
  });
}

template <typename T>
void backward(const LstmBackward<T>& p) {
  ScratchMark mark;
  const int64_t n = p.units, wide = kGates * n;
  const GemmWeights<T> weights(p.recurrent, wide, n, wide, true, p.steps.steps);
  const auto row_of = p.peephole == nullptr ? gradient_row<T, false> : gradient_row<T, true>;
  T* zeros = scratch<T>(n);
  memset(zeros, 0, static_cast<size_t>(n) * sizeof(T));
  sequence_chunks(p.steps, n, wide, [&](int64_t first, int64_t last) {
    start_state(p.dh0, p.dhn, first, last, n);
    start_state(p.dc0, p.dcn, first, last, n);
    previous_rows(p.previous, p.h, p.h0, p.steps, first, last, n);
    T* carried = p.dh0 + first * n;
    T* dc = p.dc0 + first * n;
    steps_backward(p.steps, first, last, [&](int64_t row, int64_t count, int64_t step) {
      T* dz = p.dprojected + row * wide;
      for (int64_t r = 0; r < count; ++r) {
        const T* before = step > 0 ? p.c + (row + r - p.steps.rows[step - 1]) * n
                                   : p.c0 == nullptr ? zeros : p.c0 + (first + r) * n;
        row_of(dz + r * wide, dc + r * n, carried + r * n, p.dh == nullptr ? zeros : p.dh + (row + r) * n,
               p.gates + (row + r) * wide, p.c + (row + r) * n, before, p.peephole, n);
      }
      weights.multiply(carried, n, dz, wide, count, 0);
    });
  });
  gemm_transposed_left(p.drecurrent, wide, p.previous, n, p.dprojected, wide, n, wide, p.steps.total);
  if (p.peephole != nullptr) peephole_gradients(p);
}

}  // namespace

extern const LstmKernels lstm_kernels;
const LstmKernels lstm_kernels = {{forward<float>, backward<float>}, {forward<double>, backward<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
