#include "ops/unary/unary.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Function {
  const char* name;
  int32_t op;
  double (*value)(double);
  double (*derivative)(double);
};

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double gaussian_cdf(double x) { return 0.5 * std::erfc(-x * std::sqrt(0.5)); }

const Function kFunctions[] = {
    {"relu", NRT_UNARY_RELU, [](double x) { return x > 0 ? x : 0.0; },
     [](double x) { return x > 0 ? 1.0 : 0.0; }},
    {"gelu", NRT_UNARY_GELU, [](double x) { return x * gaussian_cdf(x); },
     [](double x) {
       return gaussian_cdf(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * std::acos(-1.0));
     }},
    {"sigmoid", NRT_UNARY_SIGMOID, sigmoid,
     [](double x) { return sigmoid(x) * (1 - sigmoid(x)); }},
    {"tanh", NRT_UNARY_TANH, [](double x) { return std::tanh(x); },
     [](double x) { return 1 - std::tanh(x) * std::tanh(x); }},
    {"silu", NRT_UNARY_SILU, [](double x) { return x * sigmoid(x); },
     [](double x) { return sigmoid(x) * (1 + x * (1 - sigmoid(x))); }},
    {"log", NRT_UNARY_LOG, [](double x) { return std::log(x); }, [](double x) { return 1 / x; }},
    {"sqrt", NRT_UNARY_SQRT, [](double x) { return std::sqrt(x); },
     [](double x) { return 0.5 / std::sqrt(x); }},
    {"exp", NRT_UNARY_EXP, [](double x) { return std::exp(x); },
     [](double x) { return std::exp(x); }}};

struct Tensors {
  Tensors(int64_t n, double low) : x(n, 1, low, 4), y(n), dy(n, 2), dx(n) {}
  Array<float> x, y, dy, dx;
};

Body forward(const Function& f, int64_t n) {
  auto t = std::make_shared<Tensors>(n, f.op == NRT_UNARY_LOG || f.op == NRT_UNARY_SQRT ? 0.25 : -4);
  Body body = [t, op = f.op, n] {
    must(nrt_unary_fwd(ctx(), NRT_FLOAT32, op, t->y.at(), t->x.at(), n, 0, 0, 0, 0));
  };
  body();
  for (const int64_t i : samples(n, 5000)) {
    check(f.name, i, static_cast<double>(t->y[i]), f.value(static_cast<double>(t->x[i])), 2e-6);
  }
  return body;
}

Body backward(const Function& f, int64_t n) {
  auto t = std::make_shared<Tensors>(n, f.op == NRT_UNARY_LOG || f.op == NRT_UNARY_SQRT ? 0.25 : -4);
  must(nrt_unary_fwd(ctx(), NRT_FLOAT32, f.op, t->y.at(), t->x.at(), n, 0, 0, 0, 0));
  Body body = [t, op = f.op, n] {
    must(nrt_unary_bwd(ctx(), NRT_FLOAT32, op, t->dx.at(), t->dy.at(), t->x.at(), t->y.at(), n, 0, 0,
                       0, 0));
  };
  body();
  for (const int64_t i : samples(n, 5000)) {
    const double want = static_cast<double>(t->dy[i]) * f.derivative(static_cast<double>(t->x[i]));
    check(std::string(f.name) + " gradient", i, static_cast<double>(t->dx[i]), want, 5e-6);
  }
  return body;
}

const bool added = add_group([] {
  struct Size {
    const char* name;
    int64_t n;
  };
  for (const Function& f : kFunctions) {
    for (const Size& s : {Size{"16k", 1 << 14}, Size{"16m", 1 << 24}}) {
      const double n = static_cast<double>(s.n);
      add(std::string("unary_fwd/") + f.name + "_" + s.name, {0, 8 * n},
          [f, s] { return forward(f, s.n); });
      add(std::string("unary_bwd/") + f.name + "_" + s.name, {0, 12 * n},
          [f, s] { return backward(f, s.n); });
    }
  }
});

}  // namespace
}  // namespace neurite_bench
