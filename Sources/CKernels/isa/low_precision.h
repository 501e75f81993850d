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

/// The numbers of one row of sums: the value of a unit, and the weights' offset in its sums.
typedef struct {
  float scale;
  int32_t offset;
} low_row;

/// Turns a vector of sums into outputs; bias, weight scales and what is added start at its first column.
static inline __attribute__((always_inline)) vec low_finished(
    const low_job *job, bool is_int8, const int32_t *sums, low_row row, const float *scales,
    const float *bias, const float *added, const float *y) {
  vec value;
  if (is_int8) {
    ivec units;
    memcpy(&units, sums, sizeof units);
    value = __builtin_convertvector(units - row.offset, vec) * (load(scales) * row.scale);
  } else {
    value = load((const float *)sums) * row.scale;
  }
  if (bias) value += load(bias);
  if (added) value += load(added);
  if (job->args->accumulate) value += load(y);
  return value;
}

static inline __attribute__((always_inline)) void low_finish_rows(
    const low_job *job, bool is_int8, const int32_t *sums, const float *added, size_t stride,
    size_t first_row, size_t rows, size_t column, size_t columns) {
  const iris_linear_args *args = job->args;
  const float *bias = args->bias ? args->bias + column : NULL;
  const float *scales = is_int8 ? args->quantization.scales + column : NULL;
  size_t whole = columns / LANES * LANES, rest = columns - whole;
  float shift[LANES] = {0}, part[LANES] = {0};
  if (rest && bias) memcpy(shift, bias + whole, rest * sizeof(float));
  if (rest && scales) memcpy(part, scales + whole, rest * sizeof(float));
  for (size_t i = 0; i < rows; i++, sums += stride, added += added ? stride : 0) {
    low_row row = {args->scale, 0};
    if (is_int8) row = (low_row){job->row_scales[first_row + i], job->row_sums[first_row + i]};
    float *y = args->y.data + (job->first_row + first_row + i) * args->y.stride + column;
    for (size_t j = 0; j < whole; j += LANES)
      store(
          y + j, low_finished(
                     job, is_int8, sums + j, row, scales + j, bias ? bias + j : NULL,
                     added ? added + j : NULL, y + j));
    if (rest == 0) continue;
    float base[LANES] = {0};
    memcpy(base, y + whole, rest * sizeof(float));
    store_part(
        y + whole,
        low_finished(
            job, is_int8, sums + whole, row, part, bias ? shift : NULL,
            added ? added + whole : NULL, base),
        rest);
  }
}

/// Writes the sums of one tile, [rows][stride], and what is added, of the same shape, if there is anything. Not
/// inlined, so that each caller rounds alike.
__attribute__((noinline)) static void low_finish(
    const low_job *job, const int32_t *sums, const float *added, size_t stride, size_t first_row,
    size_t rows, size_t column, size_t columns) {
  if (job->is_int8) {
    low_finish_rows(
        job, true, sums, added, stride, first_row, rows, column, columns);
  } else {
    low_finish_rows(
        job, false, sums, added, stride, first_row, rows, column, columns);
  }
}

/// The weights of a task as panels: its tile's, its outliers', and those of a low-rank change.
typedef struct {
  const int32_t *words, *up;
  float *outliers;
} low_weights;

/// Computes what is added to a tile: the products of the outlier columns and of the low-rank change. Returns
/// `added`, [TILE_ROWS][TILE_COLUMNS], or NULL if there is nothing to add.
static const float *low_added(
    const low_job *job, low_weights weights, size_t panel, size_t j, float *added) {
  const low_job *up = job->side ? &job->side->up : NULL;
  size_t extra = job->args->outlier_count;
  if (up) up->tile(low_panel(up, panel), weights.up + j * up->words, up->words, (int32_t *)added);
  if (job->outliers) {
    iris_rows target = {added, TILE_COLUMNS};
    multiply_panels(
        job->outliers + panel * extra * TILE_ROWS, weights.outliers + j * extra, extra, target,
        TILE_ROWS, TILE_COLUMNS, (finish){job->args->scale, up != NULL, NULL});
  }
  return up || job->outliers ? added : NULL;
}

