// May this process use AMX?
#pragma once

#include <string>

namespace nrt {

struct AmxState {
  bool usable;
  std::string note;  // why not, where the CPU offers AMX; otherwise empty
};

// Found out at the first call, once per process: CPU, operating system, the kernel's permission, and a
// product whose bits must be those of the software model.
const AmxState& amx_state();

// True when the real tiles give the model's bits. Needs a CPU with AMX and the permission.
bool same_as_model();

}  // namespace nrt
