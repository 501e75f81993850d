// y = x * w^T in bfloat16 or int8: both operands are packed as 32-bit words, two bfloat16 or four int8
// consecutive in k, in panels as in `product.h`. The microkernel sums a tile over the whole of k in
// registers, so that the result depends on neither tiling nor threads; weights that are not stored in panels are
// packed tile by tile by the thread that uses them, so that no packed copy of a model is kept.

/// A panels of one task: 392 rows with AVX-512.
#define LOW_PANELS ((size_t)28)
/// Rows of x that are packed at a time; limits the scratch memory.
#define LOW_ROWS (LOW_PANELS * TILE_ROWS * 4)
/// The bytes of packed weights that a task keeps in the second-level cache.
#define LOW_WEIGHT_BYTES ((size_t)400 << 10)

typedef struct {
  const iris_linear_args *args;
  iris_tile_kernel tile;
  bool is_int8;
  /// True if the weights are multiplied where they are stored, in panels as wide as a tile.
  bool in_place;
  /// k in words, rounded up.
  size_t words;
  /// The packed rows, [panel][word][TILE_ROWS].
  int32_t *packed;
  /// int8 only: the factors of the columns of x, 0 for outliers.
  const float *factors;
  /// Per row, int8 only: the value of a unit, and the sum of its units times the weights' offset.
  float *row_scales;
  int32_t *row_sums;
  /// The outlier columns of x, packed as float panels, [panel][outlier][TILE_ROWS].
  float *outliers;
  size_t first_row, rows;
  size_t tile_panels, tile_columns, column_tiles;
} low_job;

/// Rounds to the nearest bfloat16, ties to even; NaN stays NaN.
static inline hvec round_bfloat16(vec x) {
  uvec bits = (uvec)x;
  uvec rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
  uvec nan = (bits >> 16) | 0x40;
  uvec is_nan = (uvec)((bits & 0x7FFFFFFF) > 0x7F800000);
  return __builtin_convertvector((rounded & ~is_nan) | (nan & is_nan), hvec);
}

static inline void narrow_row(const char *x, enum iris_format format, size_t count, uint16_t *y) {
  size_t element = stored_width(format), j = 0;
  for (; j + LANES <= count; j += LANES) {
    hvec bits = round_bfloat16(load_stored(x + j * element, format));
    memcpy(y + j, &bits, sizeof bits);
  }
  for (; j < count; j++) {
    hvec bits = round_bfloat16(splat(load_stored_one(x + j * element, format)));
    y[j] = bits[0];
  }
}

static void low_pack_bfloat16(const low_job *job, size_t row, size_t rows, int32_t *panel) {
  iris_const_rows x = job->args->x;
  size_t k = job->args->k;
  uint16_t *narrow = (uint16_t *)scratch(TILE_ROWS * (k / 2 + 1));
  for (size_t r = 0; r < rows; r++)
    narrow_row(
        (const char *)(x.data + (job->first_row + row + r) * x.stride), IRIS_FLOAT32, k,
        narrow + r * k);
  pack_words((const char *)narrow, k * 2, rows, k * 2, 0, panel, TILE_ROWS);
  free(narrow);
}

/// Returns the factors of the columns of x, 0 for outliers, which are left out; they are freed by `low_free_factors`.
static const float *low_factors(const iris_linear_args *args) {
  if (args->outlier_count == 0) return args->quantization.factors;
  float *factors = scratch(args->k);
  memcpy(factors, args->quantization.factors, args->k * sizeof *factors);
  for (size_t i = 0; i < args->outlier_count; i++) factors[args->outliers[i]] = 0;
  return factors;
}

static void low_free_factors(const low_job *job) {
  if (job->factors != job->args->quantization.factors) free((void *)(uintptr_t)job->factors);
}

/// Rotates and rounds a row of x; `rotated` is scratch memory for k floats.
static void low_quantize(const low_job *job, size_t row, float *rotated, int8_t *units) {
  iris_const_rows x = job->args->x;
  iris_quantization how = job->args->quantization;
  how.factors = job->factors;
  const char *source = (const char *)(x.data + (job->first_row + row) * x.stride);
  float largest = rotate_row(source, IRIS_FLOAT32, how, job->args->k, rotated);
  int32_t sum;
  float unit = quantize_row(rotated, job->args->k, largest, units, &sum);
  // Rotating both sides multiplies the product by the length of a group, unless the transform is orthonormal.
  float length = how.is_convrot ? 1 : (float)how.group;
  job->row_scales[row] = unit / length * job->args->scale;
  job->row_sums[row] = sum * UNIT_OFFSET;
}

