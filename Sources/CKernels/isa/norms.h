// Normalisations over rows. Sums are accumulated in LANES lanes and reduced in a fixed order.

/// Rows per tile, enough to amortise the scheduling.
#define NORM_ROWS 16

typedef struct {
  iris_const_rows x;
  iris_rows y;
  const float *shift, *scale;
  size_t rows, columns;
  float eps;
} norm_job;

static double row_sum(const float *x, size_t count, float centre, bool squared) {
  vec sum[2] = {{0}};
  size_t j = 0;
  for (; j + 2 * LANES <= count; j += 2 * LANES)
    for (size_t u = 0; u < 2; u++) {
      vec v = load(x + j + u * LANES) - centre;
      sum[u] += squared ? v * v : v;
    }
  double total = 0;
  for (; j < count; j++) {
    float v = x[j] - centre;
    total += squared ? v * v : v;
  }
  for (size_t i = 0; i < LANES; i++) total += (double)sum[0][i] + (double)sum[1][i];
  return total;
}

static void modulated_layer_norm_tile(void *context, size_t index) {
  const norm_job *job = context;
  for (size_t r = index * NORM_ROWS; r < smaller(job->rows, (index + 1) * NORM_ROWS); r++) {
    const float *x = job->x.data + r * job->x.stride;
    float *y = job->y.data + r * job->y.stride;
    double count = (double)job->columns;
    float mean = (float)(row_sum(x, job->columns, 0, false) / count);
    double variance = row_sum(x, job->columns, mean, true) / count;
    float inverse = (float)(1 / sqrt(variance + (double)job->eps));
    for (size_t j = 0; j < job->columns; j++)
      y[j] = (1 + job->scale[j]) * ((x[j] - mean) * inverse) + job->shift[j];
  }
}

static void modulated_layer_norm(
    iris_pool *pool, iris_const_rows x, const float *shift, const float *scale, iris_rows y,
    size_t rows, size_t columns, float eps) {
  norm_job job = {x, y, shift, scale, rows, columns, eps};
  iris_pool_run(pool, ceil_div(rows, NORM_ROWS), modulated_layer_norm_tile, &job);
}

static float inverse_rms(const float *x, size_t count, float eps) {
  return (float)(1 / sqrt(row_sum(x, count, 0, true) / (double)count + (double)eps));
}

static void rms_norm_tile(void *context, size_t index) {
  const norm_job *job = context;
  for (size_t r = index * NORM_ROWS; r < smaller(job->rows, (index + 1) * NORM_ROWS); r++) {
    const float *x = job->x.data + r * job->x.stride;
    float *y = job->y.data + r * job->y.stride;
    float inverse = inverse_rms(x, job->columns, job->eps);
    for (size_t j = 0; j < job->columns; j++) y[j] = job->scale[j] * (x[j] * inverse);
  }
}

static void rms_norm(
    iris_pool *pool, iris_const_rows x, const float *weight, iris_rows y, size_t rows,
    size_t columns, float eps) {
  norm_job job = {x, y, NULL, weight, rows, columns, eps};
  iris_pool_run(pool, ceil_div(rows, NORM_ROWS), rms_norm_tile, &job);
}

static void rotate_interleaved(float *x, const float *cosine, const float *sine, size_t width) {
  for (size_t k = 0; k < width / 2; k++) {
    float a = x[2 * k], b = x[2 * k + 1];
    x[2 * k] = a * cosine[k] - b * sine[k];
    x[2 * k + 1] = b * cosine[k] + a * sine[k];
  }
}

static void rotate_halves(float *x, const float *cosine, const float *sine, size_t width) {
  size_t half = width / 2;
  for (size_t k = 0; k < half; k++) {
    float a = x[k], b = x[k + half];
    x[k] = a * cosine[k] - b * sine[k];
    x[k + half] = b * cosine[k] + a * sine[k];
  }
}

static void head_norm_rotary_tile(void *context, size_t index) {
  const iris_head_norm_args *args = context;
  size_t width = args->width;
  for (size_t r = index * NORM_ROWS; r < smaller(args->rows, (index + 1) * NORM_ROWS); r++) {
    const float *cosine = args->cosine + r * (width / 2), *sine = args->sine + r * (width / 2);
    for (size_t h = 0; h < args->heads; h++) {
      float *x = args->x.data + r * args->x.stride + h * width;
      float inverse = inverse_rms(x, width, args->eps);
      for (size_t j = 0; j < width; j++) x[j] = args->weight[j] * (x[j] * inverse);
      (args->interleaved ? rotate_interleaved : rotate_halves)(x, cosine, sine, width);
    }
  }
}

static void head_norm_rotary(iris_pool *pool, const iris_head_norm_args *args) {
  iris_pool_run(
      pool, ceil_div(args->rows, NORM_ROWS), head_norm_rotary_tile, (void *)(uintptr_t)args);
}
