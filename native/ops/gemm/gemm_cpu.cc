// C = act(alpha * op(A) op(B) + beta * C + bias): blocking around the micro-kernel (see README.md).
//
//   K in blocks of k_block; within one: panels of B (k_block x kTileColumns, L2) against tiles of
//   kTileRows rows of A (L1). Small and short products read A and B in place; B is packed where a
//   panel is read often enough, A only where its storage is transposed.
#include "ops/gemm/gemm_kernels.h"
#include "ops/gemm/gemm_skinny.h"

namespace nrt {
namespace NRT_ISA_NS {
namespace {

constexpr int64_t kBlockBytes = 2048;        // of one row of a K block: 512 floats, 256 doubles
constexpr int64_t kRowsPerBlock = 240;       // rows of A that a task takes at once
constexpr int64_t kColumnsPerBlock = 4096;   // columns of B packed at once
constexpr int64_t kSmallBytes = 64 * 1024;   // a B this small is read in place
constexpr double kSerialWork = 4e6;          // below this many operations no thread is woken

template <typename T>
int64_t k_block_of(int64_t k) {
  constexpr int64_t kLimit = kBlockBytes / static_cast<int64_t>(sizeof(T));
  if (k <= kLimit) return max64(k, 1);
  return div_up(div_up(k, div_up(k, kLimit)), 16) * 16;
}

// How one product is run; depends on its shape, except for the split into tasks.
template <typename T>
struct Plan {
  Product<T> g;
  bool direct_a, direct_b;
  int64_t panels, width_all;

  explicit Plan(const Product<T>& product) : g(product) {
    panels = div_up(g.n, kTileColumns<T>);
    width_all = padded_columns<T>(g.n);
    const int64_t size = static_cast<int64_t>(sizeof(T));
    direct_a = !g.trans_a || g.lda <= 128 || g.m * g.k * size <= kSmallBytes;
    direct_b = g.packed == nullptr && !g.trans_b &&
               (g.m <= 2 * kTileRows || g.ldb * g.k * size <= kSmallBytes ||
                (panels == 1 && g.ldb <= 2 * kTileColumns<T>));
  }

  int64_t panel_width(int64_t panel) const {
    return min64(kTileColumns<T>, width_all - panel * kTileColumns<T>);
  }

  void pack_panel(T* to, int64_t panel, int64_t pc, int64_t kc) const {
    const int64_t j = panel * kTileColumns<T>;
    const T* b = g.trans_b ? g.b + j * g.ldb + pc : g.b + pc * g.ldb + j;
    pack_b_panel(to, b, g.ldb, g.trans_b, kc, min64(kTileColumns<T>, g.n - j), panel_width(panel));
  }

  // Rows [i0, i1) x one panel of one K block. a_packed: rows from i0 on, or null.
  void panel_rows(Tile<T> t, int64_t i0, int64_t i1, int64_t panel, int64_t pc,
                  const T* a_packed) const {
    const int64_t j = panel * kTileColumns<T>;
    t.columns = static_cast<int>(min64(kTileColumns<T>, g.n - j));
    const bool last = pc + t.k >= g.k;
    t.bias = last && g.bias != nullptr ? g.bias + j : nullptr;
    t.activation = last ? g.activation : static_cast<int32_t>(kIdentity);
    t.alpha = g.alpha;
    t.beta = pc == 0 ? g.beta : T(1);
    t.ldc = g.ldc;
    t.a_row = g.trans_a ? 1 : g.lda;
    t.a_step = g.trans_a ? g.lda : 1;
    const bool tall = a_packed == nullptr && t.columns <= kTallVectors * kLanes<T>;
    for (int64_t i = i0; i < i1; i += t.rows) {
      t.rows = static_cast<int>(tall && i1 - i >= kTallRows ? kTallRows : min64(kTileRows, i1 - i));
      t.c = g.c + i * g.ldc + j;
      t.a = a_packed != nullptr ? a_packed + (i - i0) * t.k : g.a + i * t.a_row + pc * t.a_step;
      run_tile(t, a_packed != nullptr);
    }
  }

