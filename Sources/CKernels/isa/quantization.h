// Quantisation to int8: columns scaled to equal weight, groups rotated by a Hadamard matrix, rows rounded
// to 127 units of their largest value.
//
// The factors make all columns of a weight matrix about equally large, by powers of two, which are exact;
// x is multiplied by what the column was divided by. The rotation spreads an outlier over its group, so
// that no channel decides on the unit of all others (Ashkboos et al., "QuaRot", arXiv:2404.00456); the
// factors' pseudo-random signs keep a common mean of a group from becoming one (Chee et al., "QuIP",
// arXiv:2307.13304). All instruction sets add the same numbers in the same order.

/// A row's largest value, in units.
#define UNITS 127.0f

#if LANES == 16
#define SWAP1(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)
#define SWAP2(v) __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
#define SWAP4(v) __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11)
#define SWAP8(v) __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7)
#elif LANES == 8
#define SWAP1(v) __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6)
#define SWAP2(v) __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5)
#define SWAP4(v) __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3)
#else
#define SWAP1(v) __builtin_shufflevector(v, v, 1, 0, 3, 2)
#define SWAP2(v) __builtin_shufflevector(v, v, 2, 3, 0, 1)
#endif

/// -1 in the lanes whose number has the bit `distance`, 1 in the others.
static inline vec butterfly_signs(int distance) {
  vec signs;
  for (int i = 0; i < LANES; i++) signs[i] = i & distance ? -1.0f : 1.0f;
  return signs;
}

/// The rounds of a Hadamard transform within the lanes of a vector.
static inline vec hadamard_lanes(vec v) {
  v = v * butterfly_signs(1) + SWAP1(v);
  v = v * butterfly_signs(2) + SWAP2(v);
#if LANES > 4
  v = v * butterfly_signs(4) + SWAP4(v);
#endif
#if LANES > 8
  v = v * butterfly_signs(8) + SWAP8(v);
#endif
  return v;
}

/// Hadamard transform of `count` values in place, a power of two, without the factor 1/sqrt(count).
static inline void hadamard(float *x, size_t count) {
  size_t distance = 1;
  if (count >= LANES) {
    for (size_t j = 0; j < count; j += LANES) store(x + j, hadamard_lanes(load(x + j)));
    distance = LANES;
  }
  for (; distance < count; distance *= 2)
    for (size_t first = 0; first < count; first += 2 * distance)
      for (size_t j = first; j < first + distance; j++) {
        float a = x[j], b = x[j + distance];
        x[j] = a + b;
        x[j + distance] = a - b;
      }
}

/// The group that is rotated in registers, the largest one.
#define REGISTER_GROUP 256

/// The larger one of the absolute values, lane by lane, as bits: any number that is not finite is larger than all others.
static inline ivec larger_bits(ivec largest, vec v) {
  return __builtin_elementwise_max(largest, (ivec)v & 0x7FFFFFFF);
}

/// Rotates one group as `hadamard` does, in the same order, without storing the rounds.
static inline __attribute__((always_inline)) void rotate_group(
    const char *x, enum iris_format format, const float *factors, float *y, ivec *largest) {
  enum { VECTORS = REGISTER_GROUP / LANES };
  vec v[VECTORS];
  size_t element = stored_width(format);
#pragma clang loop unroll(full)
  for (int i = 0; i < VECTORS; i++)
    v[i] = hadamard_lanes(
        load_stored(x + (size_t)i * LANES * element, format) * load(factors + i * LANES));
#pragma clang loop unroll(full)
  for (int distance = 1; distance < VECTORS; distance *= 2)
#pragma clang loop unroll(full)
    for (int i = 0; i < VECTORS; i++) {
      if (i & distance) continue;
      vec a = v[i], b = v[i + distance];
      v[i] = a + b;
      v[i + distance] = a - b;
    }
#pragma clang loop unroll(full)
  for (int i = 0; i < VECTORS; i++) {
    store(y + i * LANES, v[i]);
    *largest = larger_bits(*largest, v[i]);
  }
}

/// Returns the largest absolute value of a row, or one that is not finite if there is any.
static float largest_of(const float *x, size_t count, ivec largest) {
  size_t j = 0;
  for (; j + LANES <= count; j += LANES) largest = larger_bits(largest, load(x + j));
  int32_t found = 0;
  for (int i = 0; i < LANES; i++) found = largest[i] > found ? largest[i] : found;
  float maximum;
  memcpy(&maximum, &found, sizeof maximum);
  // Not fmaxf, which would drop a NaN.
  for (; j < count; j++)
    if (!(fabsf(x[j]) <= maximum)) maximum = fabsf(x[j]);
  return maximum;
}

