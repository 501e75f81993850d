// y = x * w^T by a library: it multiplies one tile at a time, on the thread that calls it. Tiles are cut by
// shape alone, as everywhere. Rows are rounded to bfloat16 or int8 and sums are finished as in
// `low_precision.h`, so that exact sums give the same bytes as the kernels there.

/// Below this many rows, dot products that read each weight once are faster than any packing.
#define LINEAR_DOT_ROWS 4
/// Rows and columns of a tile; a library packs both sides of it anew. Few columns get fewer rows, so that
/// several threads have tiles.
#define PROVIDED_ROWS ((size_t)384)
#define PROVIDED_COLUMNS ((size_t)512)
/// Rows of x that a task rounds.
#define PROVIDED_PACKED_ROWS ((size_t)16)
/// Bytes of the weights of a tile that are stored in another format than the library multiplies.
#define PROVIDED_WEIGHT_BYTES ((size_t)4 << 20)

typedef struct {
  low_job low;
  void (*product)(const iris_tile_product *);
  size_t tile_rows, tile_columns, column_tiles;
  /// k of a widened tile of weights: all of it but in float32.
  size_t depth;
  /// Bytes of an element on the way into the library; 4 in float32.
  size_t element;
  /// The rounded rows, [row][k].
  char *packed;
} provided_job;

static bool provided_converts(const provided_job *job) {
  enum iris_format format = job->low.args->w.format;
  return format != (job->element == 4 ? IRIS_FLOAT32 : job->element == 2 ? IRIS_BFLOAT16 : IRIS_INT8);
}

static void provided_pack_tile(void *context, size_t index) {
  const provided_job *job = context;
  const iris_linear_args *args = job->low.args;
  size_t first = index * PROVIDED_PACKED_ROWS, k = args->k;
  size_t last = smaller(job->low.rows, first + PROVIDED_PACKED_ROWS);
  float *rotated = job->low.is_int8 ? scratch(k) : NULL;
  for (size_t row = first; row < last; row++) {
    char *target = job->packed + row * k * job->element;
    const float *source = args->x.data + (job->low.first_row + row) * args->x.stride;
    if (job->low.is_int8) {
      low_quantize(&job->low, row, rotated, (int8_t *)target);
      // The library's sums are of weights without an offset.
      job->low.row_sums[row] = 0;
    } else {
      narrow_row((const char *)source, IRIS_FLOAT32, k, (uint16_t *)target);
    }
  }
  free(rotated);
}

/// Converts w[columns, depth] to what the library multiplies.
static void provided_convert(
    const provided_job *job, size_t column, size_t columns, size_t k, size_t depth, void *target) {
  iris_stored w = job->low.args->w;
  if (job->element == 1) {
    unpack_units(w, column, columns, depth, target);
    return;
  }
  float *memory = job->element < 4 && is_encoded(w.format) ? scratch(depth) : NULL;
  for (size_t r = 0; r < columns; r++) {
    if (job->element == 4) {
      widen(w, column + r, k, depth, (float *)target + r * depth);
    } else {
      stored_run run = read_run(w, column + r, k, depth, memory);
      narrow_row(run.data, run.format, depth, (uint16_t *)target + r * depth);
    }
  }
  free(memory);
}

/// y += bias.
static void provided_add_bias(
    const iris_linear_args *args, size_t row, size_t rows, size_t column, size_t columns) {
  for (size_t i = row; i < row + rows; i++)
    for (size_t j = column; j < column + columns; j++)
      args->y.data[i * args->y.stride + j] += args->bias[j];
}

/// Sums over k in runs of `depth`, which differ from k only where weights are widened to float32.
static void provided_multiply(
    const provided_job *job, iris_tile_product product, size_t column) {
  const iris_linear_args *args = job->low.args;
  const char *x = product.x;
  if (!provided_converts(job)) {
    size_t element = job->element;
    product.w = (const char *)args->w.data + column * args->w.stride * element;
    product.w_stride = args->w.stride;
    job->product(&product);
    return;
  }
  float *weights = scratch(ceil_div(product.n * job->depth * job->element, sizeof(float)));
  product.w = weights;
  for (size_t k = 0; k < args->k; k += job->depth) {
    product.k = product.w_stride = smaller(job->depth, args->k - k);
    product.x = x + k * job->element;
    provided_convert(job, column, product.n, k, product.k, weights);
    job->product(&product);
    product.accumulate = true;
  }
  free(weights);
}

/// The product of the outlier columns, [rows][columns], in the order of `low_tile`.
static void provided_outliers(
    const low_job *job, size_t row, size_t rows, size_t column, size_t columns, float *product) {
  size_t extra = job->args->outlier_count;
  float *panel = scratch(extra * (TILE_ROWS + TILE_COLUMNS)), *weights = panel + extra * TILE_ROWS;
  finish how = {job->args->scale, false, NULL};
  for (size_t j = 0; j < columns; j += TILE_COLUMNS) {
    size_t width = smaller(TILE_COLUMNS, columns - j);
    pack_b(job->args->outlier_weights, column + j, width, 0, extra, weights);
    for (size_t i = 0; i < rows; i += TILE_ROWS) {
      size_t height = smaller(TILE_ROWS, rows - i);
      iris_rows part = {product + i * columns + j, columns};
      low_pack_outliers(job, row + i, height, panel);
      multiply_panels(panel, weights, extra, part, height, width, how);
    }
  }
  free(panel);
}

