#include "core/precision.h"

#include <string>
#include <thread>

#include "core/context.h"
#include "core/kernel.h"
#include "core/test_support.h"

namespace {

using nrt_test::ctx;

nrt_ctx with(int32_t mode) { return ctx() | (static_cast<int64_t>(mode + 1) << NRT_PRECISION_SHIFT); }

bool on_tiles() { return std::string(nrt_ctx_isa(ctx())).find("amx") == 0; }

TEST(Precision, IsHighestUnlessSaidOtherwise) {
  EXPECT_EQ(NRT_PRECISION_HIGHEST, nrt_ctx_precision(ctx()));
  const nrt_ctx own = nrt_ctx_open(NRT_CPU, 0, "", 1);
  NRT_ASSERT_OK(nrt_ctx_set_precision(own, NRT_PRECISION_MEDIUM));
  EXPECT_EQ(NRT_PRECISION_MEDIUM, nrt_ctx_precision(own));
  EXPECT_EQ(NRT_PRECISION_HIGHEST, nrt_ctx_precision(ctx()));
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_ctx_set_precision(own, 4));
  EXPECT_STREQ("matmul precision must be 0 to 3, given 4", nrt_last_error());
  EXPECT_EQ(NRT_INVALID_ARGUMENT, nrt_ctx_set_precision(own, -1));
  NRT_ASSERT_OK(nrt_ctx_close(own));
}

TEST(Precision, ACallMayBringItsOwn) {
  for (int32_t mode = NRT_PRECISION_IEEE; mode <= NRT_PRECISION_MEDIUM; ++mode) {
    EXPECT_EQ(mode, nrt_ctx_precision(with(mode)));
    EXPECT_EQ(NRT_PRECISION_HIGHEST, nrt_ctx_precision(ctx())) << "it was for one call";
  }
  EXPECT_EQ(-1, nrt_ctx_precision(with(4)));
  EXPECT_STREQ("not an open context", nrt_last_error());
}

TEST(Precision, DependsOnModeSizeAndOperandKind) {
  const auto products = [](int32_t mode, int64_t m, int64_t n, int64_t k, int32_t param = 0) {
    return nrt_ctx_products(with(mode), m, n, k, param);
  };
  const int64_t huge = int64_t{1} << 40;
  for (int32_t param : {0, 1}) {
    EXPECT_EQ(0, products(NRT_PRECISION_IEEE, 1024, 1024, 1024, param));
    EXPECT_EQ(0, products(NRT_PRECISION_MEDIUM, 4, 4, 4, param));
    EXPECT_EQ(0, products(NRT_PRECISION_HIGHEST, 1, 4096, 1024, param));
  }
  if (!on_tiles()) return;
  EXPECT_EQ(6, products(NRT_PRECISION_HIGHEST, 128, 128, 128));
  EXPECT_EQ(6, products(NRT_PRECISION_HIGHEST, huge, huge, huge));
  EXPECT_EQ(0, products(NRT_PRECISION_HIGHEST, 127, 128, 128));
  EXPECT_EQ(0, products(NRT_PRECISION_HIGHEST, 63, 4096, 4096));
  EXPECT_EQ(6, products(NRT_PRECISION_HIGHEST, 32, 2048, 512, 1));
  EXPECT_EQ(0, products(NRT_PRECISION_HIGHEST, 32, 2048, 512));
  EXPECT_EQ(3, products(NRT_PRECISION_HIGH, 64, 64, 64));
  EXPECT_EQ(1, products(NRT_PRECISION_MEDIUM, 64, 64, 64));
}

// The resolver and the unit as seen from a parallel loop's body, on every worker.
TEST(Precision, WorkersSeeTheirCallersMode) {
  const nrt_ctx own = nrt_ctx_open(NRT_CPU, 0, "", 4);
  nrt::context(own | (int64_t{NRT_PRECISION_HIGH + 1} << NRT_PRECISION_SHIFT));
  const int32_t want = nrt::bf16_products(512, 512, 512, false);
  int32_t seen[64] = {};
  nrt::parallel_for(
      64, 1,
      [](void* arg, int64_t begin, int64_t) {
        static_cast<int32_t*>(arg)[begin] = nrt::bf16_products(512, 512, 512, false);
      },
      seen);
  for (int32_t products : seen) EXPECT_EQ(want, products);
  EXPECT_EQ(on_tiles() ? 3 : 0, want);
  NRT_ASSERT_OK(nrt_ctx_close(own));
}

}  // namespace