static void low_pack_int8(const low_job *job, size_t row, size_t rows, int32_t *panel) {
  size_t k = job->args->k, padded = job->words * 4;
  float *rotated = scratch(k + TILE_ROWS * job->words);
  int8_t *units = (int8_t *)(rotated + k);
  memset(units, 0, TILE_ROWS * padded);
  for (size_t r = 0; r < rows; r++) low_quantize(job, row + r, rotated, units + r * padded);
  pack_words((const char *)units, padded, rows, padded, 0, panel, TILE_ROWS);
  free(rotated);
}

/// Packs the outlier columns of one panel.
static void low_pack_outliers(const low_job *job, size_t row, size_t rows, float *panel) {
  const iris_linear_args *args = job->args;
  for (size_t i = 0; i < args->outlier_count; i++)
    for (size_t r = 0; r < TILE_ROWS; r++) {
      const float *x = args->x.data + (job->first_row + row + smaller(r, rows - 1)) * args->x.stride;
      panel[i * TILE_ROWS + r] = r < rows ? x[args->outliers[i]] : 0;
    }
}

static void low_pack_tile(void *context, size_t index) {
  const low_job *job = context;
  size_t row = index * TILE_ROWS, rows = smaller(TILE_ROWS, job->rows - row);
  int32_t *panel = job->packed + index * (job->words * TILE_ROWS + LANES);
  (job->is_int8 ? low_pack_int8 : low_pack_bfloat16)(job, row, rows, panel);
  if (job->outliers)
    low_pack_outliers(
        job, row, rows, job->outliers + index * job->args->outlier_count * TILE_ROWS);
}

/// Packs the weights of up to LANES outputs from `column` on.
static void low_pack_weights(const low_job *job, size_t column, size_t columns, int32_t *target) {
  iris_stored w = job->args->w;
  size_t k = job->args->k;
  if (w.format == IRIS_INT8_PANELS) {
    for (size_t word = 0; word < job->words; word++)
      store((float *)target + word * TILE_COLUMNS, panel_words(w, column, columns, word));
    return;
  }
  if (w.format == IRIS_INT8 || w.format == IRIS_BFLOAT16) {
    size_t element = w.format == IRIS_INT8 ? 1 : 2;
    pack_words(
        (const char *)w.data + column * w.stride * element, w.stride * element, columns,
        k * element, w.format == IRIS_INT8 ? UNIT_FLIP : 0, target, TILE_COLUMNS);
    return;
  }
  float *memory = scratch(k + LANES * (k / 2 + 1));
  uint16_t *narrow = (uint16_t *)(memory + k);
  for (size_t r = 0; r < columns; r++) {
    stored_run run = read_run(w, column + r, 0, k, memory);
    narrow_row(run.data, run.format, k, narrow + r * k);
  }
  pack_words((const char *)narrow, k * 2, columns, k * 2, 0, target, TILE_COLUMNS);
  free(memory);
}

/// Returns the weights of a tile as panels: where they are stored, or packed into `memory`.
static const int32_t *low_tile_weights(
    const low_job *job, size_t column, size_t columns, int32_t *memory) {
  if (job->in_place) return (const int32_t *)job->args->w.data + column * job->words;
  size_t panel = job->words * TILE_COLUMNS, j = 0;
  for (; j < columns; j += LANES)
    low_pack_weights(
        job, column + j, smaller(LANES, columns - j),
        memory + j / TILE_COLUMNS * panel + j % TILE_COLUMNS);
  // The second half of the last panel, if there are no weights for it, must be numbers.
  for (; j % TILE_COLUMNS != 0; j += LANES)
    pack_words(
        NULL, 0, 0, job->words * 4, 0, memory + j / TILE_COLUMNS * panel + j % TILE_COLUMNS,
        TILE_COLUMNS);
  return memory;
}

/// The numbers of one row of sums: the value of a unit, and the weights' offset in its sums.
typedef struct {
  float scale;
  int32_t offset;
} low_row;

/// Turns a vector of sums into outputs; bias, weight scales and the outliers' product start at its first column.
static inline __attribute__((always_inline)) vec low_finished(
    const low_job *job, bool is_int8, const int32_t *sums, low_row row, const float *scales,
    const float *bias, const float *outliers, const float *y) {
  vec value;
  if (is_int8) {
    ivec units;
    memcpy(&units, sums, sizeof units);
    value = __builtin_convertvector(units - row.offset, vec) * (load(scales) * row.scale);
  } else {
    value = load((const float *)sums) * row.scale;
  }
  if (bias) value += load(bias);
  if (outliers) value += load(outliers);
  if (job->args->accumulate) value += load(y);
  return value;
}

