#include "ops/gemm/gemm.h"

#include <cmath>
#include <memory>

#include "bench.h"
#include "ops/unary/unary.h"

namespace neurite_bench {
namespace {

struct Shape {
  std::string name;
  int64_t m, n, k;
  int32_t flags;
  double flops() const {
    return 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  }
};

template <typename T>
struct Matrices {
  Shape s;
  int64_t lda, ldb;
  Array<T> a, b, c, bias;

  explicit Matrices(const Shape& shape)
      : s(shape),
        lda(s.flags & NRT_GEMM_TRANS_A ? s.m : s.k),
        ldb(s.flags & NRT_GEMM_TRANS_B ? s.k : s.n),
        a(s.m * s.k, 1),
        b(s.k * s.n, 2),
        c(s.m * s.n),
        bias(s.n, 3) {}

  int32_t dtype() const { return sizeof(T) == 4 ? NRT_FLOAT32 : NRT_FLOAT64; }

  // tolerance: per square root of k; 0 for that of the type.
  void verify(bool with_bias_relu, double wanted = 0) const {
    for (const int64_t at : samples(s.m * s.n, 200)) {
      const int64_t i = at / s.n, j = at % s.n;
      double sum = with_bias_relu ? static_cast<double>(bias[j]) : 0;
      for (int64_t p = 0; p < s.k; ++p) {
        sum += static_cast<double>(a[s.flags & NRT_GEMM_TRANS_A ? p * lda + i : i * lda + p]) *
               static_cast<double>(b[s.flags & NRT_GEMM_TRANS_B ? j * ldb + p : p * ldb + j]);
      }
      if (with_bias_relu && sum < 0) sum = 0;
      const double tolerance = wanted > 0 ? wanted : sizeof(T) == 4 ? 1e-6 : 1e-14;
      check("gemm " + s.name, at, static_cast<double>(c[at]), sum,
            tolerance * std::sqrt(static_cast<double>(s.k)) * 4);
    }
  }
};

template <typename T>
Body plain(const Shape& shape, bool bias_relu) {
  auto x = std::make_shared<Matrices<T>>(shape);
  Body body = [x, bias_relu] {
    const Shape& s = x->s;
    must(nrt_gemm_fwd(ctx(), x->dtype(), x->c.at(), x->a.at(), x->b.at(),
                      bias_relu ? x->bias.at() : 0, 1, s.m, s.n, s.k, x->lda, 0, x->ldb, 0, s.n, 0,
                      s.flags, 1, 0, bias_relu ? NRT_UNARY_RELU : NRT_UNARY_IDENTITY));
  };
  body();
  x->verify(bias_relu);
  return body;
}

// The product in a mode of its own (names of the group), not in the context's.
struct Mode {
  const char* group;
  int32_t mode;
  double tolerance;
};
constexpr Mode kModes[] = {{"gemm_ieee/", NRT_PRECISION_IEEE, 1e-6},
                           {"gemm_high/", NRT_PRECISION_HIGH, 1e-5},
                           {"gemm_medium/", NRT_PRECISION_MEDIUM, 5e-3}};

Body in_mode(const Shape& shape, const Mode& mode) {
  auto x = std::make_shared<Matrices<float>>(shape);
  const nrt_ctx handle = ctx() | (static_cast<int64_t>(mode.mode + 1) << NRT_PRECISION_SHIFT);
  Body body = [x, handle] {
    const Shape& s = x->s;
    must(nrt_gemm_fwd(handle, NRT_FLOAT32, x->c.at(), x->a.at(), x->b.at(), 0, 1, s.m, s.n, s.k, x->lda, 0, x->ldb, 0,
                      s.n, 0, s.flags, 1, 0, NRT_UNARY_IDENTITY));
  };
  body();
  x->verify(false, mode.tolerance);
  return body;
}

Body packed(const Shape& shape) {
  struct Packed : Matrices<float> {
    explicit Packed(const Shape& s)
        : Matrices(s), weights(nrt_gemm_packed_bytes(ctx(), NRT_FLOAT32, s.n, s.k)) {
      must(nrt_gemm_pack(ctx(), NRT_FLOAT32, weights.at(), b.at(), s.n, s.k, ldb,
                         s.flags & NRT_GEMM_TRANS_B));
    }
    Array<uint8_t> weights;
  };
  auto x = std::make_shared<Packed>(shape);
  Body body = [x] {
    const Shape& s = x->s;
    must(nrt_gemm_packed_fwd(ctx(), NRT_FLOAT32, x->c.at(), x->a.at(), x->weights.at(), 0, s.m, s.n,
                             s.k, x->lda, s.n, s.flags & NRT_GEMM_TRANS_A, 1, 0,
                             NRT_UNARY_IDENTITY));
  };
  body();
  x->verify(false);
  return body;
}

const bool added = add_group([] {
  for (const auto& row : shapes("gemm.txt")) {
    const int32_t flags = (row[4][0] == 'T' ? NRT_GEMM_TRANS_A : 0) |
                          (row[4][1] == 'T' ? NRT_GEMM_TRANS_B : 0);
    const Shape s = {row[0], std::stoll(row[1]), std::stoll(row[2]), std::stoll(row[3]), flags};
    add("gemm/" + s.name, {s.flops()}, [s] { return plain<float>(s, false); });
    for (const Mode& mode : kModes) {
      add(mode.group + s.name, {s.flops()}, [s, mode] { return in_mode(s, mode); });
    }
    if (s.name == "1024" || s.name == "512") {
      add("gemm_f64/" + s.name, {s.flops(), 0, true}, [s] { return plain<double>(s, false); });
    }
    if (s.name == "32x512x2048" || s.name == "mlp1_forward" || s.name == "mlp1_input" ||
        s.name == "1x1024x1024") {
      add("gemm_packed/" + s.name, {s.flops()}, [s] { return packed(s); });
    }
    if (s.name == "mlp1_forward") {
      add("gemm_bias_relu/" + s.name, {s.flops()}, [s] { return plain<float>(s, true); });
    }
  }
});

}  // namespace
}  // namespace neurite_bench