static void low_tile(void *context, size_t index) {
  const low_job *job = context;
  const iris_linear_args *args = job->args;
  size_t column = index % job->column_tiles * job->tile_columns;
  size_t columns = smaller(job->tile_columns, args->n - column);
  size_t first_panel = index / job->column_tiles * job->tile_panels;
  size_t last_panel = smaller(first_panel + job->tile_panels, ceil_div(job->rows, TILE_ROWS));
  size_t panels = ceil_div(columns, TILE_COLUMNS), width = panels * TILE_COLUMNS;
  size_t extra = args->outlier_count, up_words = job->side ? job->side->up.words : 0;
  float *memory = scratch(width * (extra + up_words + (job->in_place ? 0 : job->words)));
  for (size_t j = 0; job->outliers && j < columns; j += TILE_COLUMNS)
    pack_b(
        args->outlier_weights, column + j, smaller(TILE_COLUMNS, columns - j), 0, extra,
        memory + j * extra);
  low_weights weights = {.outliers = memory};
  int32_t *up = (int32_t *)(memory + width * extra);
  if (job->side) weights.up = low_tile_weights(&job->side->up, column, columns, up);
  weights.words = low_tile_weights(job, column, columns, up + width * up_words);
  _Alignas(64) int32_t sums[TILE_ROWS * TILE_COLUMNS];
  _Alignas(64) float added[TILE_ROWS * TILE_COLUMNS];
  for (size_t p = first_panel; p < last_panel; p++) {
    for (size_t j = 0; j < columns; j += TILE_COLUMNS) {
      size_t row = p * TILE_ROWS, rows = smaller(TILE_ROWS, job->rows - row);
      job->tile(low_panel(job, p), weights.words + j * job->words, job->words, sums);
      low_finish(
          job, sums, low_added(job, weights, p, j, added), TILE_COLUMNS, row, rows, column + j,
          smaller(TILE_COLUMNS, columns - j));
    }
  }
  free(memory);
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

/// Memory for the packed rows of a job, and `extra` words more; it is freed by `low_linear`.
static int32_t *low_rows_memory(const low_job *job, size_t rows, size_t extra) {
  return (int32_t *)scratch(
      ceil_div(rows, TILE_ROWS) * (job->words * TILE_ROWS + LANES) + extra);
}

static void low_linear(iris_pool *pool, const iris_linear_args *args) {
  low_job job = {.args = args, .is_int8 = is_units(args->w.format)};
  low_side side = {
      .down_args = {.w = args->side_down, .n = args->side_rank, .k = args->k},
      .up_args = {.w = args->side_up, .n = args->n, .k = args->side_rank}};
  iris_tile_kernel side_tile = low_bfloat16_kernel();
  side.down = (low_job){.args = &side.down_args, .tile = side_tile, .words = ceil_div(args->k, 2)};
  side.up = (low_job){
      .args = &side.up_args, .tile = side_tile, .words = ceil_div(args->side_rank, 2)};
  job.in_place = args->w.format == IRIS_INT8_PANELS && args->w.encoding.first_row == 0 &&
                 TILE_COLUMNS == IRIS_PANEL_ROWS;
  job.tile = job.is_int8 ? low_int8_kernel() : low_bfloat16_kernel();
  job.words = ceil_div(args->k, job.is_int8 ? 4 : 2);
  size_t most = smaller(args->m, LOW_ROWS);
  job.packed = low_rows_memory(&job, most, 2 * most);
  job.row_scales = (float *)low_panel(&job, ceil_div(most, TILE_ROWS));
  job.row_sums = (int32_t *)(job.row_scales + most);
  if (job.is_int8) job.factors = low_factors(args);
  if (job.is_int8 && args->outlier_count > 0)
    job.outliers = scratch(ceil_div(most, TILE_ROWS) * TILE_ROWS * args->outlier_count);
  if (args->side_rank > 0) {
    job.side = &side;
    side.up.packed = low_rows_memory(&side.up, most, 0);
    size_t panels = ceil_div(args->side_rank, TILE_COLUMNS);
    side.down_weights = (int32_t *)scratch(panels * TILE_COLUMNS * side.down.words);
    iris_pool_run(pool, panels, low_pack_down, &side);
  }
  for (; job.first_row < args->m; job.first_row += LOW_ROWS) {
    job.rows = smaller(LOW_ROWS, args->m - job.first_row);
    size_t panels = ceil_div(job.rows, TILE_ROWS);
    low_plan(&job);
    iris_pool_run(pool, panels, low_pack_tile, &job);
    iris_pool_run(pool, job.column_tiles * ceil_div(panels, job.tile_panels), low_tile, &job);
  }
  free(job.packed);
  free(side.up.packed);
  free(side.down_weights);
  free(job.outliers);
  if (job.is_int8) low_free_factors(&job);
}