/// y = the row x times `factors`, rotated in groups; `count` is a multiple of the group. Returns the largest absolute
/// value of y, or one that is not finite if there is any.
static float rotate_row(
    const char *x, enum iris_format format, iris_quantization how, size_t count, float *y) {
  size_t element = stored_width(format), span = how.group > 1 ? how.group : count;
  ivec largest = {0};
  if (how.group == REGISTER_GROUP && !how.is_convrot) {
    for (size_t j = 0; j < count; j += REGISTER_GROUP) {
      if (format == IRIS_FLOAT32) {
        rotate_group(x + j * element, IRIS_FLOAT32, how.factors + j, y + j, &largest);
      } else {
        rotate_group(x + j * element, format, how.factors + j, y + j, &largest);
      }
    }
    return largest_of(y, 0, largest);
  }
  for (size_t j = 0; j < count; j += span) {
    size_t i = j;
    for (; i + LANES <= j + span; i += LANES)
      store(y + i, load_stored(x + i * element, format) * load(how.factors + i));
    for (; i < j + span; i++) y[i] = load_stored_one(x + i * element, format) * how.factors[i];
    if (how.group > 1) (how.is_convrot ? convrot : hadamard)(y + j, how.group);
  }
  return largest_of(y, count, largest);
}

/// Rounds a row to units, given its largest absolute value; returns the unit and the sum of the units. A row that is
/// not finite gets NaN as its unit, so that the fault is not hidden.
static float quantize_row(
    const float *x, size_t count, float maximum, int8_t *y, int32_t *sum) {
  *sum = 0;
  if (maximum == 0 || !isfinite(maximum)) {
    memset(y, 0, count);
    return maximum == 0 ? 0 : NAN;
  }
  float inverse = UNITS / maximum;
  const float round_magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer
  ivec sums = {0};
  typedef int8_t bvec __attribute__((vector_size(LANES)));
  size_t j = 0;
  for (; j + LANES <= count; j += LANES) {
    ivec units = __builtin_convertvector((load(x + j) * inverse + round_magic) - round_magic, ivec);
    sums += units;
    bvec bytes = __builtin_convertvector(units, bvec);
    memcpy(y + j, &bytes, sizeof bytes);
  }
  for (int i = 0; i < LANES; i++) *sum += sums[i];
  for (; j < count; j++) {
    int32_t unit = (int32_t)((x[j] * inverse + round_magic) - round_magic);
    y[j] = (int8_t)unit;
    *sum += unit;
  }
  return maximum / UNITS;
}

/// Rows of a task that measures the columns.
#define QUANTIZE_MEASURED_ROWS ((size_t)64)
/// Rows of a task that rounds them; they lie in one panel.
#define QUANTIZE_ROWS ((size_t)16)

typedef struct {
  const iris_quantize_args *args;
  /// Sums of squares of rows brought to equal size, [task][column].
  float *partial;
} quantize_job;

/// Returns the sum of the squares of a row, in sixteen parts with every instruction set.
static float squared_length(const char *row, enum iris_format format, size_t count) {
  enum { PARTS = 16 };
  size_t element = stored_width(format), j = 0;
  vec sums[PARTS / LANES] = {0};
  for (; j + PARTS <= count; j += PARTS)
    for (int i = 0; i < PARTS / LANES; i++) {
      vec w = load_stored(row + (j + (size_t)i * LANES) * element, format);
      sums[i] += w * w;
    }
  float sum = 0;
  for (int i = 0; i < PARTS; i++) sum += sums[i / LANES][i % LANES];
  for (; j < count; j++) {
    float w = load_stored_one(row + j * element, format);
    sum = fmaf(w, w, sum);
  }
  return sum;
}

