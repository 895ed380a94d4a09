// The rules of nrt_optim_rule_step: a struct with the rule's numbers and one element's update each,
// run over all pieces by one loop.
#include "core/kernel.h"
#include "ops/optim/optim.h"
#include "ops/optim/optim_kernels.h"
#include "ops/optim/optim_pieces.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

inline float absolute(float x) { return fabsf(x); }
inline double absolute(double x) { return fabs(x); }
inline float raised(float x, float p) { return powf(x, p); }
inline double raised(double x, double p) { return pow(x, p); }

// 1, 0 or -1; NaN stays.
template <typename T>
inline T sign(T x) {
  return x > 0 ? T(1) : (x < 0 ? T(-1) : x);
}

// The numbers of a rule in the type of the data.
template <typename T>
struct Numbers {
  T lr, c0, c1, c2, c3, c4, c5;
  explicit Numbers(const OptimRule& r)
      : lr(static_cast<T>(r.lr)),
        c0(static_cast<T>(r.c[0])),
        c1(static_cast<T>(r.c[1])),
        c2(static_cast<T>(r.c[2])),
        c3(static_cast<T>(r.c[3])),
        c4(static_cast<T>(r.c[4])),
        c5(static_cast<T>(r.c[5])) {}
};

template <typename T>
struct Adagrad : Numbers<T> {
  using Numbers<T>::Numbers;
  void operator()(T d, T& w, T& a, T&) const {
    a += d * d;
    w -= this->lr * d / (root(a + this->c0) + this->c1);
  }
};

template <typename T>
struct Adadelta : Numbers<T> {
  using Numbers<T>::Numbers;
  void operator()(T d, T& w, T& a, T& b) const {
    a = this->c0 * a + (T(1) - this->c0) * (d * d);
    const T u = root(b + this->c1) / root(a + this->c1) * d;
    b = this->c0 * b + (T(1) - this->c0) * (u * u);
    w -= this->lr * u;
  }
};

template <typename T>
struct Adamax : Numbers<T> {
  using Numbers<T>::Numbers;
  void operator()(T d, T& w, T& a, T& b) const {
    a = this->c0 * a + (T(1) - this->c0) * d;
    const T old = this->c1 * b, now = absolute(d) + this->c2;
    b = old > now ? old : now;
    w -= this->lr * this->c4 * a / (b + this->c3);
  }
};

template <typename T>
struct Nadam : Numbers<T> {
  using Numbers<T>::Numbers;
  void operator()(T d, T& w, T& a, T& b) const {
    a = this->c0 * a + (T(1) - this->c0) * d;
    b = this->c1 * b + (T(1) - this->c1) * (d * d);
    w -= this->lr * (this->c3 * a + this->c4 * d) / (this->c5 * root(b) + this->c2);
  }
};

template <typename T>
struct Lion : Numbers<T> {
  using Numbers<T>::Numbers;
  void operator()(T d, T& w, T& a, T&) const {
    w -= this->lr * sign(this->c0 * a + (T(1) - this->c0) * d);
    a = this->c1 * a + (T(1) - this->c1) * d;
  }
};

template <typename T>
struct Radam : Numbers<T> {
  using Numbers<T>::Numbers;
  void operator()(T d, T& w, T& a, T& b) const {
    a = this->c0 * a + (T(1) - this->c0) * d;
    b = this->c1 * b + (T(1) - this->c1) * (d * d);
    const T spread = this->c4 == T(0) ? T(1) : root(b) + this->c2;
    w -= this->lr * this->c3 * a / spread;
  }
};

template <typename T>
struct Rprop : Numbers<T> {
  using Numbers<T>::Numbers;
  void operator()(T d, T& w, T& a, T& b) const {
    const T agree = d * a;
    T step = b * (agree > T(0) ? this->c1 : (agree < T(0) ? this->c0 : T(1)));
    step = step < this->c2 ? this->c2 : step;
    b = step > this->c3 ? this->c3 : step;
    a = agree < T(0) ? T(0) : d;
    w -= sign(a) * b;
  }
};

template <typename T>
struct Asgd : Numbers<T> {
  using Numbers<T>::Numbers;
  void operator()(T d, T& w, T& a, T&) const {
    w = (T(1) - this->c0 * this->lr) * w - this->lr * d;
    a += (w - a) * this->c1;
  }
};

template <typename T>
struct Ftrl : Numbers<T> {
  using Numbers<T>::Numbers;
  T power(T x) const {
    return this->c0 == T(-0.5) ? root(x) : raised(x, -this->c0);
  }
  void operator()(T d, T& w, T& a, T& b) const {
    const T n = a + d * d;
    const T now = power(n) / this->lr;
    b += d + T(2) * this->c3 * w - (now - power(a) / this->lr) * w;
    const T low = b < -this->c1 ? -this->c1 : b;
    const T cut = low > this->c1 ? this->c1 : low;
    w = (cut - b) / (now + T(2) * this->c2);
    a = n;
  }
};

template <typename T, typename Rule, bool kTwo>
void piece(const Piece& p, const OptimGradient& gradient, const Rule& rule) {
  const Prepared<T, false> prepare(gradient);
  T* NRT_RESTRICT w = array<T>(p.row[0]) + p.begin;
  const T* NRT_RESTRICT g = array<T>(p.row[1]) + p.begin;
  T* NRT_RESTRICT a = array<T>(p.row[2]) + p.begin;
  T* NRT_RESTRICT b = kTwo ? array<T>(p.row[3]) + p.begin : nullptr;
  const T shrink = static_cast<T>(gradient.shrink);
  for (int64_t i = 0; i < p.n; ++i) {
    const T d = prepare(g[i], w[i]);
    T weight = w[i] * shrink, first = a[i], second = kTwo ? b[i] : T(0);
    rule(d, weight, first, second);
    w[i] = weight;
    a[i] = first;
    if (kTwo) b[i] = second;
  }
}

template <typename T, template <typename> class Rule, bool kTwo>
void run(const int64_t* table, int64_t count, const OptimGradient& g, const OptimRule& r) {
  const Rule<T> rule(r);
  for_pieces(table, count, NRT_OPTIM_RULE_ROW,
             [&](const Piece& p, int64_t) { piece<T, Rule<T>, kTwo>(p, g, rule); });
}

template <typename T>
void step(const int64_t* table, int64_t count, OptimGradient g, OptimRule r) {
  switch (r.rule) {
    case NRT_OPTIM_ADAGRAD:
      return run<T, Adagrad, false>(table, count, g, r);
    case NRT_OPTIM_ADADELTA:
      return run<T, Adadelta, true>(table, count, g, r);
    case NRT_OPTIM_ADAMAX:
      return run<T, Adamax, true>(table, count, g, r);
    case NRT_OPTIM_NADAM:
      return run<T, Nadam, true>(table, count, g, r);
    case NRT_OPTIM_LION:
      return run<T, Lion, false>(table, count, g, r);
    case NRT_OPTIM_RADAM:
      return run<T, Radam, true>(table, count, g, r);
    case NRT_OPTIM_RPROP:
      return run<T, Rprop, true>(table, count, g, r);
    case NRT_OPTIM_ASGD:
      return run<T, Asgd, false>(table, count, g, r);
    default:
      return run<T, Ftrl, true>(table, count, g, r);
  }
}

}  // namespace

extern const OptimRuleKernels optim_rule_kernels;
const OptimRuleKernels optim_rule_kernels = {step<float>, step<double>};

}  // namespace NRT_ISA_NS
}  // namespace nrt
