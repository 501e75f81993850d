// Group normalisation of a channels-last image. Channel sums over fixed blocks of pixels are added
// in double precision, in block order.

#define GROUP_NORM_PIXELS ((size_t)1024)

typedef struct {
  const iris_group_norm_args *args;
  /// Partial sums, [block][channel].
  float *partial;
  /// Per channel: the mean of its group, and the factor and offset that map x to y.
  float *mean, *factor, *offset;
  bool squared;
} group_norm_job;

static void group_norm_sum_tile(void *context, size_t block) {
  const group_norm_job *job = context;
  size_t channels = job->args->channels, first = block * GROUP_NORM_PIXELS;
  size_t last = smaller(job->args->pixels, first + GROUP_NORM_PIXELS);
  float *sum = job->partial + block * channels;
  memset(sum, 0, channels * sizeof(float));
  for (size_t p = first; p < last; p++) {
    const float *x = job->args->x + p * channels;
    if (job->squared) {
      for (size_t c = 0; c < channels; c++) {
        float v = x[c] - job->mean[c];
        sum[c] += v * v;
      }
    } else {
      for (size_t c = 0; c < channels; c++) sum[c] += x[c];
    }
  }
}

static void group_norm_apply_tile(void *context, size_t block) {
  const group_norm_job *job = context;
  size_t channels = job->args->channels, first = block * GROUP_NORM_PIXELS;
  size_t last = smaller(job->args->pixels, first + GROUP_NORM_PIXELS);
  for (size_t p = first; p < last; p++) {
    const float *x = job->args->x + p * channels;
    float *y = job->args->y + p * channels;
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES) {
      vec v = (load(x + c) - load(job->mean + c)) * load(job->factor + c) + load(job->offset + c);
      store(y + c, job->args->silu ? silu_of(v) : v);
    }
    for (; c < channels; c++) {
      float v = (x[c] - job->mean[c]) * job->factor[c] + job->offset[c];
      y[c] = job->args->silu ? v / (1 + expf(-v)) : v;
    }
  }
}

/// Returns the mean over a group from the channel sums in `partial`.
static double group_mean(const group_norm_job *job, size_t group, size_t blocks) {
  size_t channels = job->args->channels, width = channels / job->args->groups;
  double sum = 0;
  for (size_t b = 0; b < blocks; b++)
    for (size_t c = group * width; c < (group + 1) * width; c++)
      sum += (double)job->partial[b * channels + c];
  return sum / ((double)job->args->pixels * (double)width);
}

static void group_norm(iris_pool *pool, const iris_group_norm_args *args) {
  if (args->pixels == 0) return;
  size_t blocks = ceil_div(args->pixels, GROUP_NORM_PIXELS), width = args->channels / args->groups;
  float *memory = scratch((blocks + 3) * args->channels);
  group_norm_job job = {.args = args, .partial = memory};
  job.mean = memory + blocks * args->channels;
  job.factor = job.mean + args->channels;
  job.offset = job.factor + args->channels;
  iris_pool_run(pool, blocks, group_norm_sum_tile, &job);
  for (size_t c = 0; c < args->channels; c++)
    job.mean[c] = (float)group_mean(&job, c / width, blocks);
  job.squared = true;
  iris_pool_run(pool, blocks, group_norm_sum_tile, &job);
  for (size_t c = 0; c < args->channels; c++) {
    double variance = group_mean(&job, c / width, blocks);
    job.factor[c] = (float)((double)args->weight[c] / sqrt(variance + (double)args->eps));
    job.offset[c] = args->bias[c];
  }
  iris_pool_run(pool, blocks, group_norm_apply_tile, &job);
  free(memory);
}
