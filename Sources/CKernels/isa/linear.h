// y = x * w^T: activations are packed once; each tile of weights is widened and packed by the
// thread that uses it, so that no widened copy of the weights is stored.

/// Rows of x that are packed at a time; limits the scratch memory.
#define LINEAR_ROWS ((size_t)TILE_ROWS * 240)

typedef struct {
  const iris_linear_args *args;
  float *packed;
  size_t panel_stride;
  size_t first_row, rows;
  size_t tile_columns, column_tiles;
  size_t tile_panels;
} linear_job;

static void linear_pack_tile(void *context, size_t index) {
  const linear_job *job = context;
  iris_const_rows x = job->args->x;
  size_t row = index * TILE_ROWS;
  pack_a(
      x.data + (job->first_row + row) * x.stride, x.stride, smaller(TILE_ROWS, job->rows - row),
      job->args->k, job->packed + index * job->panel_stride);
}

/// Computes one run of k of one tile: columns from `column` on, for all A panels of the task.
static void linear_run(
    const linear_job *job, const float *b, size_t column, size_t columns, size_t k, size_t depth,
    size_t first_panel, size_t panels) {
  const iris_linear_args *args = job->args;
  finish how = {args->scale, args->accumulate || k > 0, NULL};
  for (size_t p = first_panel; p < first_panel + panels; p++) {
    const float *a = job->packed + p * job->panel_stride + k * TILE_ROWS;
    size_t row = p * TILE_ROWS, rows = smaller(TILE_ROWS, job->rows - row);
    for (size_t j = 0; j < columns; j += TILE_COLUMNS) {
      how.bias = args->bias && k == 0 ? args->bias + column + j : NULL;
      iris_rows c = {
          args->y.data + (job->first_row + row) * args->y.stride + column + j, args->y.stride};
      multiply_panels(a, b + j * depth, depth, c, rows, smaller(TILE_COLUMNS, columns - j), how);
    }
  }
}

static void linear_tile(void *context, size_t index) {
  const linear_job *job = context;
  const iris_linear_args *args = job->args;
  size_t column = index % job->column_tiles * job->tile_columns;
  size_t columns = smaller(job->tile_columns, args->n - column);
  size_t first_panel = index / job->column_tiles * job->tile_panels;
  size_t panels = smaller(job->tile_panels, ceil_div(job->rows, TILE_ROWS) - first_panel);
  float *b = scratch(job->tile_columns * smaller(DEPTH, args->k));
  for (size_t k = 0; k < args->k; k += DEPTH) {
    size_t depth = smaller(DEPTH, args->k - k);
    for (size_t j = 0; j < columns; j += TILE_COLUMNS)
      pack_b(
          args->w, column + j, smaller(TILE_COLUMNS, columns - j), k, depth, b + j * depth);
    linear_run(job, b, column, columns, k, depth, first_panel, panels);
  }
  free(b);
}

/// Dot products of up to LINEAR_DOT_ROWS rows of x with 16 rows of w, straight from memory.
#define LINEAR_DOT_COLUMNS 16

static float dot(const float *x, const char *w, enum iris_format format, size_t count) {
  vec sum[4] = {{0}};
  size_t k = 0, element = stored_width(format);
  for (; k + 4 * LANES <= count; k += 4 * LANES)
    for (size_t u = 0; u < 4; u++)
      sum[u] += load(x + k + u * LANES) * load_stored(w + (k + u * LANES) * element, format);
  for (; k + LANES <= count; k += LANES)
    sum[0] += load(x + k) * load_stored(w + k * element, format);
  float total = sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
  for (; k < count; k++) total += x[k] * load_stored_one(w + k * element, format);
  return total;
}

static void linear_dot_tile(void *context, size_t index) {
  const iris_linear_args *args = context;
  size_t last = smaller(args->n, (index + 1) * LINEAR_DOT_COLUMNS);
  float *memory = is_encoded(args->w.format) ? scratch(args->k) : NULL;
  for (size_t n = index * LINEAR_DOT_COLUMNS; n < last; n++) {
    stored_run w = read_run(args->w, n, 0, args->k, memory);
    for (size_t m = 0; m < args->m; m++) {
      float *y = args->y.data + m * args->y.stride + n;
      float value = args->scale * dot(args->x.data + m * args->x.stride, w.data, w.format, args->k);
      *y = (args->accumulate ? *y : 0) + value + (args->bias ? args->bias[n] : 0);
    }
  }
  free(memory);
}

static void linear(iris_pool *pool, const iris_linear_args *args) {
  if (args->m == 0 || args->n == 0) return;
  if (provided_linear(pool, args)) return;
  bool is_int8 = is_units(args->w.format);
  if (is_int8 || (args->bfloat16 && args->m >= LINEAR_DOT_ROWS)) {
    low_linear(pool, args);
    return;
  }
  if (args->m < LINEAR_DOT_ROWS) {
    iris_pool_run(
        pool, ceil_div(args->n, LINEAR_DOT_COLUMNS), linear_dot_tile, (void *)(uintptr_t)args);
    return;
  }
  linear_job job = {.args = args, .panel_stride = args->k * TILE_ROWS + LANES};
  size_t most_panels = ceil_div(smaller(args->m, LINEAR_ROWS), TILE_ROWS);
  job.packed = scratch(most_panels * job.panel_stride);
  // Wide tiles reuse the cache lines of a packed weight tile; narrow outputs use narrower tiles and
  // fewer rows, so that there are enough tiles for several threads.
  size_t wide = args->n >= 1024 ? 8 : args->n >= 256 ? 2 : 1;
  job.tile_columns = wide * TILE_COLUMNS;
  job.column_tiles = ceil_div(args->n, job.tile_columns);
  job.tile_panels = args->n >= 1024 ? LINEAR_ROWS : 24;
  for (; job.first_row < args->m; job.first_row += LINEAR_ROWS) {
    job.rows = smaller(LINEAR_ROWS, args->m - job.first_row);
    size_t panels = ceil_div(job.rows, TILE_ROWS);
    iris_pool_run(pool, panels, linear_pack_tile, &job);
    iris_pool_run(
        pool, job.column_tiles * ceil_div(panels, job.tile_panels), linear_tile, &job);
  }
  free(job.packed);
}
