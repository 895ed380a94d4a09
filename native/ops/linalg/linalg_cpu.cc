// One thread per matrix. Inner loops run along rows, so that they vectorise.
#include "core/kernel.h"
#include "ops/linalg/linalg_kernels.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kGrainWork = 32768;
constexpr int kSweeps = 60;  // Jacobi converges quadratically: about 6 to 10 are used
constexpr double kUnit = 2.220446049250313e-16;

// Calls body(matrix) for the batch; `work` multiply-adds per matrix.
template <typename F>
void for_batch(int64_t batch, double work, const F& body) {
  const int64_t grain = work >= kGrainWork ? 1 : static_cast<int64_t>(kGrainWork / (work + 1)) + 1;
  parallel(batch, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(i);
  });
}

// The same for bodies that may refuse a matrix (false); returns the first refused, or -1.
template <typename F>
int64_t first_refused(int64_t batch, double work, const F& body) {
  const ScratchMark mark;
  bool* fine = scratch<bool>(batch);
  for_batch(batch, work, [&](int64_t i) { fine[i] = body(i); });
  for (int64_t i = 0; i < batch; ++i) {
    if (!fine[i]) return i;
  }
  return -1;
}

template <typename T>
void load(double* NRT_RESTRICT to, const T* NRT_RESTRICT from, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<double>(from[i]);
}

template <typename T>
void store(T* NRT_RESTRICT to, const double* NRT_RESTRICT from, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<T>(from[i]);
}

// y -= f * x
inline void subtract(double* NRT_RESTRICT y, const double* NRT_RESTRICT x, double f, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] -= f * x[i];
}

inline void swap_rows(double* NRT_RESTRICT a, double* NRT_RESTRICT b, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const double t = a[i];
    a[i] = b[i];
    b[i] = t;
  }
}

inline double dot(const double* NRT_RESTRICT a, const double* NRT_RESTRICT b, int64_t n) {
  double lane[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (int64_t j = 0; j < 8; ++j) lane[j] += a[i + j] * b[i + j];
  }
  for (int64_t j = 0; i < n; ++i, ++j) lane[j] += a[i] * b[i];
  return ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
}

// Gaussian elimination of a [n, n] with row exchanges, applied to b [n, columns] too. Returns the
// determinant's sign, 0 when a pivot is 0.
double eliminate(double* a, double* b, int64_t n, int64_t columns) {
  double sign = 1;
  for (int64_t k = 0; k < n; ++k) {
    int64_t best = k;
    for (int64_t i = k + 1; i < n; ++i) {
      if (fabs(a[i * n + k]) > fabs(a[best * n + k])) best = i;
    }
    if (a[best * n + k] == 0) return 0;
    if (best != k) {
      swap_rows(a + best * n, a + k * n, n);
      if (columns > 0) swap_rows(b + best * columns, b + k * columns, columns);
      sign = -sign;
    }
    for (int64_t i = k + 1; i < n; ++i) {
      const double f = a[i * n + k] / a[k * n + k];
      if (f == 0) continue;
      subtract(a + i * n + k, a + k * n + k, f, n - k);
      if (columns > 0) subtract(b + i * columns, b + k * columns, f, columns);
    }
  }
  return sign;
}

// t x = b in place; rows bottom up for an upper triangle, top down for a lower one. Element (i, j)
// of the triangle is t[i * down + j * across], which also reads it transposed.
bool substitute(const double* t, int64_t down, int64_t across, bool lower, double* b, int64_t n,
                int64_t columns) {
  for (int64_t step = 0; step < n; ++step) {
    const int64_t i = lower ? step : n - 1 - step;
    const double pivot = t[i * down + i * across];
    if (pivot == 0) return false;
    for (int64_t done = 0; done < step; ++done) {
      const int64_t j = lower ? done : n - 1 - done;
      subtract(b + i * columns, b + j * columns, t[i * down + j * across], columns);
    }
    for (int64_t c = 0; c < columns; ++c) b[i * columns + c] /= pivot;
  }
  return true;
}

template <typename T>
void det(T* y, const T* x, int64_t batch, int64_t n) {
  for_batch(batch, static_cast<double>(n) * n * n / 3, [&](int64_t m) {
    const ScratchMark mark;
    double* a = scratch<double>(n * n);
    load(a, x + m * n * n, n * n);
    double product = eliminate(a, nullptr, n, 0);
    for (int64_t i = 0; i < n && product != 0; ++i) product *= a[i * n + i];
    y[m] = static_cast<T>(product);
  });
}

