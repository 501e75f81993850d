// What products in bfloat16 and int8 multiply: rows and weights as 32-bit words, in panels as in `product.h`. Rows are
// rounded, in int8 rotated first, and multiplied with the narrow factor of a low-rank change on the way.

typedef struct low_job {
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
  /// The product of x and a low-rank change that is added, of the same rows and columns; NULL for none.
  struct low_side *side;
} low_job;

/// The products of a low-rank change, in bfloat16: `down` of x, and `up` of what it gives, [panel][word][TILE_ROWS].
typedef struct low_side {
  low_job down, up;
  iris_linear_args down_args, up_args;
  /// The packed weights of `down`, [panel][word][TILE_COLUMNS].
  int32_t *down_weights;
} low_side;

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

/// Packs up to TILE_ROWS rows of k floats into a panel.
static void low_narrow(iris_const_rows x, size_t rows, size_t k, int32_t *panel) {
  uint16_t *narrow = (uint16_t *)scratch(TILE_ROWS * (k / 2 + 1));
  for (size_t r = 0; r < rows; r++)
    narrow_row((const char *)(x.data + r * x.stride), IRIS_FLOAT32, k, narrow + r * k);
  pack_words((const char *)narrow, k * 2, rows, k * 2, 0, panel, TILE_ROWS);
  free(narrow);
}

static void low_pack_bfloat16(const low_job *job, size_t row, size_t rows, int32_t *panel) {
  iris_const_rows x = job->args->x;
  x.data += (job->first_row + row) * x.stride;
  low_narrow(x, rows, job->args->k, panel);
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

/// Returns one panel of the packed rows, which has LANES words of slack after it.
static inline int32_t *low_panel(const low_job *job, size_t panel) {
  return job->packed + panel * (job->words * TILE_ROWS + LANES);
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

/// Packs the weights of one panel of `down`.
static void low_pack_down(void *context, size_t index) {
  low_side *side = context;
  size_t column = index * TILE_COLUMNS;
  low_tile_weights(
      &side->down, column, smaller(TILE_COLUMNS, side->down_args.n - column),
      side->down_weights + column * side->down.words);
}

/// Multiplies one panel of rows with `down`, and packs what that gives for `up`.
static void low_pack_side(const low_job *job, size_t row, size_t rows, size_t index) {
  const low_side *side = job->side;
  size_t rank = side->up_args.k, width = ceil_div(rank, TILE_COLUMNS) * TILE_COLUMNS;
  size_t words = side->down.words;
  float *products = scratch(TILE_ROWS * (width + TILE_COLUMNS + words) + LANES);
  int32_t *sums = (int32_t *)(products + TILE_ROWS * width);
  int32_t *panel = sums + TILE_ROWS * TILE_COLUMNS;
  if (job->is_int8) {
    low_pack_bfloat16(job, row, rows, panel);
  } else {
    panel = low_panel(job, index);
  }
  for (size_t j = 0; j < rank; j += TILE_COLUMNS) {
    side->down.tile(panel, side->down_weights + j * words, words, sums);
    for (size_t r = 0; r < rows; r++)
      for (size_t c = 0; c < TILE_COLUMNS; c += LANES)
        store(
            products + r * width + j + c,
            load((const float *)sums + r * TILE_COLUMNS + c) * job->args->side_scale);
  }
  low_narrow((iris_const_rows){products, width}, rows, rank, low_panel(&side->up, index));
  free(products);
}

static void low_pack_tile(void *context, size_t index) {
  const low_job *job = context;
  size_t row = index * TILE_ROWS, rows = smaller(TILE_ROWS, job->rows - row);
  (job->is_int8 ? low_pack_int8 : low_pack_bfloat16)(job, row, rows, low_panel(job, index));
  if (job->side) low_pack_side(job, row, rows, index);
  if (job->outliers)
    low_pack_outliers(
        job, row, rows, job->outliers + index * job->args->outlier_count * TILE_ROWS);
}
