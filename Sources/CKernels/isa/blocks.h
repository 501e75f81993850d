// The blocks of quantised files: some values that share scales, packed in a few bits each (ggml's quants.c; the
// names are ggml's). Products and sums are rounded one after the other, as the reference's are, so that the values
// equal those of `gguf.quants` to the bit.

/// Begins a function without fused multiply-add. A pragma for the whole file would not end with it, and round the other
/// kernels anew.
#define ROUND_EACH _Pragma("clang fp contract(off)")

/// The values of an e4m3 byte: eight mantissas for each exponent; code 0x7F is no number.
#define E4M3_SEVEN(lead, unit)                                                            \
  (lead + 0) * (unit), (lead + 1) * (unit), (lead + 2) * (unit), (lead + 3) * (unit),     \
      (lead + 4) * (unit), (lead + 5) * (unit), (lead + 6) * (unit)
#define E4M3_ROW(lead, unit) E4M3_SEVEN(lead, unit), (lead + 7) * (unit)
#define E4M3_HALF(sign)                                                                     \
  E4M3_ROW(0, sign 0x1p-9f), E4M3_ROW(8, sign 0x1p-9f), E4M3_ROW(8, sign 0x1p-8f),          \
      E4M3_ROW(8, sign 0x1p-7f), E4M3_ROW(8, sign 0x1p-6f), E4M3_ROW(8, sign 0x1p-5f),      \
      E4M3_ROW(8, sign 0x1p-4f), E4M3_ROW(8, sign 0x1p-3f), E4M3_ROW(8, sign 0x1p-2f),      \
      E4M3_ROW(8, sign 0x1p-1f), E4M3_ROW(8, sign 0x1p0f), E4M3_ROW(8, sign 0x1p1f),        \
      E4M3_ROW(8, sign 0x1p2f), E4M3_ROW(8, sign 0x1p3f), E4M3_ROW(8, sign 0x1p4f),         \
      E4M3_SEVEN(8, sign 0x1p5f), sign NAN
static const float e4m3_values[256] = {E4M3_HALF(+), E4M3_HALF(-)};

static const float e2m1_values[16] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6,
                                      -0.0f, -0.5f, -1, -1.5f, -2, -3, -4, -6};
/// e2m1 doubled, without a negative zero.
static const float mxfp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};
/// The sixteen levels of IQ4_NL and IQ4_XS.
static const float iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                     1, 13, 25, 38, 53, 69, 89, 113};

/// Reads a float16; scales of blocks are often subnormal.
static inline float half_at(const uint8_t *x) { return load_stored_one(x, IRIS_FLOAT16); }

static inline uint32_t bits_at(const uint8_t *x) {
  uint32_t bits;
  memcpy(&bits, x, sizeof bits);
  return bits;
}

static inline float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// 2^(e - 127); e8m0 has no zero and no sign, 0xFF is no number, and ComfyUI takes 0 for zero.
static inline float e8m0_value(uint8_t e) {
  return e == 0xFF ? NAN : float_of((uint32_t)e << 23);
}

static void decode_float64(const uint8_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) {
    double value;
    memcpy(&value, x + i * sizeof value, sizeof value);
    y[i] = (float)value;
  }
}

static void decode_e4m3(const uint8_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) y[i] = e4m3_values[x[i]];
}

/// e5m2 is the upper byte of a float16.
static void decode_e5m2(const uint8_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) {
    uint8_t half[2] = {0, x[i]};
    y[i] = half_at(half);
  }
}

static void decode_int8(const uint8_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count; i++) y[i] = (float)(int8_t)x[i];
}

static void decode_mxfp8(const uint8_t *x, size_t count, float *y) {
  decode_e4m3(x, count * 32, y);
}

static void decode_nvfp4_low(const uint8_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count * 8; i++) {
    y[2 * i] = e2m1_values[x[i] & 15];
    y[2 * i + 1] = e2m1_values[x[i] >> 4];
  }
}

static void decode_nvfp4_high(const uint8_t *x, size_t count, float *y) {
  for (size_t i = 0; i < count * 8; i++) {
    y[2 * i] = e2m1_values[x[i] >> 4];
    y[2 * i + 1] = e2m1_values[x[i] & 15];
  }
}

static void decode_q4_0(const uint8_t *x, size_t count, float *y) {
  for (; count > 0; count--, x += 18, y += 32) {
    float d = half_at(x);
    for (int i = 0; i < 16; i++) {
      y[i] = d * (float)((x[2 + i] & 15) - 8);
      y[i + 16] = d * (float)((x[2 + i] >> 4) - 8);
    }
  }
}

