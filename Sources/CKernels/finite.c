#include "ckernels.h"

#include <string.h>

// An element is finite unless all its exponent bits are set. Elements may be unaligned.

static bool halves_are_finite(const unsigned char *x, size_t count, uint16_t exponent) {
  bool finite = true;
  for (size_t i = 0; i < count; i++) {
    uint16_t bits;
    memcpy(&bits, x + i * sizeof bits, sizeof bits);
    finite &= (bits & exponent) != exponent;
  }
  return finite;
}

static bool singles_are_finite(const unsigned char *x, size_t count) {
  const uint32_t exponent = 0x7F800000;
  bool finite = true;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, x + i * sizeof bits, sizeof bits);
    finite &= (bits & exponent) != exponent;
  }
  return finite;
}

bool iris_is_finite(enum iris_format format, const void *x, size_t count) {
  switch (format) {
  case IRIS_BFLOAT16: return halves_are_finite(x, count, 0x7F80);
  case IRIS_FLOAT16: return halves_are_finite(x, count, 0x7C00);
  case IRIS_FLOAT32: return singles_are_finite(x, count);
  default: return false;
  }
}
