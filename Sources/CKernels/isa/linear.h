// y = x * w^T: activations are packed once; each tile of weights is widened and packed by the
// thread that uses it, so that no widened copy of the weights is stored.

/// Rows of x that are packed at a time; limits the scratch memory.
#define LINEAR_ROWS ((size_t)TILE_ROWS * 240)

typedef struct linear_job {
  const iris_linear_args *args;
  float *packed;
  size_t panel_stride;
  size_t first_row, rows;
  size_t tile_columns, column_tiles;
  size_t tile_panels;
  /// The second product of a low-rank change, of the same rows and columns, which is added; NULL for none.
  const struct linear_job *up;
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

/// Computes one tile over the whole of k.
static void linear_columns(
    const linear_job *job, size_t column, size_t columns, size_t first_panel, size_t panels) {
  const iris_linear_args *args = job->args;
  size_t width = ceil_div(columns, TILE_COLUMNS) * TILE_COLUMNS;
  float *b = scratch(width * smaller(DEPTH, args->k));
  for (size_t k = 0; k < args->k; k += DEPTH) {
    size_t depth = smaller(DEPTH, args->k - k);
    for (size_t j = 0; j < columns; j += TILE_COLUMNS)
      pack_b(
          args->w, column + j, smaller(TILE_COLUMNS, columns - j), k, depth, b + j * depth);
    linear_run(job, b, column, columns, k, depth, first_panel, panels);
  }
  free(b);
}

static void linear_tile(void *context, size_t index) {
  const linear_job *job = context;
  size_t column = index % job->column_tiles * job->tile_columns;
  size_t columns = smaller(job->tile_columns, job->args->n - column);
  size_t first_panel = index / job->column_tiles * job->tile_panels;
  size_t panels = smaller(job->tile_panels, ceil_div(job->rows, TILE_ROWS) - first_panel);
  linear_columns(job, column, columns, first_panel, panels);
  if (job->up) linear_columns(job->up, column, columns, first_panel, panels);
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

static void linear(iris_pool *pool, const iris_linear_args *args);

/// Describes the first product of a low-rank change, into memory of its own, which the caller frees.
static iris_linear_args side_down(const iris_linear_args *args) {
  size_t rank = args->side_rank;
  return (iris_linear_args){
      .x = args->x, .w = args->side_down, .bfloat16 = args->bfloat16 || is_units(args->w.format),
      .y = {rank ? scratch(args->m * rank) : NULL, rank}, .m = args->m, .n = rank, .k = args->k,
      .scale = 1, .library = args->library};
}

/// Describes the second product, of what the first one gives, which is added to the outputs.
static iris_linear_args side_up(const iris_linear_args *args, iris_rows narrow) {
  return (iris_linear_args){
      .x = {narrow.data, narrow.stride}, .w = args->side_up,
      .bfloat16 = args->bfloat16 || is_units(args->w.format), .y = args->y, .m = args->m,
      .n = args->n, .k = args->side_rank, .scale = args->side_scale, .accumulate = true,
      .library = args->library};
}

/// Adds the product of a low-rank change to a product that was computed without it.
static void linear_add_side(iris_pool *pool, const iris_linear_args *args) {
  if (args->side_rank == 0) return;
  iris_linear_args down = side_down(args), up = side_up(args, down.y);
  linear(pool, &down);
  linear(pool, &up);
  free(down.y.data);
}

/// Divides the work: wide tiles reuse the cache lines of a packed weight tile; narrow outputs use narrower tiles and
/// fewer rows, so that there are enough tiles for several threads.
static linear_job linear_job_of(const iris_linear_args *args) {
  size_t wide = args->n >= 1024 ? 8 : args->n >= 256 ? 2 : 1;
  size_t tile_columns = wide * TILE_COLUMNS;
  return (linear_job){
      .args = args, .panel_stride = args->k * TILE_ROWS + LANES, .tile_columns = tile_columns,
      .column_tiles = ceil_div(args->n, tile_columns),
      .tile_panels = args->n >= 1024 ? LINEAR_ROWS : args->n > tile_columns ? 24 : 8};
}

/// Memory for the packed rows of a job.
static float *linear_memory(const linear_job *job) {
  size_t rows = smaller(job->args->m, LINEAR_ROWS);
  return scratch(ceil_div(rows, TILE_ROWS) * job->panel_stride);
}

static void linear_run_tiles(iris_pool *pool, linear_job *job) {
  size_t panels = ceil_div(job->rows, TILE_ROWS);
  iris_pool_run(
      pool, job->column_tiles * ceil_div(panels, job->tile_panels), linear_tile, job);
}

static void linear(iris_pool *pool, const iris_linear_args *args) {
  if (args->m == 0 || args->n == 0) return;
  if (provided_linear(pool, args)) {
    linear_add_side(pool, args);
    return;
  }
  bool is_int8 = is_units(args->w.format);
  if (is_int8 || (args->bfloat16 && args->m >= LINEAR_DOT_ROWS)) {
    low_linear(pool, args);
    return;
  }
  if (args->m < LINEAR_DOT_ROWS) {
    iris_pool_run(
        pool, ceil_div(args->n, LINEAR_DOT_COLUMNS), linear_dot_tile, (void *)(uintptr_t)args);
    linear_add_side(pool, args);
    return;
  }
  linear_job job = linear_job_of(args);
  iris_linear_args down_args = side_down(args), up_args = side_up(args, down_args.y);
  linear_job down = linear_job_of(&down_args), up = linear_job_of(&up_args);
  job.packed = linear_memory(&job);
  if (args->side_rank > 0) {
    up.packed = linear_memory(&up);
    job.up = &up;
  }
  for (; job.first_row < args->m; job.first_row += LINEAR_ROWS) {
    job.rows = down.rows = up.rows = smaller(LINEAR_ROWS, args->m - job.first_row);
    down.first_row = up.first_row = job.first_row;
    size_t panels = ceil_div(job.rows, TILE_ROWS);
    iris_pool_run(pool, panels, linear_pack_tile, &job);
    if (job.up) {
      down.packed = job.packed;
      linear_run_tiles(pool, &down);
      iris_pool_run(pool, panels, linear_pack_tile, &up);
    }
    linear_run_tiles(pool, &job);
  }
  free(job.packed);
  free(up.packed);
  free(down_args.y.data);
}