  // Rows [i0, i1) x panels [p0, p1) of the K block at pc. shared: the block's packed panels from
  // panel `shared_first` on, or null; then panels are packed here into b_buffer.
  void block(int64_t i0, int64_t i1, int64_t p0, int64_t p1, int64_t pc, T* a_buffer, T* b_buffer,
             const T* shared, int64_t shared_first) const {
    Tile<T> t;
    t.k = min64(g.k_block, g.k - pc);
    if (!direct_a) {
      const T* a = g.trans_a ? g.a + pc * g.lda + i0 : g.a + i0 * g.lda + pc;
      pack_a(a_buffer, a, g.lda, g.trans_a, i1 - i0, t.k);
    }
    for (int64_t p = p0; p < p1; ++p) {
      t.b_step = panel_width(p);
      if (shared != nullptr) {
        t.b = shared + (p - shared_first) * kTileColumns<T> * t.k;
      } else if (direct_b) {
        t.b = g.b + pc * g.ldb + p * kTileColumns<T>;
        t.b_step = g.ldb;
      } else {
        pack_panel(b_buffer, p, pc, t.k);
        t.b = b_buffer;
      }
      panel_rows(t, i0, i1, p, pc, direct_a ? nullptr : a_buffer);
    }
  }

  // All K blocks of rows x panels; B in place, packed beforehand, or packed panel by panel here.
  void region(int64_t i0, int64_t i1, int64_t p0, int64_t p1) const {
    ScratchMark mark;
    T* a_buffer = nullptr;
    T* b_buffer = nullptr;
    if (!direct_a) a_buffer = scratch<T>(div_up(i1 - i0, kTileRows) * kTileRows * g.k_block);
    if (!direct_b && g.packed == nullptr) b_buffer = scratch<T>(kTileColumns<T> * g.k_block);
    int64_t pc = 0;
    do {
      const T* shared = g.packed != nullptr ? g.packed + pc * width_all : nullptr;
      block(i0, i1, p0, p1, pc, a_buffer, b_buffer, shared, 0);
      pc += g.k_block;
    } while (pc < g.k);
  }
};

// A grid of row blocks x panel groups, one task each.
struct Grid {
  int64_t rows, row_step, panels, panel_step;
  int64_t row_tasks() const { return div_up(rows, row_step); }
  int64_t tasks() const { return row_tasks() * div_up(panels, panel_step); }
};

// Splits so that every thread gets work: panels first when A is read in place (each thread keeps its
// own part of B in L2), rows first when A would be packed once per panel group.
Grid split(int64_t m, int64_t panels, bool rows_first, double work) {
  const int64_t blocks = div_up(m, kRowsPerBlock);
  Grid grid{m, div_up(div_up(m, blocks), kTileRows) * kTileRows, panels, panels};
  const int threads = work < kSerialWork ? 1 : parallel_threads();
  if (threads == 1) return grid;
  const int64_t wanted = 3 * threads;
  const auto split_rows = [&] {
    const int64_t parts = min64(div_up(m, 2 * kTileRows), div_up(wanted, div_up(panels, grid.panel_step)));
    if (parts > grid.row_tasks()) grid.row_step = div_up(div_up(m, parts), kTileRows) * kTileRows;
  };
  const auto split_panels = [&] {
    const int64_t parts = min64(panels, div_up(wanted, grid.row_tasks()));
    if (parts > 1) grid.panel_step = div_up(panels, parts);
  };
  if (rows_first) {
    split_rows();
    if (grid.tasks() < threads) split_panels();
  } else {
    split_panels();
    if (grid.tasks() < threads) split_rows();
  }
  return grid;
}

template <typename F>
void for_grid(const Grid& grid, const F& body) {
  const int64_t row_tasks = grid.row_tasks();
  const auto task = [&](int64_t index) {
    const int64_t i0 = index % row_tasks * grid.row_step;
    const int64_t p0 = index / row_tasks * grid.panel_step;
    body(i0, min64(grid.rows, i0 + grid.row_step), p0, min64(grid.panels, p0 + grid.panel_step));
  };
  if (grid.tasks() == 1) {
    task(0);
    return;
  }
  parallel(grid.tasks(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) task(index);
  });
}

// Large products: the panels of a K block are packed once by all threads, then read by all.
template <typename T>
void run_shared(const Plan<T>& plan, double work) {
  const Product<T>& g = plan.g;
  constexpr int64_t kPanels = kColumnsPerBlock / kTileColumns<T>;
  ScratchMark mark;
  T* shared = scratch<T>(min64(plan.width_all, kColumnsPerBlock) * g.k_block);
  for (int64_t p0 = 0; p0 < plan.panels; p0 += kPanels) {
    const int64_t panels = min64(kPanels, plan.panels - p0);
    const Grid grid = split(g.m, panels, !plan.direct_a, work);
    for (int64_t pc = 0; pc < g.k; pc += g.k_block) {
      const int64_t kc = min64(g.k_block, g.k - pc);
      parallel(panels, 1, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p) {
          plan.pack_panel(shared + p * kTileColumns<T> * kc, p0 + p, pc, kc);
        }
      });
      for_grid(grid, [&](int64_t i0, int64_t i1, int64_t q0, int64_t q1) {
        ScratchMark inner;
        T* a_buffer = nullptr;
        if (!plan.direct_a) a_buffer = scratch<T>(div_up(i1 - i0, kTileRows) * kTileRows * kc);
        plan.block(i0, i1, p0 + q0, p0 + q1, pc, a_buffer, nullptr, shared, p0);
      });
    }
  }
}