static void decode_q4_1(const uint8_t *x, size_t count, float *y) {
  ROUND_EACH
  for (; count > 0; count--, x += 20, y += 32) {
    float d = half_at(x), m = half_at(x + 2);
    for (int i = 0; i < 16; i++) {
      y[i] = d * (float)(x[4 + i] & 15) + m;
      y[i + 16] = d * (float)(x[4 + i] >> 4) + m;
    }
  }
}

static void decode_q5_0(const uint8_t *x, size_t count, float *y) {
  for (; count > 0; count--, x += 22, y += 32) {
    float d = half_at(x);
    uint32_t high = bits_at(x + 2);
    for (int i = 0; i < 16; i++) {
      int low = (x[6 + i] & 15) + (int)(high >> i & 1) * 16;
      int upper = (x[6 + i] >> 4) + (int)(high >> (i + 16) & 1) * 16;
      y[i] = d * (float)(low - 16);
      y[i + 16] = d * (float)(upper - 16);
    }
  }
}

static void decode_q5_1(const uint8_t *x, size_t count, float *y) {
  ROUND_EACH
  for (; count > 0; count--, x += 24, y += 32) {
    float d = half_at(x), m = half_at(x + 2);
    uint32_t high = bits_at(x + 4);
    for (int i = 0; i < 16; i++) {
      int low = (x[8 + i] & 15) + (int)(high >> i & 1) * 16;
      int upper = (x[8 + i] >> 4) + (int)(high >> (i + 16) & 1) * 16;
      y[i] = d * (float)low + m;
      y[i + 16] = d * (float)upper + m;
    }
  }
}

static void decode_q8_0(const uint8_t *x, size_t count, float *y) {
  for (; count > 0; count--, x += 34, y += 32) {
    float d = half_at(x);
    for (int i = 0; i < 32; i++) y[i] = d * (float)(int8_t)x[2 + i];
  }
}

/// Planes of two bits: sixteen values of run j are in as many bytes, at one shift.
#define PLANE_BYTE(j) (32 * ((j) / 8) + 16 * ((j) % 2))
#define PLANE_SHIFT(j) ((j) % 8 / 2 * 2)

static void decode_q2_k(const uint8_t *x, size_t count, float *y) {
  ROUND_EACH
  for (; count > 0; count--, x += 84, y += 256) {
    float d = half_at(x + 80), least = half_at(x + 82);
    for (int j = 0; j < 16; j++) {
      const uint8_t *q = x + 16 + PLANE_BYTE(j);
      float scale = d * (float)(x[j] & 15), minimum = least * (float)(x[j] >> 4);
      for (int i = 0; i < 16; i++)
        y[16 * j + i] = scale * (float)(q[i] >> PLANE_SHIFT(j) & 3) - minimum;
    }
  }
}

static void decode_q3_k(const uint8_t *x, size_t count, float *y) {
  for (; count > 0; count--, x += 110, y += 256) {
    const uint8_t *s = x + 96;
    float d = half_at(x + 108);
    for (int j = 0; j < 16; j++) {
      const uint8_t *q = x + 32 + PLANE_BYTE(j), *mask = x + 16 * (j % 2);
      int low = j < 8 ? s[j] & 15 : s[j - 8] >> 4;
      int six = low + 16 * (s[8 + j % 4] >> 2 * (j / 4) & 3);
      float scale = d * (float)(six - 32);
      // A set bit of the mask means to subtract nothing.
      for (int i = 0; i < 16; i++) {
        int high = mask[i] >> (j / 2) & 1;
        y[16 * j + i] = scale * (float)((q[i] >> PLANE_SHIFT(j) & 3) - 4 * (1 - high));
      }
    }
  }
}

/// The scale and the minimum of run j of Q4_K and Q5_K, six bits each, from twelve bytes.
static inline void six_bit_scales(const uint8_t *s, int j, int *scale, int *minimum) {
  if (j < 4) {
    *scale = s[j] & 63;
    *minimum = s[j + 4] & 63;
  } else {
    *scale = (s[j + 4] & 15) + 16 * (s[j - 4] >> 6);
    *minimum = (s[j + 4] >> 4) + 16 * (s[j] >> 6);
  }
}

static void decode_q4_k(const uint8_t *x, size_t count, float *y) {
  ROUND_EACH
  for (; count > 0; count--, x += 144, y += 256) {
    float d = half_at(x), least = half_at(x + 2);
    for (int j = 0; j < 8; j++) {
      const uint8_t *q = x + 16 + 32 * (j / 2);
      int six, minimum_six;
      six_bit_scales(x + 4, j, &six, &minimum_six);
      float scale = d * (float)six, minimum = least * (float)minimum_six;
      for (int i = 0; i < 32; i++)
        y[32 * j + i] = scale * (float)(q[i] >> 4 * (j % 2) & 15) - minimum;
    }
  }
}

