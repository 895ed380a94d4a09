// The part of Neurite's C ABI that is not an op: status, context, memory, threads, version.
//
// Rules for every header the Java binding reads (this one and ops/*/*.h):
//  * plain C; addresses and handles are 64-bit integers, so the binding makes no object for them;
//  * argument order: context, dtype, outputs, inputs, sizes, attributes;
//  * every op returns nrt_status; the text of the last error is per thread;
//  * sizes and shapes are checked in Java first and again here where a wrong value could touch
//    memory that is not ours.
#ifndef NEURITE_CORE_H
#define NEURITE_CORE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t nrt_status;  // 0, or one of the negative codes below
typedef int64_t nrt_ctx;     // handle of a device context; 0 is never valid
typedef int64_t nrt_ptr;     // address of device memory; 0 means "not given"

enum {
  NRT_OK = 0,
  NRT_INVALID_ARGUMENT = -1,
  NRT_UNSUPPORTED = -2,
  NRT_OUT_OF_MEMORY = -3,
  NRT_CUDA_ERROR = -4,
  NRT_INTERNAL = -5
};

enum {  // dtypes; the numbers are part of the ABI
  NRT_FLOAT32 = 0,
  NRT_FLOAT64 = 1,
  NRT_INT32 = 2,
  NRT_INT64 = 3,
  NRT_UINT8 = 4,
  NRT_BOOL = 5,
  NRT_BFLOAT16 = 6,
  NRT_FLOAT16 = 7
};

enum { NRT_CPU = 0, NRT_CUDA = 1 };

// How float32 matrix products are computed: IEEE: one float32 multiplication and addition per step.
// HIGHEST: the error is not above that of IEEE, by bfloat16 products where they are faster. HIGH: three
// bfloat16 products, error about 4e-6. MEDIUM: operands rounded to bfloat16.
enum {
  NRT_PRECISION_IEEE = 0,
  NRT_PRECISION_HIGHEST = 1,
  NRT_PRECISION_HIGH = 2,
  NRT_PRECISION_MEDIUM = 3
};
// A call may bring a mode of its own: pass ctx | ((int64_t)(mode + 1) << NRT_PRECISION_SHIFT).
enum { NRT_PRECISION_SHIFT = 56 };

enum {  // counters of nrt_memory_counter, in bytes unless the name says otherwise
  NRT_MEMORY_LIVE = 0,
  NRT_MEMORY_PEAK = 1,
  NRT_MEMORY_CACHED = 2,      // held by the allocator but not handed out
  NRT_MEMORY_LIMIT = 3,       // 0: no limit
  NRT_MEMORY_LIVE_BLOCKS = 4,
  NRT_MEMORY_SYSTEM_CALLS = 5  // how often memory was asked from the operating system
};

// Version of this ABI; Java compares it before the first use.
#define NRT_ABI_VERSION 1
int32_t nrt_abi_version(void);
// "0.1.0" and one line saying compiler, levels and options it was built with.
const char* nrt_version(void);
const char* nrt_build_info(void);
// Text of this thread's last failed call.
const char* nrt_last_error(void);

// Comma-separated levels that are built in AND usable on this CPU, best last ("base,avx2,avx512").
const char* nrt_isa_levels(void);

// Why the CPU's best level is not among them ("AMX is not used: ..."), or an empty text.
const char* nrt_isa_note(void);

// Opens a context. isa: a level's name, or "" for NEURITE_ISA or else the best one present; a level
// that is not usable here fails and says so. threads: 0 = one per available core.
// Returns 0 on failure (see nrt_last_error).
nrt_ctx nrt_ctx_open(int32_t device_kind, int32_t device_index, const char* isa, int32_t threads);
nrt_status nrt_ctx_close(nrt_ctx ctx);
const char* nrt_ctx_isa(nrt_ctx ctx);
int32_t nrt_ctx_threads(nrt_ctx ctx);
nrt_status nrt_ctx_set_threads(nrt_ctx ctx, int32_t threads);

// Precision of calls that bring none of their own; HIGHEST when opened.
int32_t nrt_ctx_precision(nrt_ctx ctx);
nrt_status nrt_ctx_set_precision(nrt_ctx ctx, int32_t mode);
// What a product of this size runs on in this mode: the number of bfloat16 products that stand for one
// float32 product, or 0 for float32 FMA. param: one operand is a model's parameter.
int32_t nrt_ctx_products(nrt_ctx ctx, int64_t m, int64_t n, int64_t k, int32_t param);
// What this thread's last product ran on; negative: so many were chosen, but values near the ends of
// float32's range made it run on float32 FMA.
int32_t nrt_last_products(void);

// Memory, 64-byte aligned, from the caching allocator. 0 on failure. Zero bytes give a valid block.
nrt_ptr nrt_alloc(nrt_ctx ctx, int64_t bytes);
nrt_status nrt_free(nrt_ctx ctx, nrt_ptr block);
// Frees count blocks in one call.
nrt_status nrt_free_many(nrt_ctx ctx, const int64_t* blocks, int64_t count);
int64_t nrt_memory_counter(nrt_ctx ctx, int32_t counter);
nrt_status nrt_memory_set_limit(nrt_ctx ctx, int64_t bytes);
nrt_status nrt_memory_reset_peak(nrt_ctx ctx);
// Gives cached memory back to the operating system.
nrt_status nrt_memory_trim(nrt_ctx ctx);
// Fault injection for tests: the count-th allocation from now fails once (1 = the next); 0 switches off.
nrt_status nrt_memory_fail_after(nrt_ctx ctx, int64_t count);

// Times every call that returns a status, by its name, while on (1 clears what was gathered). Calls
// made inside a call count for the outer one.
void nrt_profile(int32_t on);
// Lines "name calls nanoseconds" of what was gathered.
const char* nrt_profile_text(void);

// Copies between a Java array (bound by hand in NativeConfig, critical region) and device memory.
nrt_status nrt_host_write(nrt_ptr dst, const void* src, int64_t src_offset_bytes, int64_t bytes);
nrt_status nrt_host_read(void* dst, int64_t dst_offset_bytes, nrt_ptr src, int64_t bytes);

// Waits until the device has finished (CPU: returns at once).
nrt_status nrt_sync(nrt_ctx ctx);
// Resident and available memory limits seen by the process (cgroup included), bytes.
int64_t nrt_host_memory_total(void);
// Cores this process may use, after affinity and cgroup quota (at least 1).
int32_t nrt_host_cores(void);

#ifdef __cplusplus
}
#endif
#endif
