// Finds columns whose values are far larger than the others'. In int8 their product is left out and computed in
// float32: rounding it would cost the sum of the others as much as they contribute (Dettmers et al.,
// "LLM.int8()", arXiv:2208.07339).

/// Rows of a task that takes maxima.
#define OUTLIER_ROWS ((size_t)64)

typedef struct {
  iris_const_rows x;
  size_t m, k;
  /// Largest absolute values, [task][column].
  float *partial;
} outlier_job;

static void outlier_tile(void *context, size_t index) {
  const outlier_job *job = context;
  float *largest = job->partial + index * job->k;
  memset(largest, 0, job->k * sizeof(float));
  size_t row = index * OUTLIER_ROWS, last = smaller(job->m, row + OUTLIER_ROWS);
  // Four rows at a time: the maxima would be loaded and stored for each row otherwise.
  for (; row < last; row += 4) {
    const float *x[4];
    for (size_t i = 0; i < 4; i++)
      x[i] = job->x.data + smaller(row + i, last - 1) * job->x.stride;
    size_t j = 0;
    for (; j + LANES <= job->k; j += LANES) {
      vec found = load(largest + j);
      for (size_t i = 0; i < 4; i++)
        found = __builtin_elementwise_max(found, __builtin_elementwise_abs(load(x[i] + j)));
      store(largest + j, found);
    }
    for (; j < job->k; j++)
      for (size_t i = 0; i < 4; i++) largest[j] = fmaxf(largest[j], fabsf(x[i][j]));
  }
}

/// The binary exponent of a number that is not negative, 0 to 255.
static inline int exponent_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return (int)(bits >> 23);
}

static size_t outlier_columns(
    iris_pool *pool, iris_const_rows x, const float *factors, size_t m, size_t k, int orders,
    size_t limit, size_t *columns) {
  if (m == 0 || k == 0) return 0;
  size_t tasks = ceil_div(m, OUTLIER_ROWS);
  outlier_job job = {x, m, k, scratch(tasks * k)};
  iris_pool_run(pool, tasks, outlier_tile, &job);
  size_t counts[256] = {0};
  for (size_t task = 1; task < tasks; task++) {
    const float *part = job.partial + task * k;
    for (size_t j = 0; j < k; j++)
      job.partial[j] = part[j] > job.partial[j] ? part[j] : job.partial[j];
  }
  for (size_t j = 0; j < k; j++) {
    job.partial[j] *= fabsf(factors[j]);
    counts[exponent_of(job.partial[j])]++;
  }
  int median = 0;
  for (size_t below = counts[0]; below <= k / 2 && median < 254; below += counts[median]) median++;
  int least = median + orders;
  size_t found = 0;
  for (int e = least; e < 255; e++) found += counts[e];
  while (found > limit && least < 255) found -= counts[least++];
  size_t count = 0;
  // Values that are not finite are no outliers: they must stay visible.
  for (size_t j = 0; j < k && least < 255; j++) {
    int exponent = exponent_of(job.partial[j]);
    if (exponent >= least && exponent < 255) columns[count++] = j;
  }
  free(job.partial);
  return count;
}
