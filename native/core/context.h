// A context: device, ISA level, thread budget, allocator.
#pragma once

#include <atomic>
#include <memory>

#include "core/allocator.h"
#include "core/dispatch.h"
#include "core/precision.h"

namespace nrt {

struct Context {
  nrt_ctx handle = 0;
  int32_t device_kind = NRT_CPU;
  int32_t device_index = 0;
  Isa isa = Isa::kBase;
  std::atomic<int32_t> threads{1};
  std::atomic<int32_t> precision{static_cast<int32_t>(Precision::kHighest)};
  std::unique_ptr<Allocator> allocator;
};

const char* isa_name(Isa isa);

// What kernels may ask about the call in progress on this thread. Workers of a parallel loop see what
// their caller sees; on them loops run inline.
struct CallState {
  int32_t threads = 1;  // that parallel_for may use
  Isa isa = Isa::kBase;
  Precision precision = Precision::kHighest;
};
void bind_call(const CallState& state);
const CallState& call_state();
inline void bind_threads(int32_t threads) {
  CallState state = call_state();
  state.threads = threads;
  bind_call(state);
}

}  // namespace nrt
