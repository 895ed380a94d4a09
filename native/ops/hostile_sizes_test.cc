// Every op with sizes no caller should give and no memory behind them: each call must come back, with
// a refusal or (when nothing is to be computed) success. Run under the sanitizers this also shows
// products that overflow on the way to the refusal.
#include <functional>
#include <vector>

#include "core/test_support.h"
#include "ops/attention/attention.h"
#include "ops/conv3d/conv3d.h"
#include "ops/ctc/ctc.h"
#include "ops/fft/fft.h"
#include "ops/gru/gru.h"
#include "ops/layer_norm/layer_norm.h"
#include "ops/linalg/linalg.h"
#include "ops/lstm/lstm.h"
#include "ops/pool3d/pool3d.h"
#include "ops/resize2d/resize2d.h"
#include "ops/rnn/rnn.h"
#include "ops/scan/scan.h"
#include "ops/scatter/scatter.h"
#include "ops/sort/sort.h"
#include "ops/unary/unary.h"

namespace {

using nrt_test::ctx;

constexpr int32_t kType = NRT_FLOAT32;

class HostileSizes : public ::testing::Test {
 protected:
  // Small sizes, those around the limits of 32 and 64 bits, and products of which wrap to 0.
  int64_t size() {
    static const int64_t all[] = {0,
                                  0,
                                  1,
                                  2,
                                  7,
                                  -1,
                                  INT32_MAX,
                                  int64_t{1} << 31,
                                  int64_t{1} << 32,
                                  int64_t{1} << 40,
                                  (int64_t{1} << 59) - 1,
                                  int64_t{1} << 60,
                                  int64_t{1} << 62,
                                  INT64_MAX,
                                  INT64_MIN};
    return all[draw() % (sizeof(all) / sizeof(all[0]))];
  }
  int32_t flag() { return static_cast<int32_t>(draw() % 2); }
  std::vector<int64_t> sizes(int count) {
    std::vector<int64_t> v;
    for (int i = 0; i < count; ++i) v.push_back(size());
    return v;
  }
  // Valid fields, a few of them replaced: most of a random descriptor would be refused at once.
  std::vector<int64_t> spoilt(std::vector<int64_t> desc) {
    for (uint64_t n = 1 + draw() % 6; n > 0; --n) desc[draw() % desc.size()] = size();
    return desc;
  }
  void calls(const std::function<nrt_status()>& call) {
    for (int i = 0; i < 5000; ++i) {
      const nrt_status status = call();
      ASSERT_TRUE(status == NRT_OK || status == NRT_INVALID_ARGUMENT || status == NRT_OUT_OF_MEMORY)
          << status << ": " << nrt_last_error();
    }
  }

 private:
  uint64_t draw() { return nrt_philox(1, 0, counter_++).v[0]; }
  uint64_t counter_ = 0;
};

TEST_F(HostileSizes, RecurrentOps) {
  const std::vector<int64_t> rows = {3, 2};
  calls([&] {
    return nrt_rnn_fwd(ctx(), kType, 0, 0, 0, 0, 0, rows.data(), 2, size(), 5, size(), NRT_UNARY_IDENTITY);
  });
  calls([&] {
    return nrt_rnn_bwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, 0, 0, rows.data(), 2, size(), 5, size(), NRT_UNARY_IDENTITY);
  });
  calls([&] {
    return nrt_lstm_fwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, nullptr, size(), size(), size(), size());
  });
  calls([&] {
    return nrt_lstm_bwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, rows.data(), 2, size(), 5,
                        size());
  });
  calls([&] {
    return nrt_gru_fwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, nullptr, size(), size(), size(), size(), flag());
  });
  calls([&] {
    return nrt_gru_bwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, rows.data(), 2, size(), 5, size(), flag());
  });
}

TEST_F(HostileSizes, Attention) {
  const std::vector<int64_t> fair(NRT_ATTENTION_DESC, 2);
  calls([&] {
    return nrt_attention_fwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, spoilt(fair).data(), flag(), flag(), 1);
  });
  calls([&] {
    return nrt_attention_bwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, spoilt(fair).data(), flag(), flag(), 1);
  });
  calls([&] {
    return nrt_attention_bwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, sizes(NRT_ATTENTION_DESC).data(), 0,
                             flag(), 1);
  });
}

