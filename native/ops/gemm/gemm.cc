#include "ops/gemm/gemm.h"

#include "core/dispatch.h"
#include "core/precision.h"
#include "ops/gemm/gemm_tile_kernels.h"
#include "ops/unary/unary.h"

NRT_DECLARE_LEVELS(GemmKernels, gemm_kernels)

namespace nrt {
namespace {

// Written in front of packed weights: a form made for another shape or level would be read wrongly.
struct PackedHeader {
  static constexpr uint64_t kMagic = 0x4b43415047545252ull;
  uint64_t magic;
  int32_t isa, dtype;
  int64_t n, k;
  int32_t trans_b;
};
// In front of split weights.
struct SplitHeader {
  static constexpr uint64_t kMagic = 0x4b43415054494c50ull;
  uint64_t magic;
  int32_t products, trans_b;
  int64_t n, k;
  uint32_t largest;
};
constexpr int64_t kHeaderBytes = 64;
static_assert(sizeof(PackedHeader) <= kHeaderBytes && sizeof(SplitHeader) <= kHeaderBytes,
              "the header keeps the panels aligned");
static_assert(NRT_UNARY_IDENTITY == 0 && NRT_UNARY_RELU == 40 && NRT_UNARY_SIGMOID == 51 &&
                  NRT_UNARY_TANH == 55,
              "gemm_activation.h repeats these codes");

const GemmTypeKernels& kernels_of(const Context& c, int32_t dtype) {
  const GemmKernels& kernels = NRT_SELECT(c, gemm_kernels);
  if (dtype == NRT_FLOAT32) return kernels.f32;
  if (dtype == NRT_FLOAT64) return kernels.f64;
  unsupported("gemm: dtype %d; float32 and float64 are supported", dtype);
}

long long wide(int64_t x) { return static_cast<long long>(x); }

void check_size(const char* name, int64_t size) {
  if (size < 0) invalid("gemm: %s must not be negative, given %lld", name, wide(size));
}

// A matrix of rows x columns as stored, batch of them: every offset must fit in 61 bits.
void check_matrix(const char* name, nrt_ptr address, int64_t rows, int64_t columns, int64_t ld,
                  int64_t batch, int64_t stride) {
  if (rows == 0 || columns == 0 || batch == 0) return;
  if (address == 0) invalid("gemm: %s is null", name);
  if (ld < columns) {
    invalid("gemm: leading dimension of %s is %lld, but its rows have %lld elements", name,
            wide(ld), wide(columns));
  }
  check_size("batch stride", stride);
  int64_t reach = 0, steps = 0;
  if (__builtin_mul_overflow(rows, ld, &reach) || __builtin_mul_overflow(batch, stride, &steps) ||
      __builtin_add_overflow(reach, steps, &reach) || reach > (INT64_MAX >> 4)) {
    invalid("gemm: %s of %lld x %lld elements exceeds the address space", name, wide(rows), wide(ld));
  }
}

void check_activation(int32_t activation) {
  switch (activation) {
    case NRT_UNARY_IDENTITY:
    case NRT_UNARY_RELU:
    case NRT_UNARY_SIGMOID:
    case NRT_UNARY_TANH:
      return;
    default:
      unsupported("gemm: activation %d; identity, relu, sigmoid and tanh are supported", activation);
  }
}

void check_flags(int32_t flags, int32_t allowed) {
  if ((flags & ~allowed) != 0) invalid("gemm: unknown flags %d", flags);
}

// Sizes and the sides of A and C, which all forms share.
void check_problem(const GemmProblem& p, nrt_ptr c, nrt_ptr a) {
  check_size("batch", p.batch);
  check_size("m", p.m);
  check_size("n", p.n);
  check_size("k", p.k);
  check_activation(p.activation);
  if (p.m == 0 || p.n == 0) return;
  check_matrix("a", a, p.trans_a ? p.k : p.m, p.trans_a ? p.m : p.k, p.lda, p.batch, p.stride_a);
  check_matrix("c", c, p.m, p.n, p.ldc, p.batch, p.stride_c);
}

void run(const GemmTypeKernels& kernels, int32_t dtype, const GemmProblem& p, const SplitWeights* split) {
  if (dtype != NRT_FLOAT32 || !gemm_by_parts(p, kernels.run, split)) kernels.run(p);
}

const GemmTileKernels& tile_kernels(int32_t products) {
  const GemmTileKernels* kernels = gemm_part_kernels_of_call();
  const bool known = products == 1 || (product_unit() != ProductUnit::kAvx512Bf16 && (products == 6 || products == 3));
  if (kernels == nullptr || !known) {
    unsupported("gemm: %d bfloat16 products on this level", products);
  }
  return *kernels;
}

void check_packed_size(int64_t n, int64_t k) {
  check_size("n", n);
  check_size("k", k);
  int64_t product = 0;
  if (n > (INT64_MAX >> 5) || __builtin_mul_overflow(n + 64, k, &product) || product > (INT64_MAX >> 4)) {
    invalid("gemm: packed weights of %lld x %lld exceed the address space", wide(k), wide(n));
  }
}

int64_t packed_bytes(const GemmTypeKernels& kernels, int64_t n, int64_t k) {
  check_packed_size(n, k);
  return kHeaderBytes + kernels.packed_bytes(n, k);
}

}  // namespace
}  // namespace nrt

