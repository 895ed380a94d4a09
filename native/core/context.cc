#include "core/context.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "core/amx.h"
#include "core/host.h"

#ifndef NRT_VERSION
#define NRT_VERSION "0.0.0"
#endif
#ifndef NRT_BUILD_INFO
#define NRT_BUILD_INFO "unknown build"
#endif

namespace nrt {
namespace {

struct Level {
  Isa isa;
  const char* name;
};

#if defined(__x86_64__) || defined(_M_X64)
constexpr Level kLevels[] = {{Isa::kBase, "base"},
                             {Isa::kAvx2, "avx2"},
                             {Isa::kAvx512, "avx512"},
                             {Isa::kAmx, "amx"},
                             {Isa::kAmxModel, "amx-model"}};

bool usable(Isa isa) {
  __builtin_cpu_init();
  switch (isa) {
    case Isa::kBase:
      return true;
    case Isa::kAvx2:  // every feature the level's flags let the compiler use
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    case Isa::kAvx512:
      return usable(Isa::kAvx2) && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    case Isa::kAmx:
      return usable(Isa::kAvx512) && amx_state().usable;
    case Isa::kAmxModel:
      return usable(Isa::kAvx512);
    default:
      return false;
  }
}
#elif defined(__aarch64__)
constexpr Level kLevels[] = {{Isa::kBase, "base"}, {Isa::kNeon, "neon"}};
bool usable(Isa) { return true; }
#else
constexpr Level kLevels[] = {{Isa::kBase, "base"}};
bool usable(Isa) { return true; }
#endif

// The model is there for tests: it can be asked for, but is neither listed nor chosen.
bool listed(const Level& level) { return level.isa != Isa::kAmxModel && usable(level.isa); }

const std::string& usable_levels() {
  static const std::string text = [] {
    std::string all;
    for (const Level& level : kLevels) {
      if (!listed(level)) continue;
      if (!all.empty()) all += ',';
      all += level.name;
    }
    return all;
  }();
  return text;
}

// Why the CPU's best level is not among the usable ones, or an empty text.
const std::string& isa_note() { return amx_state().note; }

Isa choose(const char* wanted) {
  if (wanted == nullptr || *wanted == 0) wanted = getenv("NEURITE_ISA");
  Isa best = Isa::kBase;
  for (const Level& level : kLevels) {
    if (wanted != nullptr && *wanted != 0) {
      if (strcmp(wanted, level.name) != 0) continue;
      if (!usable(level.isa)) break;
      return level.isa;
    }
    if (listed(level)) best = level.isa;
  }
  if (wanted != nullptr && *wanted != 0) {
    const std::string note = strcmp(wanted, "amx") == 0 ? isa_note() : "";
    unsupported("ISA level '%s' cannot be used here; usable on this CPU: %s%s%s", wanted,
                usable_levels().c_str(), note.empty() ? "" : "; ", note.c_str());
  }
  return best;
}

// Open contexts by slot. A handle is 256 * (number of the opening) + slot, so a closed, made-up or
// zero handle is told apart without reading memory that may not be ours.
constexpr int64_t kSlots = 256;
std::atomic<Context*> slots[kSlots];
std::atomic<int64_t> openings{0};

nrt_ctx store(std::unique_ptr<Context> c) {
  const int64_t number = openings.fetch_add(1) + 1;
  for (int64_t slot = 0; slot < kSlots; ++slot) {
    Context* none = nullptr;
    c->handle = number * kSlots + slot;
    if (slots[slot].compare_exchange_strong(none, c.get())) return c.release()->handle;
  }
  invalid("%d contexts are open, more are not possible", static_cast<int>(kSlots));
}

std::unique_ptr<Context> take_out(nrt_ctx ctx) {
  Context* c = &context(ctx);
  if (!slots[c->handle % kSlots].compare_exchange_strong(c, nullptr)) invalid("not an open context");
  return std::unique_ptr<Context>(c);
}

}  // namespace

const char* isa_name(Isa isa) {
  for (const Level& level : kLevels) {
    if (level.isa == isa) return level.name;
  }
  return "?";
}

Context& context(nrt_ctx ctx) {
  const int64_t handle = ctx & ((int64_t{1} << NRT_PRECISION_SHIFT) - 1);
  const int64_t mode = ctx >> NRT_PRECISION_SHIFT;  // 0: the context's own
  Context* c = slots[handle % kSlots].load(std::memory_order_acquire);
  if (c == nullptr || c->handle != handle || mode < 0 || mode > NRT_PRECISION_MEDIUM + 1) {
    invalid("not an open context");
  }
  const int32_t precision =
      mode > 0 ? static_cast<int32_t>(mode - 1) : c->precision.load(std::memory_order_relaxed);
  bind_call({c->threads.load(std::memory_order_relaxed), c->isa, static_cast<Precision>(precision)});
  return *c;
}

Isa isa_of(const Context& ctx) { return ctx.isa; }

}  // namespace nrt

using nrt::context;
using nrt::guard;

