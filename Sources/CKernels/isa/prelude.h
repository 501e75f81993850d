// What every instruction set's kernels include before their target is set: system headers must not be
// compiled for it.
#pragma once

#include "../pool.h"
#include "../table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Floats of zeroed-or-not scratch memory on a 64-byte boundary. Ends the process when there is none:
/// the caller has checked that a render fits before it starts one.
static inline float *scratch(size_t count) {
  size_t bytes = (count * sizeof(float) + 63) & ~(size_t)63;
  float *memory = aligned_alloc(64, bytes ? bytes : 64);
  if (!memory) abort();
  return memory;
}

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t ceil_div(size_t a, size_t b) { return (a + b - 1) / b; }