extern "C" {

nrt_status nrt_gemm_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr c, nrt_ptr a, nrt_ptr b, nrt_ptr bias,
                        int64_t batch, int64_t m, int64_t n, int64_t k, int64_t lda,
                        int64_t stride_a, int64_t ldb, int64_t stride_b, int64_t ldc,
                        int64_t stride_c, int32_t flags, double alpha, double beta,
                        int32_t activation) {
  return nrt::guard([&] {
    const nrt::GemmTypeKernels& kernels = nrt::kernels_of(nrt::context(ctx), dtype);
    nrt::check_flags(flags, NRT_GEMM_TRANS_A | NRT_GEMM_TRANS_B | NRT_GEMM_PARAM);
    const bool trans_a = (flags & NRT_GEMM_TRANS_A) != 0;
    const bool trans_b = (flags & NRT_GEMM_TRANS_B) != 0;
    const nrt::GemmProblem p = {nrt::ptr<void>(c), nrt::ptr<void>(a), nrt::ptr<void>(b), nullptr,
                                nrt::ptr<void>(bias), batch, m, n, k, lda, stride_a, ldb, stride_b,
                                ldc, stride_c, trans_a, trans_b, alpha, beta, activation,
                                (flags & NRT_GEMM_PARAM) != 0};
    nrt::check_problem(p, c, a);
    if (m == 0 || n == 0 || batch == 0) return;
    nrt::check_matrix("b", b, trans_b ? n : k, trans_b ? k : n, ldb, batch, stride_b);
    if (batch > 1 && stride_c == 0) nrt::invalid("gemm: batch elements of c overlap (stride 0)");
    nrt::run(kernels, dtype, p, nullptr);
  });
}

int64_t nrt_gemm_packed_bytes(nrt_ctx ctx, int32_t dtype, int64_t n, int64_t k) {
  int64_t bytes = -1;
  nrt::guard([&] {
    bytes = nrt::packed_bytes(nrt::kernels_of(nrt::context(ctx), dtype), n, k);
  });
  return bytes;
}

nrt_status nrt_gemm_pack(nrt_ctx ctx, int32_t dtype, nrt_ptr packed, nrt_ptr b, int64_t n, int64_t k,
                         int64_t ldb, int32_t flags) {
  return nrt::guard([&] {
    nrt::Context& context = nrt::context(ctx);
    const nrt::GemmTypeKernels& kernels = nrt::kernels_of(context, dtype);
    nrt::check_flags(flags, NRT_GEMM_TRANS_B);
    nrt::packed_bytes(kernels, n, k);
    const bool trans_b = (flags & NRT_GEMM_TRANS_B) != 0;
    if (packed == 0) nrt::invalid("gemm: packed is null");
    nrt::check_matrix("b", b, trans_b ? n : k, trans_b ? k : n, ldb, 1, 0);
    *nrt::ptr<nrt::PackedHeader>(packed) = {nrt::PackedHeader::kMagic,
                                            static_cast<int32_t>(nrt::isa_of(context)), dtype, n, k,
                                            trans_b ? 1 : 0};
    if (n == 0 || k == 0) return;
    kernels.pack(nrt::ptr<char>(packed) + nrt::kHeaderBytes, nrt::ptr<void>(b), n, k, ldb, trans_b);
  });
}

