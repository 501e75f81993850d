// Moments and normalisation of the channels of a channels-last image.

#define CHANNEL_PIXELS ((size_t)1024)

/// Loads `count` <= LANES channels of a pixel, not reading at or beyond `end`.
static inline vec load_channels(const float *p, size_t count, const float *end) {
  if (count >= LANES) return load(p);
  if (p + LANES > end) return load_part(p, count);
  ivec lane;
  for (int i = 0; i < LANES; i++) lane[i] = i;
  return (vec)((ivec)load(p) & (lane < (int32_t)count));
}

/// Stores `count` <= LANES channels of a pixel. A copy of constant length is much faster.
static inline void store_channels(float *p, vec v, size_t count) {
  if (count >= LANES) {
    store(p, v);
  } else if (count == LANES / 2) {
    memcpy(p, &v, sizeof v / 2);
  } else {
    store_part(p, v, count);
  }
}

/// Sums over pixels for one vector of channels, of the distances from the first pixel: with distances,
/// the variance does not suffer where the mean is large.
typedef struct {
  vec first, sum, squares;
  size_t count;
} channel_sums;

static inline void add_pixel(channel_sums *sums, vec v) {
  if (sums->count++ == 0) sums->first = v;
  vec distance = v - sums->first;
  sums->sum += distance;
  sums->squares += distance * distance;
}

static inline void finish_sums(const channel_sums *sums, size_t width, iris_moments *moments) {
  double count = (double)sums->count;
  for (size_t i = 0; i < width; i++) {
    double sum = (double)sums->sum[i], squares = (double)sums->squares[i] - sum * sum / count;
    moments[i] = (iris_moments){
        (double)sums->first[i] + sum / count, squares > 0 ? squares : 0, count};
  }
}

/// Means, factors and offsets of LANES channels.
typedef struct {
  vec mean, factor, offset;
  bool silu;
} channel_norm;

static inline channel_norm load_norm(
    const float *table, size_t channels, size_t channel, size_t count, bool silu) {
  return (channel_norm){
      load_part(table + channel, count), load_part(table + channels + channel, count),
      load_part(table + 2 * channels + channel, count), silu};
}

static inline vec normalized(vec x, const channel_norm *norm) {
  vec y = (x - norm->mean) * norm->factor + norm->offset;
  return norm->silu ? silu_of(y) : y;
}

typedef struct {
  const float *x, *table;
  float *y;
  iris_moments *parts;
  size_t pixels, channels;
  bool silu;
} channel_job;

static void channel_moments_tile(void *context, size_t block) {
  const channel_job *job = context;
  size_t channels = job->channels, first = block * CHANNEL_PIXELS;
  size_t last = smaller(job->pixels, first + CHANNEL_PIXELS);
  const float *end = job->x + job->pixels * channels;
  for (size_t c = 0; c < channels; c += LANES) {
    size_t width = smaller(LANES, channels - c);
    channel_sums sums = {.sum = {0}, .squares = {0}};
    for (size_t p = first; p < last; p++)
      add_pixel(&sums, load_channels(job->x + p * channels + c, width, end));
    finish_sums(&sums, width, job->parts + block * channels + c);
  }
}

static void channel_moments(
    iris_pool *pool, const float *x, size_t pixels, size_t channels, iris_moments *moments) {
  size_t blocks = ceil_div(pixels, CHANNEL_PIXELS);
  channel_job job = {.x = x, .pixels = pixels, .channels = channels};
  job.parts = (iris_moments *)scratch(blocks * channels * sizeof(iris_moments) / sizeof(float));
  iris_pool_run(pool, blocks, channel_moments_tile, &job);
  iris_combine_moments(job.parts, blocks, channels, moments);
  free(job.parts);
}

static void normalize_channels_tile(void *context, size_t block) {
  const channel_job *job = context;
  size_t channels = job->channels, first = block * CHANNEL_PIXELS;
  size_t last = smaller(job->pixels, first + CHANNEL_PIXELS);
  const float *end = job->x + job->pixels * channels;
  for (size_t c = 0; c < channels; c += LANES) {
    size_t width = smaller(LANES, channels - c);
    channel_norm norm = load_norm(job->table, channels, c, width, job->silu);
    for (size_t p = first; p < last; p++) {
      size_t at = p * channels + c;
      store_channels(job->y + at, normalized(load_channels(job->x + at, width, end), &norm), width);
    }
  }
}

static void normalize_channels(
    iris_pool *pool, const float *x, const float *table, float *y, size_t pixels, size_t channels,
    bool silu) {
  channel_job job = {
      .x = x, .table = table, .y = y, .pixels = pixels, .channels = channels, .silu = silu};
  iris_pool_run(pool, ceil_div(pixels, CHANNEL_PIXELS), normalize_channels_tile, &job);
}
