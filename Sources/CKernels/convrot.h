// The orthogonal transform of ConvRot.
#pragma once

#include <stddef.h>

/// Transforms a power of four values in place by the Kronecker power of
/// [[1, 1, 1, -1], [1, 1, -1, 1], [1, -1, 1, 1], [-1, 1, 1, 1]] / 2, which is its own inverse.
static inline void convrot(float *x, size_t group) {
  for (size_t distance = 1; distance < group; distance *= 4)
    for (size_t first = 0; first < group; first += 4 * distance)
      for (size_t i = first; i < first + distance; i++) {
        float *p = x + i, a = p[0], b = p[distance], c = p[2 * distance], d = p[3 * distance];
        float half = (a + b + c + d) / 2;
        p[0] = half - d;
        p[distance] = half - c;
        p[2 * distance] = half - b;
        p[3 * distance] = half - a;
      }
}
