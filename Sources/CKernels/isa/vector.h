// Vectors of LANES floats, in clang's portable vector notation.

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));
typedef uint16_t hvec __attribute__((vector_size(LANES * 2)));
typedef uint32_t uvec __attribute__((vector_size(LANES * 4)));
typedef _Float16 f16vec __attribute__((vector_size(LANES * 2)));

static inline vec load(const float *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}
static inline void store(float *p, vec v) { memcpy(p, &v, sizeof v); }
static inline vec splat(float x) { return x - (vec){0}; }

static inline float widen_bfloat16(uint16_t bits) {
  uint32_t wide = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &wide, sizeof value);
  return value;
}

/// Loads one stored element; `p` may be unaligned.
static inline float load_stored_one(const void *p, enum iris_format format) {
  if (format == IRIS_FLOAT32) {
    float value;
    memcpy(&value, p, sizeof value);
    return value;
  }
  uint16_t bits;
  memcpy(&bits, p, sizeof bits);
  if (format == IRIS_BFLOAT16) return widen_bfloat16(bits);
  _Float16 half;
  memcpy(&half, &bits, sizeof half);
  return (float)half;
}

/// Loads LANES consecutive stored elements, widened.
static inline vec load_stored(const void *p, enum iris_format format) {
  if (format == IRIS_FLOAT32) return load(p);
  hvec bits;
  memcpy(&bits, p, sizeof bits);
  if (format == IRIS_BFLOAT16) return (vec)(__builtin_convertvector(bits, uvec) << 16);
  return __builtin_convertvector((f16vec)bits, vec);
}

static inline size_t stored_width(enum iris_format format) {
  return format == IRIS_FLOAT32 ? 4 : 2;
}

static inline float sum_lanes(vec v) {
  float sum = 0;
  for (int i = 0; i < LANES; i++) sum += v[i];
  return sum;
}

/// e^x to about 1 ulp for -87 <= x <= 88; clamped outside. Cody-Waite reduction by multiples of ln 2,
/// then the minimax polynomial of Cephes' expf.
static inline vec exponential(vec x) {
  x = __builtin_elementwise_min(__builtin_elementwise_max(x, splat(-87.0f)), splat(88.0f));
  const float round_magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer
  vec n = (x * 1.44269504088896341f + round_magic) - round_magic;
  vec r = x - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  vec p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  ivec exponent = (__builtin_convertvector(n, ivec) + 127) << 23;
  return p * (vec)exponent;
}

static inline vec silu_of(vec x) { return x / (1.0f + exponential(-x)); }

/// Loads the `count` < LANES floats at `p`; the other lanes are zero.
static inline vec load_part(const float *p, size_t count) {
  vec v = {0};
  memcpy(&v, p, count * sizeof(float));
  return v;
}
static inline void store_part(float *p, vec v, size_t count) {
  memcpy(p, &v, count * sizeof(float));
}