static void decode_q5_k(const uint8_t *x, size_t count, float *y) {
  ROUND_EACH
  for (; count > 0; count--, x += 176, y += 256) {
    float d = half_at(x), least = half_at(x + 2);
    const uint8_t *fifth = x + 16;
    for (int j = 0; j < 8; j++) {
      const uint8_t *q = x + 48 + 32 * (j / 2);
      int six, minimum_six;
      six_bit_scales(x + 4, j, &six, &minimum_six);
      float scale = d * (float)six, minimum = least * (float)minimum_six;
      for (int i = 0; i < 32; i++) {
        int value = (q[i] >> 4 * (j % 2) & 15) + (fifth[i] >> j & 1) * 16;
        y[32 * j + i] = scale * (float)value - minimum;
      }
    }
  }
}

static void decode_q6_k(const uint8_t *x, size_t count, float *y) {
  for (; count > 0; count--, x += 210, y += 256) {
    float d = half_at(x + 208);
    for (int j = 0; j < 16; j++) {
      const uint8_t *low = x + 64 * (j / 8) + 16 * (j % 4);
      const uint8_t *high = x + 128 + PLANE_BYTE(j);
      float scale = d * (float)(int8_t)x[192 + j];
      for (int i = 0; i < 16; i++) {
        int value = (low[i] >> (j % 8 < 4 ? 0 : 4) & 15) + (high[i] >> PLANE_SHIFT(j) & 3) * 16;
        y[16 * j + i] = scale * (float)(value - 32);
      }
    }
  }
}

/// Sixteen bytes of two levels each: the low nibbles, then the high ones.
static inline void decode_levels(const uint8_t *q, const float *levels, float scale, float *y) {
  for (int i = 0; i < 16; i++) {
    y[i] = scale * levels[q[i] & 15];
    y[i + 16] = scale * levels[q[i] >> 4];
  }
}

static void decode_iq4_nl(const uint8_t *x, size_t count, float *y) {
  for (; count > 0; count--, x += 18, y += 32) decode_levels(x + 2, iq4_values, half_at(x), y);
}

static void decode_iq4_xs(const uint8_t *x, size_t count, float *y) {
  for (; count > 0; count--, x += 136, y += 256) {
    float d = half_at(x);
    int upper = x[2] + 256 * x[3];
    for (int j = 0; j < 8; j++) {
      int six = (x[4 + j / 2] >> 4 * (j % 2) & 15) + 16 * (upper >> 2 * j & 3);
      decode_levels(x + 8 + 16 * j, iq4_values, d * (float)(six - 32), y + 32 * j);
    }
  }
}

static void decode_mxfp4(const uint8_t *x, size_t count, float *y) {
  for (; count > 0; count--, x += 17, y += 32) {
    // 2^(e - 128): the levels are doubled.
    uint32_t bits = x[0] < 2 ? 0x00200000u << x[0] : (uint32_t)(x[0] - 1) << 23;
    decode_levels(x + 1, mxfp4_values, float_of(bits), y);
  }
}

/// Decodes whole blocks; NULL for the formats that are loaded as they are.
static void (*const block_decoders[])(const uint8_t *, size_t, float *) = {
    [IRIS_FLOAT64] = decode_float64,
    [IRIS_FLOAT8_E4M3] = decode_e4m3,
    [IRIS_FLOAT8_E5M2] = decode_e5m2,
    [IRIS_SCALED_INT8] = decode_int8,
    [IRIS_MXFP8] = decode_mxfp8,
    [IRIS_NVFP4_LOW] = decode_nvfp4_low,
    [IRIS_NVFP4_HIGH] = decode_nvfp4_high,
    [IRIS_Q4_0] = decode_q4_0,
    [IRIS_Q4_1] = decode_q4_1,
    [IRIS_Q5_0] = decode_q5_0,
    [IRIS_Q5_1] = decode_q5_1,
    [IRIS_Q8_0] = decode_q8_0,
    [IRIS_Q2_K] = decode_q2_k,
    [IRIS_Q3_K] = decode_q3_k,
    [IRIS_Q4_K] = decode_q4_k,
    [IRIS_Q5_K] = decode_q5_k,
    [IRIS_Q6_K] = decode_q6_k,
    [IRIS_IQ4_NL] = decode_iq4_nl,
    [IRIS_IQ4_XS] = decode_iq4_xs,
    [IRIS_MXFP4] = decode_mxfp4,
};
