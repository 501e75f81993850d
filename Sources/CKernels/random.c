// Random bfloat16 matrices. Every element depends on the key and its own place alone, so rows can be
// drawn in any order, by any number of threads.
#include "pool.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

// A fused product and sum would be rounded once, on some machines alone.
#pragma STDC FP_CONTRACT OFF

/// Standard normal quantiles of 16-bit numbers: the largest are 4.3 on either side.
static float quantiles[1 << 16];
static pthread_once_t quantiles_made = PTHREAD_ONCE_INIT;

/// The inverse of the normal distribution for 0 < p <= 0.5, to a relative error of 1.2e-9 (Acklam, *An
/// algorithm for computing the inverse normal cumulative distribution function*, 2003).
static double lower_quantile(double p) {
  if (p < 0.02425) {
    double q = sqrt(-2 * log(p));
    double above =
        ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e+00) * q -
          2.549732539343734e+00) * q + 4.374664141464968e+00) * q + 2.938163982698783e+00;
    double below =
        (((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e+00) * q +
         3.754408661907416e+00) * q + 1;
    return above / below;
  }
  double q = p - 0.5, r = q * q;
  double above =
      (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r +
         1.383577518672690e+02) * r - 3.066479806614716e+01) * r + 2.506628277459239e+00) * q;
  double below =
      ((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r +
        6.680131188771972e+01) * r - 1.328068155288572e+01) * r + 1;
  return above / below;
}

static void make_quantiles(void) {
  for (size_t i = 0; i < 1 << 15; i++) {
    quantiles[i] = (float)lower_quantile(((double)i + 0.5) / (1 << 16));
    quantiles[(1 << 16) - 1 - i] = -quantiles[i];
  }
}

/// The step of the counter and the mixing of it are those of SplitMix64 (Steele, Lea and Flood, *Fast
/// Splittable Pseudorandom Number Generators*, 2014).
static const uint64_t step = 0x9E3779B97F4A7C15;

static uint64_t mixed(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

/// The nearest bfloat16, ties to even.
static uint16_t rounded(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static void draw_row(const iris_random_args *args, size_t row) {
  uint16_t *y = args->y + row * args->columns;
  float scale = args->row_scales[row];
  uint64_t counter = mixed(args->key + (args->first_row + row) * step);
  for (size_t start = 0; start < args->columns; start += 4) {
    uint64_t bits = mixed(counter += step);
    size_t count = args->columns - start < 4 ? args->columns - start : 4;
    for (size_t i = 0; i < count; i++, bits >>= 16) {
      float deviation = scale * args->column_scales[start + i];
      y[start + i] = rounded(deviation * (args->mean + quantiles[bits & 0xFFFF]));
    }
  }
}

/// Rows of one tile: about 64 Ki elements, so that taking a tile costs nothing beside it.
static size_t rows_per_tile(const iris_random_args *args) {
  return 1 + (1 << 16) / (args->columns ? args->columns : 1);
}

static void draw_tile(void *context, size_t index) {
  const iris_random_args *args = context;
  size_t count = rows_per_tile(args), end = (index + 1) * count;
  for (size_t row = index * count; row < end && row < args->rows; row++) draw_row(args, row);
}

void iris_random_rows(iris_pool *pool, const iris_random_args *args) {
  pthread_once(&quantiles_made, make_quantiles);
  iris_random_args own = *args;
  size_t count = rows_per_tile(args);
  iris_pool_run(pool, (args->rows + count - 1) / count, draw_tile, &own);
}