static void quantize_measure_tile(void *context, size_t index) {
  const quantize_job *job = context;
  const iris_quantize_args *args = job->args;
  size_t k = args->k;
  size_t last = smaller(args->n, (index + 1) * QUANTIZE_MEASURED_ROWS);
  float *memory = is_encoded(args->w.format) ? scratch(k) : NULL;
  float *sums = job->partial + index * k;
  memset(sums, 0, k * sizeof(float));
  for (size_t n = index * QUANTIZE_MEASURED_ROWS; n < last; n++) {
    stored_run row = read_run(args->w, n, 0, k, memory);
    size_t element = stored_width(row.format);
    // Each row has a unit of its own, so each counts the same: a few large rows must not decide on the factors of
    // all.
    float length = squared_length(row.data, row.format, k);
    if (!(length > 0 && isfinite(length))) continue;
    float inverse = 1 / sqrtf(length);
    size_t j = 0;
    for (; j + LANES <= k; j += LANES) {
      vec w = load_stored(row.data + j * element, row.format) * inverse;
      store(sums + j, load(sums + j) + w * w);
    }
    for (; j < k; j++) {
      float w = load_stored_one(row.data + j * element, row.format) * inverse;
      sums[j] = fmaf(w, w, sums[j]);
    }
  }
  free(memory);
}

/// Sets the factors to the columns' root mean squares, each row brought to equal size.
static void quantize_measure(iris_pool *pool, const iris_quantize_args *args) {
  size_t tasks = ceil_div(args->n, QUANTIZE_MEASURED_ROWS);
  quantize_job job = {args, scratch(tasks * args->k)};
  iris_pool_run(pool, tasks, quantize_measure_tile, &job);
  for (size_t j = 0; j < args->k; j++) {
    double sum = 0;
    for (size_t task = 0; task < tasks; task++) sum += (double)job.partial[task * args->k + j];
    args->factors[j] = (float)sqrt(sum / (double)args->n);
  }
  free(job.partial);
}

/// A pseudo-random sign for each column: the parity of its number times a constant (golden ratio).
static inline bool column_is_flipped(size_t column) {
  return __builtin_popcountll((column + 1) * 0x9E3779B97F4A7C15u >> 40) & 1;
}

/// Turns the columns' root mean squares into powers of two with signs.
static void quantize_choose_factors(const iris_quantize_args *args) {
  double sum = 0;
  for (size_t j = 0; j < args->k; j++) sum += (double)args->factors[j] * (double)args->factors[j];
  double typical = sqrt(sum / (double)args->k);
  for (size_t j = 0; j < args->k; j++) {
    double share = (double)args->factors[j] / typical;
    float factor = 1;
    if (args->equalizes && share > 0 && isfinite(share)) {
      // An empty column gets the smallest factor: nothing of x there is read.
      double exponent = fmin(fmax(nearbyint(log2(share)), -24), 24);
      factor = ldexpf(1, (int)exponent);
    } else if (args->equalizes && share == 0) {
      factor = ldexpf(1, -24);
    }
    args->factors[j] = args->group > 1 && column_is_flipped(j) ? -factor : factor;
  }
}

static void quantize_tile(void *context, size_t index) {
  const iris_quantize_args *args = context;
  size_t k = args->k, first = index * QUANTIZE_ROWS;
  size_t last = smaller(args->n, first + QUANTIZE_ROWS);
  float *rotated = scratch(3 * k + (args->in_panels ? QUANTIZE_ROWS * ceil_div(k, 4) : 0));
  float *inverse = rotated + k, *memory = inverse + k;
  int8_t *units = args->in_panels ? (int8_t *)(memory + k) : args->y + first * k;
  for (size_t j = 0; j < k; j++) inverse[j] = 1 / args->factors[j];
  iris_quantization how = {.factors = inverse, .group = args->group};
  for (size_t n = first; n < last; n++) {
    stored_run row = read_run(args->w, n, 0, k, memory);
    float largest = rotate_row(row.data, row.format, how, k, rotated);
    int32_t sum;
    args->scales[n] = quantize_row(rotated, k, largest, units + (n - first) * k, &sum);
  }
  for (size_t r = 0; args->in_panels && r < QUANTIZE_ROWS; r += LANES)
    pack_words(
        (const char *)units + r * k, k, LANES, k, UNIT_FLIP,
        (int32_t *)(args->y + first / IRIS_PANEL_ROWS * IRIS_PANEL_ROWS * k) +
            first % IRIS_PANEL_ROWS + r,
        IRIS_PANEL_ROWS);
  free(rotated);
}

static void quantize(iris_pool *pool, const iris_quantize_args *args) {
  quantize_measure(pool, args);
  quantize_choose_factors(args);
  iris_pool_run(pool, ceil_div(args->n, QUANTIZE_ROWS), quantize_tile, (void *)(uintptr_t)args);
}
