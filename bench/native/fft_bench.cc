#include "ops/fft/fft.h"

#include <cmath>
#include <memory>

#include "bench.h"

namespace neurite_bench {
namespace {

struct Signals {
  Signals(int64_t b, int64_t l) : batch(b), n(l) {}
  int64_t batch, n;
  Array<float> x{batch * n, 1}, re{batch * n}, im{batch * n};
};

Body forward(const std::shared_ptr<Signals>& t) {
  Body body = [t] {
    must(nrt_fft_fwd(ctx(), NRT_FLOAT32, t->re.at(), t->im.at(), t->x.at(), 0, t->batch, t->n, 0));
  };
  body();
  const double turn = -2 * 3.14159265358979323846 / static_cast<double>(t->n);
  for (const int64_t at : samples(t->batch * t->n, 30)) {
    const int64_t first = at / t->n * t->n, k = at % t->n;
    double re = 0, im = 0;
    for (int64_t i = 0; i < t->n; ++i) {
      const double angle = turn * static_cast<double>(k * i % t->n), x = static_cast<double>(t->x[first + i]);
      re += x * std::cos(angle);
      im += x * std::sin(angle);
    }
    check("fft real part", at, static_cast<double>(t->re[at]), re, 1e-5);
    check("fft imaginary part", at, static_cast<double>(t->im[at]), im, 1e-5);
  }
  return body;
}

// Counted as is usual, 5 n log2 n operations, also where the length is no power of two.
const bool added = add_group([] {
  for (const int64_t n : {512, 400, 16384}) {
    const int64_t batch = (1 << 19) / n;
    const double flops = 5.0 * static_cast<double>(batch * n) * std::log2(static_cast<double>(n));
    add("fft/" + std::to_string(batch) + "x" + std::to_string(n), {flops, 0, true},
        [=] { return forward(std::make_shared<Signals>(batch, n)); });
  }
});

}  // namespace
}  // namespace neurite_bench
