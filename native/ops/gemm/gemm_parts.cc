// Float32 products by bfloat16 parts: which unit, one matrix at a time, and float32 FMA where it must be.
#include "core/dispatch.h"
#include "core/kernel.h"
#include "core/precision.h"
#include "ops/gemm/gemm_tile_kernels.h"

#if defined(__x86_64__) || defined(_M_X64)
NRT_DECLARE_TILE_LEVELS(GemmTileKernels, gemm_tile_kernels)
namespace nrt {
namespace avx512_bf16 {
extern const GemmTileKernels gemm_pair_kernels;
}
}  // namespace nrt
#endif

namespace nrt {
namespace {

// One matrix of the batch.
GemmProblem element_of(const GemmProblem& p, int64_t index) {
  GemmProblem one = p;
  one.batch = 1;
  one.a = static_cast<const float*>(p.a) + index * p.stride_a;
  one.b = static_cast<const float*>(p.b) + index * p.stride_b;
  one.c = static_cast<float*>(p.c) + index * p.stride_c;
  return one;
}

struct Batch {
  const GemmProblem& p;
  const GemmTileKernels& kernels;
  int32_t products;
  const SplitWeights* split;
  void (*fma)(const GemmProblem&);
  int32_t* outcome;  // per matrix: products, negative if FMA had to do it

  void run(int64_t index) const {
    const GemmProblem one = element_of(p, index);
    const bool done = kernels.run(one, products, split);
    if (!done) fma(one);
    outcome[index] = done ? products : -products;
  }
};

}  // namespace

const GemmTileKernels* gemm_tile_kernels_of_call() {
#if defined(__x86_64__) || defined(_M_X64)
  return NRT_TILE_KERNELS(gemm_tile_kernels);
#else
  return nullptr;
#endif
}

const GemmTileKernels* gemm_part_kernels_of_call() {
#if defined(__x86_64__) || defined(_M_X64)
  if (product_unit() == ProductUnit::kAvx512Bf16) return &avx512_bf16::gemm_pair_kernels;
#endif
  return gemm_tile_kernels_of_call();
}

bool gemm_by_parts(const GemmProblem& p, void (*fma)(const GemmProblem&), const SplitWeights* split) {
  const int32_t products = bf16_products(p.m, p.n, p.k, p.param);
  const GemmTileKernels* kernels = products > 0 ? gemm_part_kernels_of_call() : nullptr;
  if (kernels == nullptr) {
    note_products(0);
    return false;
  }
  constexpr double kParallelWork = 4e7;  // of one matrix: enough for all threads by itself
  const double work = 2.0 * static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
  if (split != nullptr && split->products != products) split = nullptr;  // of another mode
  base::ScratchMark mark;
  int32_t* outcome = static_cast<int32_t*>(scratch_alloc(p.batch * static_cast<int64_t>(sizeof(int32_t))));
  const Batch batch{p, *kernels, products, split, fma, outcome};
  if (p.batch == 1 || work >= kParallelWork) {
    for (int64_t i = 0; i < p.batch; ++i) batch.run(i);
  } else {
    parallel_for(
        p.batch, 1,
        [](void* arg, int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) static_cast<const Batch*>(arg)->run(i);
        },
        const_cast<Batch*>(&batch));
  }
  int32_t used = products;
  for (int64_t i = 0; i < p.batch; ++i) used = outcome[i] < used ? outcome[i] : used;
  note_products(used);
  return true;
}

}  // namespace nrt