extern "C" {

int32_t nrt_abi_version(void) { return NRT_ABI_VERSION; }
const char* nrt_version(void) { return NRT_VERSION; }
const char* nrt_build_info(void) { return NRT_BUILD_INFO; }
const char* nrt_isa_levels(void) { return nrt::usable_levels().c_str(); }
const char* nrt_isa_note(void) { return nrt::isa_note().c_str(); }

nrt_ctx nrt_ctx_open(int32_t device_kind, int32_t device_index, const char* isa, int32_t threads) {
  nrt_ctx opened = 0;
  guard([&] {
    if (device_kind != NRT_CPU) nrt::unsupported("this build has no CUDA part");
    if (device_index != 0) nrt::invalid("CPU device index must be 0, given %d", device_index);
    if (threads < 0) nrt::invalid("threads must be 0 (automatic) or more, given %d", threads);
    auto c = std::make_unique<nrt::Context>();
    c->isa = nrt::choose(isa);
    c->threads = threads > 0 ? threads : nrt_host_cores();
    c->allocator = std::make_unique<nrt::Allocator>();
    opened = nrt::store(std::move(c));
  });
  return opened;
}

nrt_status nrt_ctx_close(nrt_ctx ctx) {
  return guard([&] { nrt::take_out(ctx); });
}

const char* nrt_ctx_isa(nrt_ctx ctx) {
  const char* name = "";
  guard([&] { name = nrt::isa_name(context(ctx).isa); });
  return name;
}

int32_t nrt_ctx_threads(nrt_ctx ctx) {
  int32_t threads = 0;
  guard([&] { threads = context(ctx).threads; });
  return threads;
}

nrt_status nrt_ctx_set_threads(nrt_ctx ctx, int32_t threads) {
  return guard([&] {
    if (threads < 0) nrt::invalid("threads must be 0 (automatic) or more, given %d", threads);
    context(ctx).threads = threads > 0 ? threads : nrt_host_cores();
  });
}

int32_t nrt_ctx_precision(nrt_ctx ctx) {
  int32_t mode = -1;
  guard([&] {
    context(ctx);
    mode = static_cast<int32_t>(nrt::call_state().precision);
  });
  return mode;
}

nrt_status nrt_ctx_set_precision(nrt_ctx ctx, int32_t mode) {
  return guard([&] {
    if (mode < NRT_PRECISION_IEEE || mode > NRT_PRECISION_MEDIUM) {
      nrt::invalid("matmul precision must be 0 to %d, given %d", NRT_PRECISION_MEDIUM, mode);
    }
    context(ctx).precision = mode;
  });
}

int32_t nrt_ctx_products(nrt_ctx ctx, int64_t m, int64_t n, int64_t k, int32_t param) {
  int32_t products = -1;
  guard([&] {
    context(ctx);
    products = nrt::bf16_products(m, n, k, param != 0);
  });
  return products;
}

int32_t nrt_last_products(void) { return nrt::last_products(); }

nrt_ptr nrt_alloc(nrt_ctx ctx, int64_t bytes) {
  nrt_ptr block = 0;
  guard([&] { block = context(ctx).allocator->allocate(bytes); });
  return block;
}

nrt_status nrt_free(nrt_ctx ctx, nrt_ptr block) {
  return guard([&] { context(ctx).allocator->release(&block, 1); });
}

nrt_status nrt_free_many(nrt_ctx ctx, const int64_t* blocks, int64_t count) {
  return guard([&] { context(ctx).allocator->release(blocks, count); });
}

int64_t nrt_memory_counter(nrt_ctx ctx, int32_t counter) {
  int64_t value = -1;
  guard([&] { value = context(ctx).allocator->counter(counter); });
  return value;
}

nrt_status nrt_memory_set_limit(nrt_ctx ctx, int64_t bytes) {
  return guard([&] { context(ctx).allocator->set_limit(bytes); });
}

nrt_status nrt_memory_reset_peak(nrt_ctx ctx) {
  return guard([&] { context(ctx).allocator->reset_peak(); });
}

nrt_status nrt_memory_trim(nrt_ctx ctx) {
  return guard([&] { context(ctx).allocator->trim(); });
}

nrt_status nrt_memory_fail_after(nrt_ctx ctx, int64_t count) {
  return guard([&] { context(ctx).allocator->fail_after(count); });
}

nrt_status nrt_host_write(nrt_ptr dst, const void* src, int64_t src_offset_bytes, int64_t bytes) {
  return guard([&] {
    if (bytes < 0 || src_offset_bytes < 0) nrt::invalid("negative size in a host copy");
    if (bytes > 0) {
      if (dst == 0 || src == nullptr) nrt::invalid("null address in a host copy");
      memcpy(nrt::ptr<char>(dst), static_cast<const char*>(src) + src_offset_bytes,
             static_cast<size_t>(bytes));
    }
  });
}

nrt_status nrt_host_read(void* dst, int64_t dst_offset_bytes, nrt_ptr src, int64_t bytes) {
  return guard([&] {
    if (bytes < 0 || dst_offset_bytes < 0) nrt::invalid("negative size in a host copy");
    if (bytes > 0) {
      if (dst == nullptr || src == 0) nrt::invalid("null address in a host copy");
      memcpy(static_cast<char*>(dst) + dst_offset_bytes, nrt::ptr<const char>(src),
             static_cast<size_t>(bytes));
    }
  });
}

nrt_status nrt_sync(nrt_ctx ctx) {
  return guard([&] { context(ctx); });
}

}  // extern "C"
