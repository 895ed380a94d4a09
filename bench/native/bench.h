// What a <op>_bench.cc uses: named cases that check themselves before they are timed.
//
//   const bool added = add_group([] { add("relu/16m", {.bytes = ...}, [] { ...; return body; }); });
//
// The function given to `add` allocates, runs the kernel once, compares it with a naive computation
// (`check` ends the program on a difference) and returns the body that is timed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "neurite/core.h"

namespace neurite_bench {

struct Work {
  double flops = 0;      // of one call; or
  double bytes = 0;      // that one call must read and write
  bool float64 = false;  // its peak is half of float32's
};

using Body = std::function<void()>;

bool add_group(const std::function<void()>& add_cases);
void add(const std::string& name, const Work& work, std::function<Body()> prepare);

nrt_ctx ctx();
// Ends the program with the library's message when a call failed.
void must(nrt_status status);
// Ends the program when got is not want within tolerance * max(1, |want|).
void check(const std::string& kernel, int64_t index, double got, double want, double tolerance);
// About `count` indices spread over [0, n), first and last included.
std::vector<int64_t> samples(int64_t n, int64_t count);
// Rows of bench/shapes/<file>, split at spaces; '#' begins a comment.
std::vector<std::vector<std::string>> shapes(const std::string& file);

// Memory from the library's allocator, as tensors have it.
template <typename T>
class Array {
 public:
  explicit Array(int64_t size) : size_(size), address_(nrt_alloc(ctx(), size * int64_t{sizeof(T)})) {
    if (address_ == 0) must(NRT_OUT_OF_MEMORY);
  }
  // Uniform in [low, high).
  Array(int64_t size, uint64_t seed, double low = -1, double high = 1) : Array(size) {
    for (int64_t i = 0; i < size; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      (*this)[i] = static_cast<T>(low + (high - low) * (static_cast<double>(seed >> 40) * 0x1p-24));
    }
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { nrt_free(ctx(), address_); }

  T& operator[](int64_t i) const {
    return reinterpret_cast<T*>(static_cast<intptr_t>(address_))[i];
  }
  nrt_ptr at() const { return address_; }
  int64_t size() const { return size_; }

 private:
  int64_t size_;
  nrt_ptr address_;
};

}  // namespace neurite_bench