static inline __attribute__((always_inline)) void low_finish_rows(
    const low_job *job, bool is_int8, const int32_t *sums, const float *outliers, size_t stride,
    size_t first_row, size_t rows, size_t column, size_t columns) {
  const iris_linear_args *args = job->args;
  const float *bias = args->bias ? args->bias + column : NULL;
  const float *scales = is_int8 ? args->quantization.scales + column : NULL;
  size_t whole = columns / LANES * LANES, rest = columns - whole;
  float shift[LANES] = {0}, part[LANES] = {0};
  if (rest && bias) memcpy(shift, bias + whole, rest * sizeof(float));
  if (rest && scales) memcpy(part, scales + whole, rest * sizeof(float));
  for (size_t i = 0; i < rows; i++, sums += stride, outliers += outliers ? stride : 0) {
    low_row row = {args->scale, 0};
    if (is_int8) row = (low_row){job->row_scales[first_row + i], job->row_sums[first_row + i]};
    float *y = args->y.data + (job->first_row + first_row + i) * args->y.stride + column;
    for (size_t j = 0; j < whole; j += LANES)
      store(
          y + j, low_finished(
                     job, is_int8, sums + j, row, scales + j, bias ? bias + j : NULL,
                     outliers ? outliers + j : NULL, y + j));
    if (rest == 0) continue;
    float base[LANES] = {0};
    memcpy(base, y + whole, rest * sizeof(float));
    store_part(
        y + whole,
        low_finished(
            job, is_int8, sums + whole, row, part, bias ? shift : NULL,
            outliers ? outliers + whole : NULL, base),
        rest);
  }
}

/// Writes the sums of one tile, [rows][stride], and the product of its outlier columns, of the same shape, if there
/// are any. Not inlined, so that each caller rounds alike.
__attribute__((noinline)) static void low_finish(
    const low_job *job, const int32_t *sums, const float *outliers, size_t stride, size_t first_row,
    size_t rows, size_t column, size_t columns) {
  if (job->is_int8) {
    low_finish_rows(
        job, true, sums, outliers, stride, first_row, rows, column, columns);
  } else {
    low_finish_rows(
        job, false, sums, outliers, stride, first_row, rows, column, columns);
  }
}

static void low_tile(void *context, size_t index) {
  const low_job *job = context;
  const iris_linear_args *args = job->args;
  size_t column = index % job->column_tiles * job->tile_columns;
  size_t columns = smaller(job->tile_columns, args->n - column);
  size_t first_panel = index / job->column_tiles * job->tile_panels;
  size_t last_panel = smaller(first_panel + job->tile_panels, ceil_div(job->rows, TILE_ROWS));
  size_t panel = job->words * TILE_COLUMNS, panels = ceil_div(columns, TILE_COLUMNS);
  size_t extra = args->outlier_count;
  float *outlier_weights =
      scratch(panels * (extra * TILE_COLUMNS + (job->in_place ? 0 : panel)));
  for (size_t j = 0; job->outliers && j < columns; j += TILE_COLUMNS)
    pack_b(
        args->outlier_weights, column + j, smaller(TILE_COLUMNS, columns - j), 0, extra,
        outlier_weights + j * extra);
  const int32_t *weights = low_tile_weights(
      job, column, columns, (int32_t *)(outlier_weights + panels * extra * TILE_COLUMNS));
  _Alignas(64) int32_t sums[TILE_ROWS * TILE_COLUMNS];
  _Alignas(64) float outliers[TILE_ROWS * TILE_COLUMNS];
  iris_rows outlier_rows = {outliers, TILE_COLUMNS};
  for (size_t p = first_panel; p < last_panel; p++) {
    const int32_t *a = job->packed + p * (job->words * TILE_ROWS + LANES);
    for (size_t j = 0; j < columns; j += TILE_COLUMNS) {
      size_t row = p * TILE_ROWS, width = smaller(TILE_COLUMNS, columns - j);
      size_t rows = smaller(TILE_ROWS, job->rows - row);
      job->tile(a, weights + j / TILE_COLUMNS * panel, job->words, sums);
      if (job->outliers)
        multiply_panels(
            job->outliers + p * extra * TILE_ROWS, outlier_weights + j * extra, extra, outlier_rows,
            TILE_ROWS, TILE_COLUMNS, (finish){args->scale, false, NULL});
      low_finish(
          job, sums, job->outliers ? outliers : NULL, TILE_COLUMNS, row, rows, column + j, width);
    }
  }
  free(outlier_weights);
}