nrt_status nrt_gemm_packed_fwd(nrt_ctx ctx, int32_t dtype, nrt_ptr c, nrt_ptr a, nrt_ptr packed,
                               nrt_ptr bias, int64_t m, int64_t n, int64_t k, int64_t lda,
                               int64_t ldc, int32_t flags, double alpha, double beta,
                               int32_t activation) {
  return nrt::guard([&] {
    nrt::Context& context = nrt::context(ctx);
    const nrt::GemmTypeKernels& kernels = nrt::kernels_of(context, dtype);
    // The bit for B says how the weights were stored before packing; the packed form knows it.
    nrt::check_flags(flags, NRT_GEMM_TRANS_A | NRT_GEMM_TRANS_B);
    if (packed == 0) nrt::invalid("gemm: packed is null");
    const nrt::PackedHeader& h = *nrt::ptr<nrt::PackedHeader>(packed);
    if (h.magic != nrt::PackedHeader::kMagic || h.dtype != dtype || h.n != n || h.k != k ||
        h.isa != static_cast<int32_t>(nrt::isa_of(context))) {
      nrt::invalid("gemm: these weights were packed for another shape, dtype or ISA level");
    }
    const nrt::GemmProblem p = {nrt::ptr<void>(c), nrt::ptr<void>(a), nullptr,
                                nrt::ptr<char>(packed) + nrt::kHeaderBytes, nrt::ptr<void>(bias), 1,
                                m, n, k, lda, 0, 0, 0, ldc, 0, (flags & NRT_GEMM_TRANS_A) != 0,
                                h.trans_b != 0, alpha, beta, activation};
    nrt::check_problem(p, c, a);
    if (m == 0 || n == 0) return;
    kernels.run(p);
    nrt::note_products(0);
  });
}

int64_t nrt_gemm_split_bytes(nrt_ctx ctx, int32_t products, int64_t n, int64_t k) {
  int64_t bytes = -1;
  nrt::guard([&] {
    nrt::context(ctx);
    nrt::check_packed_size(n, k);
    bytes = nrt::kHeaderBytes + nrt::tile_kernels(products).split_bytes(products, n, k);
  });
  return bytes;
}

nrt_status nrt_gemm_split(nrt_ctx ctx, int32_t products, nrt_ptr split, nrt_ptr b, int64_t n, int64_t k,
                          int64_t ldb, int32_t flags) {
  return nrt::guard([&] {
    nrt::context(ctx);
    const nrt::GemmTileKernels& kernels = nrt::tile_kernels(products);
    nrt::check_flags(flags, NRT_GEMM_TRANS_B);
    nrt::check_packed_size(n, k);
    const bool trans_b = (flags & NRT_GEMM_TRANS_B) != 0;
    if (split == 0) nrt::invalid("gemm: split is null");
    nrt::check_matrix("b", b, trans_b ? n : k, trans_b ? k : n, ldb, 1, 0);
    nrt::SplitHeader header = {nrt::SplitHeader::kMagic, products, trans_b ? 1 : 0, n, k, 0};
    if (n > 0 && k > 0) {
      header.largest = kernels.split(products, nrt::ptr<char>(split) + nrt::kHeaderBytes, nrt::ptr<void>(b), n, k,
                                     ldb, trans_b);
    }
    *nrt::ptr<nrt::SplitHeader>(split) = header;
  });
}

nrt_status nrt_gemm_split_fwd(nrt_ctx ctx, nrt_ptr c, nrt_ptr a, nrt_ptr b, nrt_ptr split, nrt_ptr bias,
                              int64_t m, int64_t n, int64_t k, int64_t lda, int64_t ldb, int64_t ldc,
                              int32_t flags, double alpha, double beta, int32_t activation) {
  return nrt::guard([&] {
    const nrt::GemmTypeKernels& kernels = nrt::kernels_of(nrt::context(ctx), NRT_FLOAT32);
    nrt::check_flags(flags, NRT_GEMM_TRANS_A | NRT_GEMM_TRANS_B);
    const bool trans_b = (flags & NRT_GEMM_TRANS_B) != 0;
    if (split == 0) nrt::invalid("gemm: split is null");
    const nrt::SplitHeader& h = *nrt::ptr<nrt::SplitHeader>(split);
    if (h.magic != nrt::SplitHeader::kMagic || h.n != n || h.k != k || (h.trans_b != 0) != trans_b) {
      nrt::invalid("gemm: these weights were split for another shape or side");
    }
    const nrt::GemmProblem p = {nrt::ptr<void>(c), nrt::ptr<void>(a), nrt::ptr<void>(b), nullptr,
                                nrt::ptr<void>(bias), 1, m, n, k, lda, 0, ldb, 0, ldc, 0,
                                (flags & NRT_GEMM_TRANS_A) != 0, trans_b, alpha, beta, activation, true};
    nrt::check_problem(p, c, a);
    if (m == 0 || n == 0) return;
    nrt::check_matrix("b", b, trans_b ? n : k, trans_b ? k : n, ldb, 1, 0);
    const nrt::SplitWeights weights = {nrt::ptr<char>(split) + nrt::kHeaderBytes, h.products, h.largest};
    nrt::run(kernels, NRT_FLOAT32, p, &weights);
  });
}

}  // extern "C"