template <typename T>
int64_t solve(T* y, const T* matrices, const T* b, int64_t batch, int64_t n, int64_t columns) {
  return first_refused(batch, static_cast<double>(n) * n * (n + columns), [&](int64_t m) {
    const ScratchMark mark;
    double* a = scratch<double>(n * n);
    double* x = scratch<double>(n * columns);
    load(a, matrices + m * n * n, n * n);
    load(x, b + m * n * columns, n * columns);
    if (eliminate(a, x, n, columns) == 0) return false;
    substitute(a, n, 1, false, x, n, columns);
    store(y + m * n * columns, x, n * columns);
    return true;
  });
}

template <typename T>
int64_t solve_triangular(T* y, const T* matrices, const T* b, int64_t batch, int64_t n,
                         int64_t columns, TriangularForm form) {
  return first_refused(batch, static_cast<double>(n) * n * columns, [&](int64_t m) {
    const ScratchMark mark;
    double* t = scratch<double>(n * n);
    double* x = scratch<double>(n * columns);
    load(t, matrices + m * n * n, n * n);
    load(x, b + m * n * columns, n * columns);
    const bool fine = form.transposed ? substitute(t, 1, n, !form.lower, x, n, columns)
                                      : substitute(t, n, 1, form.lower, x, n, columns);
    store(y + m * n * columns, x, n * columns);
    return fine;
  });
}

// The symmetric part of x.
template <typename T>
void load_symmetric(double* a, const T* x, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      a[i * n + j] = 0.5 * (static_cast<double>(x[i * n + j]) + static_cast<double>(x[j * n + i]));
    }
  }
}

bool factor_cholesky(double* a, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      const double rest = a[i * n + j] - dot(a + i * n, a + j * n, j);
      if (i == j) {
        if (!(rest > 0)) return false;
        a[i * n + i] = sqrt(rest);
      } else {
        a[i * n + j] = rest / a[j * n + j];
      }
    }
    for (int64_t j = i + 1; j < n; ++j) a[i * n + j] = 0;
  }
  return true;
}

template <typename T>
int64_t cholesky(T* y, const T* x, int64_t batch, int64_t n) {
  return first_refused(batch, static_cast<double>(n) * n * n / 6, [&](int64_t m) {
    const ScratchMark mark;
    double* a = scratch<double>(n * n);
    load_symmetric(a, x + m * n * n, n);
    if (!factor_cholesky(a, n)) return false;
    store(y + m * n * n, a, n * n);
    return true;
  });
}

// (x, y) becomes (c x - s y, s x + c y).
inline void rotate(double* NRT_RESTRICT x, double* NRT_RESTRICT y, double c, double s, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    const double a = x[i], b = y[i];
    x[i] = c * a - s * b;
    y[i] = s * a + c * b;
  }
}

// Tangent of the angle that makes [[p, g], [g, q]] diagonal, the smaller one.
inline double tangent(double p, double q, double g) {
  const double theta = (q - p) / (2 * g);
  const double t = 1 / (fabs(theta) + sqrt(theta * theta + 1));
  return theta < 0 ? -t : t;
}

void unit_matrix(double* v, int64_t n) {
  for (int64_t i = 0; i < n * n; ++i) v[i] = i / n == i % n ? 1 : 0;
}

void rotate_symmetric(double* a, double* v, int64_t n, int64_t p, int64_t q) {
  const double g = a[p * n + q];
  if (g == 0) return;
  const double pp = a[p * n + p], qq = a[q * n + q];
  const double t = tangent(pp, qq, g);
  const double c = 1 / sqrt(t * t + 1);
  rotate(a + p * n, a + q * n, c, t * c, n);
  for (int64_t k = 0; k < n; ++k) {
    a[k * n + p] = a[p * n + k];
    a[k * n + q] = a[q * n + k];
  }
  a[p * n + p] = pp - t * g;
  a[q * n + q] = qq + t * g;
  a[p * n + q] = a[q * n + p] = 0;
  rotate(v + p * n, v + q * n, c, t * c, n);
}

// Makes a diagonal; rows of v become the eigenvectors.
void diagonalise(double* a, double* v, int64_t n) {
  unit_matrix(v, n);
  const double all = dot(a, a, n * n);
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    double off = 0;
    for (int64_t i = 0; i < n; ++i) off += dot(a + i * n + i + 1, a + i * n + i + 1, n - i - 1);
    if (!(off > all * 1e-34)) return;  // also for NaN
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) rotate_symmetric(a, v, n, p, q);
    }
  }
}

// Positions of the values in ascending (or descending) order, equal ones as they stand.
void order(int64_t* at, const double* values, int64_t n, bool descending) {
  for (int64_t i = 0; i < n; ++i) {
    int64_t j = i;
    for (; j > 0; --j) {
      const double before = values[at[j - 1]];
      if (!(descending ? values[i] > before : values[i] < before)) break;
      at[j] = at[j - 1];
    }
    at[j] = i;
  }
}

