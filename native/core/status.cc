#include "core/status.h"

#include <cstdarg>
#include <cstdio>

namespace nrt {
namespace {

thread_local std::string last_error;

std::string format_text(const char* format, va_list args) {
  char text[512];
  vsnprintf(text, sizeof text, format, args);
  return text;
}

}  // namespace

void invalid(const char* format, ...) {
  va_list args;
  va_start(args, format);
  std::string text = format_text(format, args);
  va_end(args);
  throw Error(NRT_INVALID_ARGUMENT, std::move(text));
}

void unsupported(const char* format, ...) {
  va_list args;
  va_start(args, format);
  std::string text = format_text(format, args);
  va_end(args);
  throw Error(NRT_UNSUPPORTED, std::move(text));
}

void out_of_memory(const char* format, ...) {
  va_list args;
  va_start(args, format);
  std::string text = format_text(format, args);
  va_end(args);
  throw Error(NRT_OUT_OF_MEMORY, std::move(text));
}

nrt_status fail(nrt_status code, const char* text) noexcept {
  try {
    last_error = text;
  } catch (...) {
    last_error.clear();  // no memory for the text: the code still says what happened
  }
  return code;
}

}  // namespace nrt

extern "C" const char* nrt_last_error(void) { return nrt::last_error.c_str(); }
