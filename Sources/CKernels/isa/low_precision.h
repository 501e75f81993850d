// y = x * w^T in bfloat16 or int8: both operands are packed as 32-bit words, two bfloat16 or four int8
// consecutive in k, in panels as in `product.h`. The microkernel sums a tile over the whole of k in
// registers, so that the result depends on neither tiling nor threads; weights are packed tile by tile by
// the thread that uses them, from the stored rows, so that no packed copy of a model is kept.

/// A panels of one task: 392 rows with AVX-512.
#define LOW_PANELS ((size_t)28)
/// Rows of x that are packed at a time; limits the scratch memory.
#define LOW_ROWS (LOW_PANELS * TILE_ROWS * 4)
/// The bytes of packed weights that a task keeps in the second-level cache.
#define LOW_WEIGHT_BYTES ((size_t)400 << 10)
/// Added to int8 weights, which the instructions want unsigned.
#define LOW_OFFSET 128

typedef struct {
  const iris_linear_args *args;
  iris_tile_kernel tile;
  bool is_int8;
  /// k in words, rounded up.
  size_t words;
  /// The packed rows, [panel][word][TILE_ROWS].
  int32_t *packed;
  /// Per row, int8 only: the value of a unit, and the sum of its units times the weights' offset.
  float *row_scales;
  int32_t *row_sums;
  /// The outlier columns of x, packed as float panels, [panel][outlier][TILE_ROWS].
  float *outliers;
  size_t first_row, rows;
  size_t tile_panels, tile_columns, column_tiles;
} low_job;

/// The words of a stored matrix; missing rows and bytes beyond `bytes` become zero.
static inline ivec load_words(const char *source, size_t bytes) {
  ivec v = {0};
  // A copy whose length is known is a load; the other is a call.
  if (bytes >= sizeof v) {
    memcpy(&v, source, sizeof v);
  } else {
    memcpy(&v, source, bytes);
  }
  return v;
}

/// Packs up to LANES rows of `bytes` bytes as target[word * width + row]; like `pack_rows`, it writes LANES
/// words for each word of k.
static inline void pack_words(
    const char *source, size_t stride, size_t rows, size_t bytes, int32_t flip, int32_t *target,
    size_t width) {
  size_t words = ceil_div(bytes, 4);
  for (size_t k = 0; k < words; k += LANES) {
    vec v[LANES];
    for (size_t r = 0; r < LANES; r++) {
      ivec loaded = {0};
      if (r < rows) loaded = load_words(source + r * stride + k * 4, bytes - k * 4) ^ flip;
      memcpy(&v[r], &loaded, sizeof loaded);
    }
    transpose(v);
    for (size_t j = 0; j < LANES && k + j < words; j++)
      store((float *)target + (k + j) * width, v[j]);
  }
}

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