template <typename T>
void run_one(const Product<T>& g) {
  if (g.n <= kSkinny && (!g.trans_a || g.m > kSkinny)) {
    skinny(swapped(g));
    return;
  }
  if (g.m <= kSkinny) {
    skinny(g);
    return;
  }
  const Plan<T> plan(g);
  const double work = 2.0 * static_cast<double>(g.m) * static_cast<double>(g.n) * static_cast<double>(g.k);
  if (g.packed == nullptr && !plan.direct_b && g.m > kRowsPerBlock && g.k > 0) {
    run_shared(plan, work);
    return;
  }
  const Grid grid = split(g.m, plan.panels, !plan.direct_a, work);
  for_grid(grid, [&](int64_t i0, int64_t i1, int64_t p0, int64_t p1) { plan.region(i0, i1, p0, p1); });
}

template <typename T>
Product<T> product_of(const GemmProblem& p, int64_t index) {
  Product<T> g;
  g.a = static_cast<const T*>(p.a) + index * p.stride_a;
  g.b = p.b == nullptr ? nullptr : static_cast<const T*>(p.b) + index * p.stride_b;
  g.packed = static_cast<const T*>(p.packed);
  g.c = static_cast<T*>(p.c) + index * p.stride_c;
  g.bias = static_cast<const T*>(p.bias);
  g.m = p.m, g.n = p.n, g.k = p.k;
  g.lda = p.lda, g.ldb = p.ldb, g.ldc = p.ldc;
  g.trans_a = p.trans_a, g.trans_b = p.trans_b;
  g.alpha = static_cast<T>(p.alpha), g.beta = static_cast<T>(p.beta);
  g.activation = p.activation;
  g.k_block = k_block_of<T>(p.k);
  g.transposed_c = false;
  return g;
}

template <typename T>
void run(const GemmProblem& p) {
  if (p.batch == 0 || p.m == 0 || p.n == 0) return;
  const double work = 2.0 * static_cast<double>(p.m) * static_cast<double>(p.n) * static_cast<double>(p.k);
  if (p.batch == 1 || work >= 4 * kSerialWork) {
    for (int64_t i = 0; i < p.batch; ++i) run_one(product_of<T>(p, i));
    return;
  }
  const int64_t grain = max64(1, static_cast<int64_t>(kSerialWork / 2 / (work + 1000)));
  parallel(p.batch, grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) run_one(product_of<T>(p, i));
  });
}

template <typename T>
int64_t packed_bytes(int64_t n, int64_t k) {
  return padded_columns<T>(n) * k * static_cast<int64_t>(sizeof(T));
}

template <typename T>
void pack(void* packed, const void* b, int64_t n, int64_t k, int64_t ldb, bool trans_b) {
  Product<T> g = {};
  g.b = static_cast<const T*>(b);
  g.n = n, g.k = k, g.ldb = ldb, g.trans_b = trans_b;
  g.k_block = k_block_of<T>(k);
  const Plan<T> plan(g);
  T* to = static_cast<T*>(packed);
  const int64_t grain = max64(1, 65536 / (max64(k, 1) * kTileColumns<T>));
  parallel(plan.panels, grain, [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      for (int64_t pc = 0; pc < k; pc += g.k_block) {
        const int64_t kc = min64(g.k_block, k - pc);
        plan.pack_panel(to + pc * plan.width_all + p * kTileColumns<T> * kc, p, pc, kc);
      }
    }
  });
}

}  // namespace

extern const GemmKernels gemm_kernels;
const GemmKernels gemm_kernels = {{run<float>, packed_bytes<float>, pack<float>},
                                  {run<double>, packed_bytes<double>, pack<double>}};

}  // namespace NRT_ISA_NS
}  // namespace nrt
