// Errors inside the core travel as exceptions and stop at the ABI: every exported function wraps its
// body in nrt::guard, which stores the text for nrt_last_error and returns the code.
#pragma once

#include <cstdint>
#include <exception>
#include <new>
#include <string>

#include "core/profile.h"
#include "neurite/core.h"

namespace nrt {

class Error : public std::exception {
 public:
  Error(nrt_status code, std::string text) : code_(code), text_(std::move(text)) {}
  nrt_status code() const { return code_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  nrt_status code_;
  std::string text_;
};

// Throws Error(NRT_INVALID_ARGUMENT, printf-style text).
[[noreturn]] void invalid(const char* format, ...) __attribute__((format(printf, 1, 2)));
[[noreturn]] void unsupported(const char* format, ...) __attribute__((format(printf, 1, 2)));
[[noreturn]] void out_of_memory(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Stores text as this thread's last error and returns code.
nrt_status fail(nrt_status code, const char* text) noexcept;

// The second argument becomes the name of the function the guard stands in.
template <typename F>
nrt_status guard(F&& body, const char* caller = __builtin_FUNCTION()) noexcept {
  const Timed timed(caller);
  try {
    body();
    return NRT_OK;
  } catch (const Error& e) {
    return fail(e.code(), e.what());
  } catch (const std::bad_alloc&) {
    return fail(NRT_OUT_OF_MEMORY, "out of host memory for a kernel's scratch space");
  } catch (const std::exception& e) {
    return fail(NRT_INTERNAL, e.what());
  } catch (...) {
    return fail(NRT_INTERNAL, "unknown C++ exception");
  }
}

}  // namespace nrt