template <typename T>
void eigh(T* values, T* vectors, const T* x, int64_t batch, int64_t n) {
  for_batch(batch, 30.0 * n * n * n, [&](int64_t m) {
    const ScratchMark mark;
    double* a = scratch<double>(n * n);
    double* v = scratch<double>(n * n);
    double* diagonal = scratch<double>(n);
    int64_t* at = scratch<int64_t>(n);
    load_symmetric(a, x + m * n * n, n);
    diagonalise(a, v, n);
    for (int64_t i = 0; i < n; ++i) diagonal[i] = a[i * n + i];
    order(at, diagonal, n, false);
    for (int64_t j = 0; j < n; ++j) {
      values[m * n + j] = static_cast<T>(diagonal[at[j]]);
      for (int64_t i = 0; i < n; ++i)
        vectors[(m * n + i) * n + j] = static_cast<T>(v[at[j] * n + i]);
    }
  });
}

// Rotates rows of a (columns of the matrix, length m) until they are orthogonal; v follows.
void orthogonalise(double* a, double* v, int64_t m, int64_t n) {
  unit_matrix(v, n);
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    bool rotated = false;
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) {
        const double pp = dot(a + p * m, a + p * m, m), qq = dot(a + q * m, a + q * m, m);
        const double g = dot(a + p * m, a + q * m, m);
        if (!(fabs(g) > 0.5 * kUnit * sqrt(pp * qq)) || g == 0) continue;
        const double t = tangent(pp, qq, g);
        const double c = 1 / sqrt(t * t + 1);
        rotate(a + p * m, a + q * m, c, t * c, m);
        rotate(v + p * n, v + q * n, c, t * c, n);
        rotated = true;
      }
    }
    if (!rotated) return;
  }
}

// Row `row` of u becomes a unit vector orthogonal to the rows before it (there are fewer than m).
void complete(double* u, int64_t row, int64_t m) {
  double* y = u + row * m;
  for (int64_t start = 0; start < m; ++start) {
    for (int64_t i = 0; i < m; ++i) y[i] = i == start ? 1 : 0;
    for (int twice = 0; twice < 2; ++twice) {
      for (int64_t r = 0; r < row; ++r) subtract(y, u + r * m, dot(y, u + r * m, m), m);
    }
    const double length = sqrt(dot(y, y, m));
    if (length * length * 2 * m >
        1) {  // one of the m unit vectors keeps at least 1 / m of its square
      for (int64_t i = 0; i < m; ++i) y[i] /= length;
      return;
    }
  }
}

template <typename T>
void svd(T* u, T* s, T* v, const T* x, int64_t batch, int64_t m, int64_t n) {
  for_batch(batch, 60.0 * m * n * n, [&](int64_t b) {
    const ScratchMark mark;
    double* a = scratch<double>(m * n);
    double* w = scratch<double>(n * n);
    double* unit = scratch<double>(m * n);
    double* length = scratch<double>(n);
    int64_t* at = scratch<int64_t>(n);
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t i = 0; i < m; ++i) a[j * m + i] = static_cast<double>(x[(b * m + i) * n + j]);
    }
    orthogonalise(a, w, m, n);
    for (int64_t j = 0; j < n; ++j) length[j] = sqrt(dot(a + j * m, a + j * m, m));
    order(at, length, n, true);
    for (int64_t j = 0; j < n; ++j) {
      const double sigma = length[at[j]];
      s[b * n + j] = static_cast<T>(sigma);
      if (sigma <= static_cast<double>(n) * kUnit * length[at[0]]) {
        complete(unit, j, m);  // its direction is rounding noise
      } else {
        for (int64_t i = 0; i < m; ++i) unit[j * m + i] = a[at[j] * m + i] / sigma;
      }
      for (int64_t i = 0; i < m; ++i) u[(b * m + i) * n + j] = static_cast<T>(unit[j * m + i]);
      for (int64_t i = 0; i < n; ++i) v[(b * n + i) * n + j] = static_cast<T>(w[at[j] * n + i]);
    }
  });
}

template <typename T>
constexpr LinalgOf<T> table() {
  return {det<T>, solve<T>, solve_triangular<T>, cholesky<T>, eigh<T>, svd<T>};
}

}  // namespace

extern const LinalgKernels linalg_kernels;
const LinalgKernels linalg_kernels = {table<float>(), table<double>()};

}  // namespace NRT_ISA_NS
}  // namespace nrt
