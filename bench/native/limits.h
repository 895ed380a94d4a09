// What this machine can do at most, measured when the program starts.
#pragma once

#include <string>

namespace neurite_bench {

// Float32 operations per second of one thread with every value in a register: fused multiply-adds
// of the level's vectors (base on x86-64: separate multiplications and additions).
double measure_fma_peak(const std::string& level);
// Bytes read plus bytes written per second by memcpy of 64 MB.
double measure_copy_bandwidth();

}  // namespace neurite_bench