static void provided_tile(void *context, size_t index) {
  const provided_job *job = context;
  const iris_linear_args *args = job->low.args;
  size_t column = index % job->column_tiles * job->tile_columns;
  size_t row = index / job->column_tiles * job->tile_rows;
  size_t columns = smaller(job->tile_columns, args->n - column);
  size_t rows = smaller(job->tile_rows, job->low.rows - row);
  float *y = args->y.data + (job->low.first_row + row) * args->y.stride + column;
  iris_tile_product product = {.m = rows, .n = columns, .k = args->k, .scale = 1};
  if (job->element == 4) {
    product.x = args->x.data + (job->low.first_row + row) * args->x.stride;
    product.x_stride = args->x.stride;
    product.y = y;
    product.y_stride = args->y.stride;
    product.scale = args->scale;
    product.accumulate = args->accumulate;
    provided_multiply(job, product, column);
    if (args->bias) provided_add_bias(args, job->low.first_row + row, rows, column, columns);
    return;
  }
  product.x = job->packed + row * args->k * job->element;
  product.x_stride = args->k;
  // bfloat16 sums that need nothing more go where they belong.
  bool direct = !job->low.is_int8 && args->scale == 1 && !args->accumulate && !args->bias;
  // Sums are read by vectors, also those at the end of a row.
  float *sums = direct ? y : scratch(rows * columns + LANES);
  product.y = sums;
  product.y_stride = direct ? args->y.stride : columns;
  provided_multiply(job, product, column);
  if (direct) return;
  float *outliers = NULL;
  if (job->low.is_int8 && args->outlier_count > 0) {
    outliers = scratch(rows * columns + LANES);
    provided_outliers(&job->low, row, rows, column, columns, outliers);
  }
  low_finish(&job->low, (const int32_t *)sums, outliers, columns, row, rows, column, columns);
  free(outliers);
  free(sums);
}

static void provided_plan(provided_job *job) {
  const iris_linear_args *args = job->low.args;
  job->tile_rows = args->n > PROVIDED_COLUMNS ? PROVIDED_ROWS : PROVIDED_ROWS / 2;
  // Each tile of rows decodes its weights anew.
  if (is_encoded(args->w.format)) job->tile_rows *= 4;
  job->tile_columns = PROVIDED_COLUMNS;
  job->depth = args->k;
  if (provided_converts(job)) {
    // float32 sums run over k in pieces, bfloat16 ones over narrower tiles.
    size_t most = PROVIDED_WEIGHT_BYTES / job->element;
    if (job->element == 4) job->depth = smaller(args->k, most / PROVIDED_COLUMNS);
    size_t narrow = most / job->depth / 32 * 32;
    job->tile_columns = smaller(PROVIDED_COLUMNS, narrow ? narrow : 32);
  }
  job->column_tiles = ceil_div(args->n, job->tile_columns);
}

/// Returns false if there is no library, or it has no such product.
static bool provided_linear(iris_pool *pool, const iris_linear_args *args) {
  const iris_product_library *library = args->library;
  if (!library || args->m < LINEAR_DOT_ROWS || args->k == 0) return false;
  provided_job job = {.low = {.args = args, .is_int8 = is_units(args->w.format)}, .element = 4};
  job.product = library->float32;
  if (job.low.is_int8) {
    job.product = library->int8;
    job.element = 1;
  } else if (args->bfloat16) {
    job.product = library->bfloat16;
    job.element = 2;
  }
  if (!job.product) return false;
  provided_plan(&job);
  size_t most = job.element == 4 ? args->m : smaller(args->m, PROVIDED_ROWS * 4);
  float *memory = NULL;
  if (job.low.is_int8) job.low.factors = low_factors(args);
  if (job.element < 4) {
    size_t words = ceil_div(most * args->k * job.element, sizeof(float));
    memory = scratch(words + 2 * most);
    job.packed = (char *)memory;
    job.low.row_scales = memory + words;
    job.low.row_sums = (int32_t *)(job.low.row_scales + most);
  }
  for (; job.low.first_row < args->m; job.low.first_row += most) {
    job.low.rows = smaller(most, args->m - job.low.first_row);
    if (memory)
      iris_pool_run(pool, ceil_div(job.low.rows, PROVIDED_PACKED_ROWS), provided_pack_tile, &job);
    iris_pool_run(
        pool, job.column_tiles * ceil_div(job.low.rows, job.tile_rows), provided_tile, &job);
  }
  free(memory);
  if (job.low.is_int8) low_free_factors(&job.low);
  return true;
}