TEST_F(HostileSizes, Volumes) {
  const std::vector<int64_t> conv = {1, 4, 4, 4, 2, 4, 4, 4, 2, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1};
  calls([&] { return nrt_conv3d_fwd(ctx(), kType, 0, 0, 0, 0, spoilt(conv).data()); });
  calls([&] { return nrt_conv3d_bwd_data(ctx(), kType, 0, 0, 0, spoilt(conv).data()); });
  calls([&] { return nrt_conv3d_bwd_weights(ctx(), kType, 0, 0, 0, 0, spoilt(conv).data()); });
  std::vector<int64_t> pool = {1, 4, 4, 4, 2, 2, 2, 2};
  for (int axis = 0; axis < 3; ++axis) pool.insert(pool.end(), {2, 2, 1, 0, 0});
  pool.insert(pool.end(), {0, 0});
  calls([&] { return nrt_pool3d_max_fwd(ctx(), kType, 0, 0, 0, spoilt(pool).data()); });
  calls([&] { return nrt_pool3d_max_bwd(ctx(), kType, 0, 0, 0, spoilt(pool).data()); });
  calls([&] { return nrt_pool3d_avg_fwd(ctx(), kType, 0, 0, spoilt(pool).data()); });
  calls([&] { return nrt_pool3d_avg_bwd(ctx(), kType, 0, 0, spoilt(pool).data()); });
  const std::vector<int64_t> image = {1, 4, 4, 2, 8, 8, NRT_RESIZE_LINEAR, 0};
  calls([&] { return nrt_resize2d_fwd(ctx(), kType, 0, 0, spoilt(image).data(), 0); });
  calls([&] { return nrt_resize2d_bwd(ctx(), kType, 0, 0, spoilt(image).data(), 0); });
}

TEST_F(HostileSizes, RowsAndLines) {
  calls([&] {
    return nrt_layer_norm_fwd(ctx(), kType, 0, 0, 0, 0, 0, 0, size(), size(), size(), size(), 1, 0, flag());
  });
  calls([&] {
    return nrt_layer_norm_bwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, 0, size(), size(), size(), size(), 0, flag());
  });
  calls([&] { return nrt_ctc_fwd(ctx(), kType, 0, 0, 0, 0, 0, 0, size(), size(), size(), size(), size()); });
  calls([&] { return nrt_ctc_bwd(ctx(), kType, 0, 0, 0, 0, 0, 0, 0, size(), size(), size(), size(), size()); });
  calls([&] { return nrt_scan_fwd(ctx(), kType, flag(), 0, 0, size(), size(), size(), flag(), flag()); });
  calls([&] { return nrt_scan_linear(ctx(), kType, 0, 0, 0, size(), size(), size(), flag()); });
  calls([&] { return nrt_sort_rows(ctx(), kType, 0, 0, 0, size(), size(), size(), flag()); });
  calls([&] { return nrt_sort_search(ctx(), kType, 0, 0, 0, size(), size(), size(), flag()); });
  calls([&] { return nrt_fft_fwd(ctx(), kType, 0, 0, 0, 0, size(), size(), flag()); });
}

TEST_F(HostileSizes, ScatterAndMatrices) {
  const auto desc = [&] {
    std::vector<int64_t> d = sizes(9);
    d[0] = size() % 5;
    return d;
  };
  calls([&] { return nrt_scatter_take(ctx(), kType, 0, 0, 0, desc().data(), flag(), size()); });
  calls([&] { return nrt_scatter_put(ctx(), kType, 1, 0, 0, 0, desc().data(), flag(), size()); });
  calls([&] { return nrt_scatter_winners(ctx(), 0, 0, desc().data(), flag(), size()); });
  calls([&] { return nrt_scatter_count(ctx(), kType, 0, 0, size()); });
  calls([&] { return nrt_scatter_nonzero(ctx(), kType, 0, size(), 0, size()); });
  calls([&] { return nrt_linalg_det(ctx(), kType, 0, 0, size(), size()); });
  calls([&] { return nrt_linalg_solve(ctx(), kType, 0, 0, 0, size(), size(), size()); });
  calls([&] { return nrt_linalg_solve_triangular(ctx(), kType, 0, 0, 0, size(), size(), size(), flag(), flag()); });
  calls([&] { return nrt_linalg_cholesky(ctx(), kType, 0, 0, size(), size()); });
  calls([&] { return nrt_linalg_eigh(ctx(), kType, 0, 0, 0, size(), size()); });
  calls([&] { return nrt_linalg_svd(ctx(), kType, 0, 0, 0, 0, size(), size(), size()); });
}

}  // namespace
