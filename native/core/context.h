// A context: device, ISA level, thread budget, allocator.
#pragma once

#include <atomic>
#include <memory>

#include "core/allocator.h"
#include "core/dispatch.h"

namespace nrt {

struct Context {
  nrt_ctx handle = 0;
  int32_t device_kind = NRT_CPU;
  int32_t device_index = 0;
  Isa isa = Isa::kBase;
  std::atomic<int32_t> threads{1};
  std::unique_ptr<Allocator> allocator;
};

const char* isa_name(Isa isa);
// Threads that parallel_for may use in the calls that follow on this thread.
void bind_threads(int32_t threads);

}  // namespace nrt