/// The tile in bfloat16 for processors without instructions for it: both halves of a word are widened.
static void low_tile_bfloat16(
    const int32_t *a, const int32_t *b, size_t words, int32_t *sums) {
  vec sum[TILE_ROWS][TILE_VECTORS] = {0};
  for (size_t k = 0; k < words; k++, a += TILE_ROWS, b += TILE_COLUMNS) {
    for (size_t j = 0; j < TILE_VECTORS; j++) {
      uvec right;
      memcpy(&right, b + j * LANES, sizeof right);
      vec low = (vec)(right << 16), high = (vec)(right & 0xFFFF0000);
#pragma clang loop unroll(full)
      for (size_t i = 0; i < TILE_ROWS; i++) {
        uvec left = (uint32_t)a[i] - (uvec){0};
        sum[i][j] += (vec)(left << 16) * low;
        sum[i][j] += (vec)(left & 0xFFFF0000) * high;
      }
    }
  }
  memcpy(sums, sum, sizeof sum);
}

/// The tile in int8 for processors without instructions for it; the same integers.
static void low_tile_int8(const int32_t *a, const int32_t *b, size_t words, int32_t *sums) {
  ivec sum[TILE_ROWS][TILE_VECTORS] = {0};
  for (size_t k = 0; k < words; k++, a += TILE_ROWS, b += TILE_COLUMNS) {
    for (size_t j = 0; j < TILE_VECTORS; j++) {
      ivec right;
      memcpy(&right, b + j * LANES, sizeof right);
      for (int shift = 0; shift < 32; shift += 8) {
        ivec unit = (right >> shift) & 0xFF;
        for (size_t i = 0; i < TILE_ROWS; i++) sum[i][j] += (int32_t)(int8_t)(a[i] >> shift) * unit;
      }
    }
  }
  memcpy(sums, sum, sizeof sum);
}

static iris_tile_kernel low_bfloat16_kernel(void) {
  // The native tiles have the shape of AVX-512's.
  iris_tile_kernel native = LANES == 16 ? iris_low_precision_tiles()->bfloat16 : NULL;
  return native ? native : low_tile_bfloat16;
}

static iris_tile_kernel low_int8_kernel(void) {
  iris_tile_kernel native = LANES == 16 ? iris_low_precision_tiles()->int8 : NULL;
  return native ? native : low_tile_int8;
}

/// Divides the work: wide tiles reuse the cache lines of a panel of x, and fewer rows go into a task where
/// there are few columns, so that several threads have tasks.
static void low_plan(low_job *job) {
  size_t n = job->args->n, panels = ceil_div(job->rows, TILE_ROWS);
  size_t wide = LOW_WEIGHT_BYTES / (job->words * 4 * TILE_COLUMNS);
  wide = wide < 1 ? 1 : smaller(wide, n >= 1024 ? 8 : 2);
  job->tile_columns = wide * TILE_COLUMNS;
  job->column_tiles = ceil_div(n, job->tile_columns);
  job->tile_panels = job->column_tiles >= 16 ? panels : smaller(panels, LOW_PANELS);
}

static void low_linear(iris_pool *pool, const iris_linear_args *args) {
  low_job job = {.args = args, .is_int8 = is_units(args->w.format)};
  job.in_place = args->w.format == IRIS_INT8_PANELS && args->w.encoding.first_row == 0 &&
                 TILE_COLUMNS == IRIS_PANEL_ROWS;
  job.tile = job.is_int8 ? low_int8_kernel() : low_bfloat16_kernel();
  job.words = ceil_div(args->k, job.is_int8 ? 4 : 2);
  size_t most = smaller(args->m, LOW_ROWS);
  job.packed =
      (int32_t *)scratch(ceil_div(most, TILE_ROWS) * (job.words * TILE_ROWS + LANES) + 2 * most);
  job.row_scales =
      (float *)job.packed + ceil_div(most, TILE_ROWS) * (job.words * TILE_ROWS + LANES);
  job.row_sums = (int32_t *)(job.row_scales + most);
  if (job.is_int8) job.factors = low_factors(args);
  if (job.is_int8 && args->outlier_count > 0)
    job.outliers = scratch(ceil_div(most, TILE_ROWS) * TILE_ROWS * args->outlier_count);
  for (; job.first_row < args->m; job.first_row += LOW_ROWS) {
    job.rows = smaller(LOW_ROWS, args->m - job.first_row);
    size_t panels = ceil_div(job.rows, TILE_ROWS);
    low_plan(&job);
    iris_pool_run(pool, panels, low_pack_tile, &job);
    iris_pool_run(pool, job.column_tiles * ceil_div(panels, job.tile_panels), low_tile, &job);
  }
  free(job.packed);
  free(job.outliers);
  if (job.is_int8) low_free_factors(&job);
}
