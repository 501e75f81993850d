// Elementwise kernels.

/// Rows or runs per tile.
#define ELEMENT_ROWS 32
#define ELEMENT_RUN ((size_t)16384)

typedef struct {
  iris_const_rows x;
  iris_rows y;
  const float *gate;
  size_t rows, columns;
} rows_job;

static void gated_silu_tile(void *context, size_t index) {
  const rows_job *job = context;
  size_t features = job->columns;
  for (size_t r = index * ELEMENT_ROWS; r < smaller(job->rows, (index + 1) * ELEMENT_ROWS); r++) {
    const float *gate = job->x.data + r * job->x.stride, *up = gate + features;
    float *y = job->y.data + r * job->y.stride;
    size_t j = 0;
    for (; j + LANES <= features; j += LANES)
      store(y + j, silu_of(load(gate + j)) * load(up + j));
    if (j < features) {
      size_t rest = features - j;
      store_part(y + j, silu_of(load_part(gate + j, rest)) * load_part(up + j, rest), rest);
    }
  }
}

static void gated_silu(
    iris_pool *pool, iris_const_rows x, iris_rows y, size_t rows, size_t features) {
  rows_job job = {x, y, NULL, rows, features};
  iris_pool_run(pool, ceil_div(rows, ELEMENT_ROWS), gated_silu_tile, &job);
}

static void gated_add_tile(void *context, size_t index) {
  const rows_job *job = context;
  for (size_t r = index * ELEMENT_ROWS; r < smaller(job->rows, (index + 1) * ELEMENT_ROWS); r++) {
    const float *branch = job->x.data + r * job->x.stride;
    float *stream = job->y.data + r * job->y.stride;
    if (job->gate) {
      for (size_t j = 0; j < job->columns; j++) stream[j] += job->gate[j] * branch[j];
    } else {
      for (size_t j = 0; j < job->columns; j++) stream[j] += branch[j];
    }
  }
}

static void gated_add(
    iris_pool *pool, iris_rows x, iris_const_rows y, const float *gate, size_t rows,
    size_t columns) {
  rows_job job = {y, x, gate, rows, columns};
  iris_pool_run(pool, ceil_div(rows, ELEMENT_ROWS), gated_add_tile, &job);
}

static void silu_tile(void *context, size_t index) {
  const rows_job *job = context;
  size_t last = smaller(job->columns, (index + 1) * ELEMENT_RUN);
  for (size_t j = index * ELEMENT_RUN; j < last; j += LANES) {
    size_t rest = last - j;
    if (rest >= LANES) {
      store(job->y.data + j, silu_of(load(job->y.data + j)));
    } else {
      store_part(job->y.data + j, silu_of(load_part(job->y.data + j, rest)), rest);
    }
  }
}

static void silu(iris_pool *pool, float *x, size_t count) {
  rows_job job = {{x, count}, {x, count}, NULL, 1, count};
  iris_pool_run(pool, ceil_div(count, ELEMENT_RUN), silu_tile, &job);
}
