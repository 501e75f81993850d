// Headers for the kernels of every instruction set; included before the target is set, because
// system headers must not be compiled for it.
#pragma once

#include "../convrot.h"
#include "../moments.h"
#include "../pool.h"
#include "../table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Returns `count` floats of uninitialised scratch memory, aligned to 64 bytes. Aborts if memory is
/// exhausted: the caller checks that a render fits into memory before starting it.
static inline float *scratch(size_t count) {
  size_t bytes = (count * sizeof(float) + 63) & ~(size_t)63;
  float *memory = aligned_alloc(64, bytes ? bytes : 64);
  if (!memory) abort();
  return memory;
}

static inline size_t smaller(size_t a, size_t b) { return a < b ? a : b; }
static inline size_t ceil_div(size_t a, size_t b) { return (a + b - 1) / b; }