/// Rotates and rounds a row of x; `rotated` is scratch memory for k floats.
static void low_quantize(const low_job *job, size_t row, float *rotated, int8_t *units) {
  iris_const_rows x = job->args->x;
  const iris_quantization *how = &job->args->quantization;
  const char *source = (const char *)(x.data + (job->first_row + row) * x.stride);
  if (job->args->outlier_count > 0) {
    memcpy(rotated, source, job->args->k * sizeof(float));
    for (size_t i = 0; i < job->args->outlier_count; i++) rotated[job->args->outliers[i]] = 0;
    source = (const char *)rotated;
  }
  rotate_row(source, IRIS_FLOAT32, *how, job->args->k, rotated);
  int32_t sum;
  float unit = quantize_row(rotated, job->args->k, units, &sum);
  // Rotating both sides multiplies the product by the length of a group, unless the transform is orthonormal.
  float length = how->is_convrot ? 1 : (float)how->group;
  job->row_scales[row] = unit / length * job->args->scale;
  job->row_sums[row] = sum * LOW_OFFSET;
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
  if (w.format == IRIS_INT8 || w.format == IRIS_BFLOAT16) {
    size_t element = w.format == IRIS_INT8 ? 1 : 2;
    pack_words(
        (const char *)w.data + column * w.stride * element, w.stride * element, columns,
        k * element, w.format == IRIS_INT8 ? (int32_t)0x80808080 : 0, target, TILE_COLUMNS);
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

/// Turns a vector of sums into outputs; bias, weight scales and the outliers' product start at its first column.
static inline vec low_finished(
    const low_job *job, const int32_t *sums, size_t row, const float *scales, const float *bias,
    const float *outliers, const float *y) {
  vec value;
  if (job->is_int8) {
    ivec units;
    memcpy(&units, sums, sizeof units);
    value = __builtin_convertvector(units - job->row_sums[row], vec) *
            (load(scales) * job->row_scales[row]);
  } else {
    value = load((const float *)sums) * job->args->scale;
  }
  if (bias) value += load(bias);
  if (outliers) value += load(outliers);
  if (job->args->accumulate) value += load(y);
  return value;
}

/// Writes the sums of one tile, [rows][stride], and the product of its outlier columns, of the same shape, if there
/// are any. Not inlined, so that each caller rounds alike.
__attribute__((noinline)) static void low_finish(
    const low_job *job, const int32_t *sums, const float *outliers, size_t stride, size_t first_row,
    size_t rows, size_t column, size_t columns) {
  const iris_linear_args *args = job->args;
  for (size_t i = 0; i < rows; i++) {
    size_t row = first_row + i;
    float *y = args->y.data + (job->first_row + row) * args->y.stride + column;
    for (size_t j = 0; j < columns; j += LANES) {
      const float *bias = args->bias ? args->bias + column + j : NULL;
      const float *scales = job->is_int8 ? args->quantization.scales + column + j : NULL;
      const int32_t *sum = sums + i * stride + j;
      const float *added = outliers ? outliers + i * stride + j : NULL;
      size_t width = columns - j;
      if (width >= LANES) {
        store(y + j, low_finished(job, sum, row, scales, bias, added, y + j));
      } else {
        float base[LANES] = {0}, shift[LANES] = {0}, part[LANES] = {0};
        memcpy(base, y + j, width * sizeof(float));
        if (bias) memcpy(shift, bias, width * sizeof(float));
        if (scales) memcpy(part, scales, width * sizeof(float));
        store_part(
            y + j, low_finished(job, sum, row, part, bias ? shift : NULL, added, base), width);
      }
    }
  }
}

static void low_tile(void *context, size_t index) {
  const low_job *job = context;
  const iris_linear_args *args = job->args;
  size_t column = index % job->column_tiles * job->tile_columns;
  size_t columns = smaller(job->tile_columns, args->n - column);
  size_t first_panel = index / job->column_tiles * job->tile_panels;
  size_t last_panel = smaller(first_panel + job->tile_panels, ceil_div(job->rows, TILE_ROWS));
  size_t panel_words = job->words * TILE_COLUMNS;
  size_t panels = ceil_div(columns, TILE_COLUMNS), extra = args->outlier_count;
  int32_t *weights = (int32_t *)scratch(panels * (panel_words + extra * TILE_COLUMNS));
  float *outlier_weights = (float *)(weights + panels * panel_words);
  for (size_t j = 0; job->outliers && j < columns; j += TILE_COLUMNS)
    pack_b(
        args->outlier_weights, column + j, smaller(TILE_COLUMNS, columns - j), 0, extra,
        outlier_weights + j * extra);
  for (size_t j = 0; j < columns; j += LANES)
    low_pack_weights(
        job, column + j, smaller(LANES, columns - j),
        weights + j / TILE_COLUMNS * panel_words + j % TILE_COLUMNS);
  // The second half of the last panel, if there are no weights for it, must be numbers.
  for (size_t j = ceil_div(columns, LANES) * LANES; j % TILE_COLUMNS != 0; j += LANES)
    pack_words(NULL, 0, 0, job->words * 4, 0,
               weights + j / TILE_COLUMNS * panel_words + j % TILE_COLUMNS, TILE_COLUMNS);
  _Alignas(64) int32_t sums[TILE_ROWS * TILE_COLUMNS];
  _Alignas(64) float outliers[TILE_ROWS * TILE_COLUMNS];
  iris_rows outlier_rows = {outliers, TILE_COLUMNS};
  for (size_t p = first_panel; p < last_panel; p++) {
    const int32_t *a = job->packed + p * (job->words * TILE_ROWS + LANES);
    for (size_t j = 0; j < columns; j += TILE_COLUMNS) {
      job->tile(a, weights + j / TILE_COLUMNS * panel_words, job->words, sums);
      size_t row = p * TILE_ROWS, width = smaller(TILE_COLUMNS, columns - j);
      size_t rows = smaller(TILE_ROWS, job->rows - row);
      if (job->outliers)
        multiply_panels(
            job->outliers + p * extra * TILE_ROWS, outlier_weights + j * extra, extra, outlier_rows,
            TILE_ROWS, TILE_COLUMNS, (finish){args->scale, false, NULL});
      low_finish(
          job, sums, job->outliers ? outliers : NULL, TILE_COLUMNS, row, rows, column + j, width);
    }
  }
  free(weights);
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
  low_job job = {.args = args, .is_int8 = args->w.format == IRIS_INT8};
  job.tile = job.is_int8 ? low_int8_kernel() : low_bfloat16_kernel();
  job.words = ceil_div(args->k, job.is_int8 ? 4 : 2);
  size_t most = smaller(args->m, LOW_ROWS);
  job.packed =
      (int32_t *)scratch(ceil_div(most, TILE_ROWS) * (job.words * TILE_ROWS + LANES) + 2 * most);
  job.row_scales =
      (float *)job.packed + ceil_div(most, TILE_ROWS) * (job.words * TILE_ROWS + LANES);
  job.row_sums = (int32_t *)(job.row_scales + most);
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
}
