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
constexpr int64_t kBlockOfA = 512 * 1024;    // bytes of a K block of A that stay in L2 beside a panel of B
constexpr double kSerialWork = 6e5;          // below this many operations one thread does it
constexpr double kWakeWork = 4e6;            // from here on sleeping threads are woken

constexpr double kCallWork = 4000;           // operations that one call's administration is worth
constexpr double kPackCost = 10;             // multiplications that packing one element is worth

template <typename T>
int64_t k_block_of(int64_t k) {
  constexpr int64_t kLimit = kBlockBytes / static_cast<int64_t>(sizeof(T));
  if (k <= kLimit) return max64(k, 1);
  return div_up(div_up(k, div_up(k, kLimit)), 16) * 16;
}

// How one product is run; depends on its shape, except for the split into tasks.
template <typename T>
struct Plan {
  const Product<T>& g;
  bool direct_a, direct_b;
  int64_t panels, width_all;

  explicit Plan(const Product<T>& product) : g(product) {
    panels = div_up(g.n, kTileColumns<T>);
    width_all = padded_columns<T>(g.n);
    const int64_t size = static_cast<int64_t>(sizeof(T));
    direct_a = !g.trans_a || panels == 1 || g.lda <= 128 || g.m * g.k * size <= kSmallBytes;
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
      t.rows = tall && t.b_copy == nullptr ? tall_rows(i1 - i)
                                           : static_cast<int>(min64(kTileRows, i1 - i));
      t.c = g.c + i * g.ldc + j;
      t.a = a_packed != nullptr ? a_packed + (i - i0) * t.k : g.a + i * t.a_row + pc * t.a_step;
      run_tile(t, a_packed != nullptr);
      if (t.b_copy != nullptr) {  // from here on the rows read the packed panel
        t.b = t.b_copy;
        t.b_step = panel_width(panel);
        t.b_copy = nullptr;
      }
    }
  }

  // The rows of a narrow output's next tile: no thin rest behind a full one.
  static int tall_rows(int64_t left) {
    if (left <= kTallRows) return static_cast<int>(left);
    return left < 2 * kTallRows ? static_cast<int>((left + 1) / 2) : kTallRows;
  }

  // Rows [i0, i1) x panels [p0, p1) of the K block at pc. shared: the block's packed panels from
  // panel `shared_first` on, or null; then panels are packed here into b_buffer.
  void block(int64_t i0, int64_t i1, int64_t p0, int64_t p1, int64_t pc, T* a_buffer, T* b_buffer,
             const T* shared, int64_t shared_first) const {
    Tile<T> t;
    t.b_copy = nullptr;
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
      } else if (!g.trans_b) {
        t.b = g.b + pc * g.ldb + p * kTileColumns<T>;
        t.b_step = g.ldb;
        t.b_copy = i1 - i0 > 2 * kTileRows ? b_buffer : nullptr;
      } else {
        pack_panel(b_buffer, p, pc, t.k);
        t.b = b_buffer;
      }
      panel_rows(t, i0, i1, p, pc, direct_a ? nullptr : a_buffer);
    }
  }

  // A product of one K block whose operands both stay where they are.
  void in_place() const {
    Tile<T> t;
    t.b_copy = nullptr;
    t.k = g.k;
    t.b_step = g.ldb;
    for (int64_t p = 0; p < panels; ++p) {
      t.b = g.b + p * kTileColumns<T>;
      panel_rows(t, 0, g.m, p, 0, nullptr);
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

template <typename F>
void parallel_of(double work, int64_t n, int64_t grain, const F& body) {
  if (work >= kWakeWork) {
    parallel(n, grain, body);
  } else {
    parallel_short(n, grain, body);
  }
}

// A grid of row blocks x panel groups, one task each.
struct Grid {
  int64_t rows, row_step, panels, panel_step;
  int64_t row_tasks() const { return div_up(rows, row_step); }
  int64_t tasks() const { return row_tasks() * div_up(panels, panel_step); }
};

// What a task costs besides its multiplications, in their unit.
struct TaskCost {
  double per_row;     // packing A
  double per_column;  // packing B
  static constexpr double kStart = 25000;  // drawing a task, waiting for the last one: about 0.4 us
};

// The grid that ends first: equal tasks on all threads, as few copies of packed operands as possible, but
// a late thread (an eighth of a task on average) must not cost more than small tasks do.
Grid split(int64_t m, int64_t panels, int64_t n, int64_t k, int64_t panel_columns, const TaskCost& cost,
           int64_t rows_at_once) {
  const auto steps = [m](int64_t parts) { return div_up(div_up(m, parts), kTileRows) * kTileRows; };
  const int64_t blocks = div_up(m, rows_at_once);
  Grid best{m, steps(blocks), panels, panels};
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const int threads = 2 * work < kSerialWork ? 1 : parallel_threads();
  if (threads == 1) return best;
  const int64_t most = min64(panels, 4 * threads), panel_stride = div_up(most, 16);
  double least = HUGE_VAL;
  for (int64_t across = 1; across <= most; across += panel_stride) {
    for (int64_t share = 1; share <= 4; ++share) {
      const int64_t down = max64(blocks, min64(div_up(share * threads, across), div_up(m, 2 * kTileRows)));
      const Grid grid{m, steps(down), panels, div_up(panels, across)};
      const double r = static_cast<double>(grid.row_step);
      const double c = static_cast<double>(min64(grid.panel_step * panel_columns, n));
      const double task = (r * c + r * cost.per_row + c * cost.per_column) * static_cast<double>(k) + TaskCost::kStart;
      const double end = task * (static_cast<double>(div_up(grid.tasks(), threads)) + 0.125);
      if (end < least) {
        least = end;
        best = grid;
      }
    }
  }
  return best;
}

template <typename F>
void for_grid(const Grid& grid, double work, const F& body) {
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
  parallel_of(work, grid.tasks(), 1, [&](int64_t begin, int64_t end) {
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
    const TaskCost cost{plan.direct_a ? 0.0 : kPackCost, 0};
    const Grid grid = split(g.m, panels, min64(g.n, kColumnsPerBlock), g.k_block, kTileColumns<T>, cost,
                            kRowsPerBlock);
    for (int64_t pc = 0; pc < g.k; pc += g.k_block) {
      const int64_t kc = min64(g.k_block, g.k - pc);
      parallel(panels, 1, [&](int64_t begin, int64_t end) {
        for (int64_t p = begin; p < end; ++p) {
          plan.pack_panel(shared + p * kTileColumns<T> * kc, p0 + p, pc, kc);
        }
      });
      for_grid(grid, work, [&](int64_t i0, int64_t i1, int64_t q0, int64_t q1) {
        ScratchMark inner;
        T* a_buffer = nullptr;
        if (!plan.direct_a) a_buffer = scratch<T>(div_up(i1 - i0, kTileRows) * kTileRows * kc);
        plan.block(i0, i1, p0 + q0, p0 + q1, pc, a_buffer, shared, shared, p0);  // packs nothing
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
  if (plan.direct_a && plan.direct_b && g.k <= g.k_block && work < kSerialWork) {
    plan.in_place();
    return;
  }
  const int64_t rows_at_once = max64(kRowsPerBlock, kBlockOfA / (g.k_block * static_cast<int64_t>(sizeof(T))));
  if (g.packed == nullptr && !plan.direct_b && g.m > rows_at_once && g.k > 0) {
    run_shared(plan, work);
    return;
  }
  const TaskCost cost{plan.direct_a ? 0.0 : kPackCost,
                      plan.direct_b || g.packed != nullptr ? 0.0 : g.trans_b ? kPackCost : kPackCost / 2};
  const Grid grid = split(g.m, plan.panels, g.n, g.k, kTileColumns<T>, cost,
                          g.packed != nullptr ? kRowsPerBlock : rows_at_once);
  for_grid(grid, work, [&](int64_t i0, int64_t i1, int64_t p0, int64_t p1) { plan.region(i0, i1, p0, p1); });
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
  const auto some = [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) run_one(product_of<T>(p, i));
  };
  const double all = (work + kCallWork) * static_cast<double>(p.batch);
  if (p.batch == 1 || work >= 4 * kWakeWork || all < kSerialWork || parallel_threads() == 1) {
    some(0, p.batch);
    return;
  }
  const int64_t grain = max64(1, min64(p.batch / (4 * parallel_threads()),
                                       static_cast<int64_t>(kSerialWork / 2 / (work + kCallWork))));
  parallel_of(all, p.batch, grain, some);
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
