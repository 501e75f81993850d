// Rounds matrices to the encodings of quantised files, plainly: the nearest code at the smallest scale that holds the
// largest value of a row or a block. For files of random weights; converters search for better scales.
#include "convrot.h"
#include "pool.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/// Values of a block of a K-quant.
#define BLOCK 256

static float largest(const float *x, size_t count) {
  float most = 0;
  for (size_t i = 0; i < count; i++) most = fmaxf(most, fabsf(x[i]));
  return most;
}

static int clamped(float value, int least, int most) {
  float rounded = rintf(value);
  return rounded < (float)least ? least : rounded > (float)most ? most : (int)rounded;
}

/// Writes a scale as float16 and returns what was written.
static float put_half(float value, uint8_t *y) {
  _Float16 half = (_Float16)value;
  memcpy(y, &half, sizeof half);
  return (float)half;
}

/// A float16 that is not smaller than a scale, nor zero.
static float put_scale(float value, uint8_t *y) { return put_half(fmaxf(value * 1.001f, 0x1p-24f), y); }

/// The nearest e4m3 code of a value of at most 448, ties to even.
static uint8_t e4m3_code(float value) {
  float size = fabsf(value);
  uint8_t sign = value < 0 ? 0x80 : 0;
  // Below 2^-6 codes are multiples of 2^-9; the eighth is the first of the next exponent.
  if (size < 0x1p-6f) return sign | (uint8_t)rintf(size * 0x1p9f);
  uint32_t bits;
  memcpy(&bits, &size, sizeof bits);
  uint32_t code = ((bits + 0x7FFFF + (bits >> 20 & 1)) >> 20) - (120 << 3);
  return sign | (uint8_t)(code > 0x7E ? 0x7E : code);
}

static void encode_e4m3(const float *x, size_t count, uint8_t *y, float *scale) {
  *scale = fmaxf(largest(x, count), 1e-12f) / 448;
  for (size_t i = 0; i < count; i++) y[i] = e4m3_code(x[i] / *scale);
}

static void encode_int8(const float *x, size_t count, uint8_t *y, float *scale) {
  *scale = fmaxf(largest(x, count), 1e-12f) / 127;
  for (size_t i = 0; i < count; i++) y[i] = (uint8_t)(int8_t)clamped(x[i] / *scale, -127, 127);
}

static void encode_q8_0(const float *x, uint8_t *y) {
  float d = put_scale(largest(x, 32) / 127, y);
  for (int i = 0; i < 32; i++) y[2 + i] = (uint8_t)(int8_t)clamped(x[i] / d, -127, 127);
}

/// Q4_K and Q5_K: eight runs of 32 values, each `scale * code - minimum`, with scale and minimum in six bits.
static void encode_q45_k(const float *x, bool has_fifth, uint8_t *y) {
  float scales[8], minima[8];
  int levels = has_fifth ? 31 : 15;
  for (int j = 0; j < 8; j++) {
    float low = 0, high = 0;
    for (int i = 0; i < 32; i++) {
      low = fminf(low, x[32 * j + i]);
      high = fmaxf(high, x[32 * j + i]);
    }
    scales[j] = (high - low) / (float)levels;
    minima[j] = -low;
  }
  float d = put_scale(largest(scales, 8) / 63, y), least = put_scale(largest(minima, 8) / 63, y + 2);
  uint8_t *s = y + 4, *fifth = y + 16, *nibbles = y + (has_fifth ? 48 : 16);
  memset(s, 0, (size_t)(nibbles - s) + 128);
  for (int j = 0; j < 8; j++) {
    int scale = clamped(scales[j] / d, 1, 63), minimum = clamped(minima[j] / least, 0, 63);
    if (j < 4) {
      s[j] |= (uint8_t)scale;
      s[j + 4] |= (uint8_t)minimum;
    } else {
      s[j + 4] |= (uint8_t)((scale & 15) | (minimum & 15) << 4);
      s[j - 4] |= (uint8_t)(scale >> 4 << 6);
      s[j] |= (uint8_t)(minimum >> 4 << 6);
    }
    for (int i = 0; i < 32; i++) {
      float value = x[32 * j + i] + least * (float)minimum;
      int code = clamped(value / (d * (float)scale), 0, levels);
      nibbles[32 * (j / 2) + i] |= (uint8_t)((code & 15) << 4 * (j % 2));
      if (has_fifth) fifth[i] |= (uint8_t)(code >> 4 << j);
    }
  }
}

/// Q6_K: sixteen runs of 16 values, each a signed byte times a code from -32 to 31.
static void encode_q6_k(const float *x, uint8_t *y) {
  float d = put_scale(largest(x, BLOCK) / (31 * 127), y + 208);
  memset(y, 0, 192);
  for (int j = 0; j < 16; j++) {
    int scale = clamped(largest(x + 16 * j, 16) / (31 * d), 1, 127);
    y[192 + j] = (uint8_t)scale;
    uint8_t *low = y + 64 * (j / 8) + 16 * (j % 4);
    uint8_t *high = y + 128 + 32 * (j / 8) + 16 * (j % 2);
    for (int i = 0; i < 16; i++) {
      int code = clamped(x[16 * j + i] / (d * (float)scale), -32, 31) + 32;
      low[i] |= (uint8_t)((code & 15) << (j % 8 < 4 ? 0 : 4));
      high[i] |= (uint8_t)(code >> 4 << j % 8 / 2 * 2);
    }
  }
}

static void encode_row(const iris_encode_args *args, size_t row, float *x) {
  size_t count = args->columns;
  for (size_t i = 0; i < count; i++) {
    uint32_t bits = (uint32_t)args->x[row * count + i] << 16;
    memcpy(x + i, &bits, sizeof bits);
  }
  iris_block block = iris_format_block(args->format);
  uint8_t *y = args->y + row * (count / block.values) * block.bytes;
  if (args->format == IRIS_FLOAT8_E4M3) {
    encode_e4m3(x, count, y, args->scales + row);
    return;
  }
  if (args->format == IRIS_SCALED_INT8) {
    for (size_t i = 0; args->group > 1 && i < count; i += args->group) convrot(x + i, args->group);
    encode_int8(x, count, y, args->scales + row);
    return;
  }
  for (size_t i = 0; i < count; i += block.values, y += block.bytes) {
    switch (args->format) {
    case IRIS_Q8_0: encode_q8_0(x + i, y); break;
    case IRIS_Q6_K: encode_q6_k(x + i, y); break;
    default: encode_q45_k(x + i, args->format == IRIS_Q5_K, y);
    }
  }
}

/// Rows of a task.
#define ENCODED_ROWS ((size_t)16)

static void encode_tile(void *context, size_t index) {
  const iris_encode_args *args = context;
  size_t end = (index + 1) * ENCODED_ROWS;
  float *memory = malloc(args->columns * sizeof(float));
  if (!memory) abort();
  for (size_t row = index * ENCODED_ROWS; row < end && row < args->rows; row++)
    encode_row(args, row, memory);
  free(memory);
}

void iris_encode_rows(iris_pool *pool, const iris_encode_args *args) {
  iris_encode_args own = *args;
  iris_pool_run(pool, (args->rows + ENCODED_ROWS - 1) / ENCODED_ROWS, encode_tile, &own);
}
