// Radix-2 transform in place after a bit reversal; one table of roots serves all stages: roots[h +
// j] is the j-th of a stage of half length h. Other lengths are a convolution with a chirp
// (Bluestein).
#include "core/kernel.h"
#include "ops/fft/fft_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr int64_t kGrainSteps = 8192;

struct Complexes {
  double* re;
  double* im;
};

Complexes take(int64_t n) { return {scratch<double>(n), scratch<double>(n)}; }

int64_t power_of_two(int64_t least) {
  int64_t n = 1;
  while (n < least) n *= 2;
  return n;
}

// e^(-pi i j / h) at h + j for h = n/2, n/4, ..., 1.
void make_roots(const Complexes& roots, int64_t n) {
  for (int64_t j = 0; j < n / 2; ++j) {
    const double angle = -2 * kPi * static_cast<double>(j) / static_cast<double>(n);
    roots.re[n / 2 + j] = cos(angle);
    roots.im[n / 2 + j] = sin(angle);
  }
  for (int64_t at = n / 2 - 1; at > 0; --at) {
    int64_t h = 1;
    while (2 * h <= at) h *= 2;
    roots.re[at] = roots.re[2 * h + 2 * (at - h)];
    roots.im[at] = roots.im[2 * h + 2 * (at - h)];
  }
}

void reverse_bits(const Complexes& x, int64_t n) {
  for (int64_t i = 1, j = 0; i < n; ++i) {
    int64_t bit = n / 2;
    for (; (j & bit) != 0; bit /= 2) j ^= bit;
    j ^= bit;
    if (i < j) {
      const double re = x.re[i], im = x.im[i];
      x.re[i] = x.re[j];
      x.im[i] = x.im[j];
      x.re[j] = re;
      x.im[j] = im;
    }
  }
}

void stage(double* NRT_RESTRICT re, double* NRT_RESTRICT im, const double* NRT_RESTRICT root_re,
           const double* NRT_RESTRICT root_im, int64_t h) {
  NRT_INDEPENDENT
  for (int64_t j = 0; j < h; ++j) {
    const double a = re[h + j] * root_re[j] - im[h + j] * root_im[j];
    const double b = re[h + j] * root_im[j] + im[h + j] * root_re[j];
    re[h + j] = re[j] - a;
    im[h + j] = im[j] - b;
    re[j] += a;
    im[j] += b;
  }
}

// In place, n a power of two.
void transform(const Complexes& x, const Complexes& roots, int64_t n) {
  reverse_bits(x, n);
  for (int64_t h = 1; h < n; h *= 2) {
    for (int64_t i = 0; i < n; i += 2 * h) stage(x.re + i, x.im + i, roots.re + h, roots.im + h, h);
  }
}

struct Plan {
  int64_t n, padded;  // equal for a power of two
  Complexes roots, chirp,
      kernel;  // chirp_t = e^(-pi i t^2 / n); kernel: transform of its conjugate
};

Plan make_plan(int64_t n) {
  Plan p = {};
  p.n = n;
  p.padded = power_of_two(n);
  if (p.padded != n) p.padded = power_of_two(2 * n - 1);
  p.roots = take(p.padded);
  make_roots(p.roots, p.padded);
  if (p.padded == n) return p;
  p.chirp = take(n);
  p.kernel = take(p.padded);
  for (int64_t i = 0; i < p.padded; ++i) p.kernel.re[i] = p.kernel.im[i] = 0;
  int64_t square = 0;  // t^2 modulo 2n, exact
  for (int64_t t = 0; t < n; ++t) {
    const double angle = -kPi * static_cast<double>(square) / static_cast<double>(n);
    p.chirp.re[t] = cos(angle);
    p.chirp.im[t] = sin(angle);
    square = (square + 2 * t + 1) % (2 * n);
    const int64_t mirror = t == 0 ? 0 : p.padded - t;
    p.kernel.re[t] = p.kernel.re[mirror] = p.chirp.re[t];
    p.kernel.im[t] = p.kernel.im[mirror] = -p.chirp.im[t];
  }
  transform(p.kernel, p.roots, p.padded);
  return p;
}

inline void multiply(const Complexes& x, const Complexes& y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const double re = x.re[i] * y.re[i] - x.im[i] * y.im[i];
    x.im[i] = x.re[i] * y.im[i] + x.im[i] * y.re[i];
    x.re[i] = re;
  }
}

// x [padded], of which n count, in place.
void bluestein(const Complexes& x, const Plan& p) {
  multiply(x, p.chirp, p.n);
  for (int64_t i = p.n; i < p.padded; ++i) x.re[i] = x.im[i] = 0;
  transform(x, p.roots, p.padded);
  multiply(x, p.kernel, p.padded);
  // The inverse is the transform with real and imaginary parts exchanged.
  transform({x.im, x.re}, p.roots, p.padded);
  const double scale = 1 / static_cast<double>(p.padded);
  for (int64_t i = 0; i < p.n; ++i) {
    x.re[i] *= scale;
    x.im[i] *= scale;
  }
  multiply(x, p.chirp, p.n);
}

template <typename T>
void fft(T* real_y, T* imag_y, const T* real_x, const T* imag_x, int64_t batch, int64_t n,
         bool inverse) {
  const ScratchMark outer;
  const Plan plan = make_plan(n);
  int64_t levels = 1;
  while ((int64_t{1} << levels) < plan.padded) ++levels;
  parallel(batch, max64(1, kGrainSteps / (plan.padded * levels)), [&](int64_t begin, int64_t end) {
    const ScratchMark mark;
    const Complexes x = take(plan.padded);
    // The inverse is the transform with real and imaginary parts exchanged, before and after.
    const Complexes to = inverse ? Complexes{x.im, x.re} : x;
    for (int64_t r = begin; r < end; ++r) {
      for (int64_t i = 0; i < n; ++i) {
        to.re[i] = static_cast<double>(real_x[r * n + i]);
        to.im[i] = imag_x == nullptr ? 0 : static_cast<double>(imag_x[r * n + i]);
      }
      if (plan.padded == n) {
        transform(x, plan.roots, n);
      } else {
        bluestein(x, plan);
      }
      for (int64_t i = 0; i < n; ++i) {
        real_y[r * n + i] = static_cast<T>(to.re[i]);
        imag_y[r * n + i] = static_cast<T>(to.im[i]);
      }
    }
  });
}

}  // namespace

extern const FftKernels fft_kernels;
const FftKernels fft_kernels = {fft<float>, fft<double>};

}  // namespace NRT_ISA_NS
}  // namespace nrt
