// What the core itself asks of the pool and of scratch memory; kernels see core/kernel.h only.
#pragma once

namespace nrt {

// Worker threads made so far; they live as long as the process.
int pool_workers();
// Frees idle scratch: the calling thread's now, that of others when their next call ends.
void scratch_trim();

}  // namespace nrt
