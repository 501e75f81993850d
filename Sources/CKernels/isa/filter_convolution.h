// Convolutions by minimal filtering, see `filter.h`.
//
// The image is cut into blocks of tiles. A block's input is copied once, normalised if asked for, and
// transformed to V[channel block][position][tile][LANES]. For each chunk of output channels,
// M[position] = V[position] * U[position] is multiplied, then transformed to outputs. Blocks depend on the
// shape of the image alone, and share nothing.

/// Tiles that are multiplied together: rows of the register tile.
#define FILTER_ROWS (LANES == 16 ? 8 : 4)
/// Vectors of output channels that are multiplied together, at most.
#define FILTER_VECTORS (LANES == 4 ? 2 : 3)

typedef struct {
  const iris_convolution_args *args;
  const filter *filter;
  /// Transformed kernels, [chunk][position][channel][vectors of the chunk * LANES].
  float *kernels;
  /// Vectors of output channels.
  size_t vectors;
  /// Tiles and blocks of tiles in each direction, and tiles of a block.
  size_t tiles_down, tiles_right, blocks_right, block_rows, block_columns;
  /// Partial moments, [block][output channel].
  iris_moments *moments;
} filter_job;

/// Transforms the kernels of one vector of output channels.
static void filter_transform_kernels(void *context, size_t index) {
  const filter_job *job = context;
  const iris_convolution_args *args = job->args;
  size_t products = job->filter->products, positions = products * products;
  size_t chunk = index / FILTER_VECTORS * FILTER_VECTORS;
  size_t width = smaller(FILTER_VECTORS, job->vectors - chunk) * LANES;
  float *target = job->kernels + chunk * LANES * positions * args->in_channels;
  target += (index - chunk) * LANES;
  size_t count = smaller(LANES, args->out_channels - index * LANES);
  size_t taps = args->kernel * args->kernel;
  size_t element = stored_width(args->w.format), stride = args->in_channels * taps;
  const char *source = (const char *)args->w.data + index * LANES * stride * element;
  for (size_t c = 0; c < args->in_channels; c++) {
    vec g[9] = {{0}}, half[18], u[36];
    for (size_t j = 0; j < count; j++)
      for (size_t t = 0; t < taps; t++)
        g[t][j] = load_stored_one(source + (j * stride + c * taps + t) * element, args->w.format);
    if (job->filter->kernel) {
      for (size_t y = 0; y < 3; y++) job->filter->kernel(g + 3 * y, half + y, 3);
      for (size_t x = 0; x < products; x++) job->filter->kernel(half + 3 * x, u + x, products);
    } else {
      u[0] = g[0];
    }
    for (size_t p = 0; p < positions; p++)
      store(target + (p * args->in_channels + c) * width, u[p]);
  }
}

/// Copies `columns` pixels of one vector of channels, normalised; `end` is the end of the image. The
/// pixels `ahead` floats further are fetched, if that is not 0.
static inline __attribute__((always_inline)) void filter_copy_pixels(
    const float *x, size_t stride, size_t columns, size_t count, const float *end, size_t ahead,
    const channel_norm *norm, bool silu, float *target) {
  for (size_t i = 0; i < columns; i++) {
    if (ahead) __builtin_prefetch(x + i * stride + ahead);
    vec v = load_channels(x + i * stride, count, end);
    if (norm) v = (v - norm->mean) * norm->factor + norm->offset;
    store(target + i * LANES, silu ? silu_of(v) : v);
  }
}

/// Copies a row of one vector of channels, normalised, and zero outside the image. `left` is its first
/// pixel, counted from the padding's.
static void filter_copy_row(
    const iris_convolution_args *args, size_t y, size_t left, size_t pad, size_t columns,
    size_t channel, const channel_norm *norm, float *target) {
  size_t channels = args->in_channels, count = smaller(LANES, channels - channel);
  size_t before = left < pad ? pad - left : 0;
  size_t inside = smaller(columns - before, args->width + pad - left - before);
  const float *end = args->x + args->height * args->width * channels;
  const float *x = args->x + (y * args->width + left + before - pad) * channels + channel;
  // A block's rows lie far apart, which the processor does not foresee: 18 % of the time at 16 channels.
  size_t ahead = channels <= 64 ? args->width * channels : 0;
  memset(target, 0, before * LANES * sizeof(float));
  target += before * LANES;
  if (norm && norm->silu && count == LANES) {
    filter_copy_pixels(x, channels, inside, LANES, end, ahead, norm, true, target);
  } else if (norm) {
    filter_copy_pixels(x, channels, inside, count, end, ahead, norm, norm->silu, target);
  } else {
    filter_copy_pixels(x, channels, inside, count, end, ahead, NULL, false, target);
  }
  memset(target + inside * LANES, 0, (columns - before - inside) * LANES * sizeof(float));
}

/// Copies the input of a block as [channel block][row][column][LANES]. `top` and `left` are its first
/// pixel, counted from the padding's.
static void filter_copy(
    const iris_convolution_args *args, size_t pad, size_t top, size_t left, size_t rows,
    size_t columns, float *target) {
  for (size_t c = 0; c < args->in_channels; c += LANES) {
    channel_norm norm = {.silu = false};
    if (args->norm)
      norm = load_norm(
          args->norm, args->in_channels, c, smaller(LANES, args->in_channels - c), args->silu);
    for (size_t r = 0; r < rows; r++, target += columns * LANES) {
      if (top + r < pad || top + r - pad >= args->height) {
        memset(target, 0, columns * LANES * sizeof(float));
      } else {
        filter_copy_row(
            args, top + r - pad, left, pad, columns, c, args->norm ? &norm : NULL, target);
      }
    }
  }
}

/// m[FILTER_ROWS][VECTORS * LANES] = v * u over all channels.
#define DEFINE_FILTER_PRODUCT(NAME, VECTORS)                                                     \
  static void NAME(                                                                              \
      const float *v, size_t block_stride, const float *u, size_t channels, float *m) {          \
    vec sum[FILTER_ROWS][VECTORS];                                                               \
    for (size_t i = 0; i < FILTER_ROWS; i++)                                                      \
      for (size_t j = 0; j < VECTORS; j++) sum[i][j] = (vec){0};                                    \
    for (size_t first = 0; first < channels; first += LANES, v += block_stride) {                \
      size_t count = smaller(LANES, channels - first);                                           \
      for (size_t c = 0; c < count; c++, u += VECTORS * LANES) {                                 \
        vec right[VECTORS];                                                                      \
        for (size_t j = 0; j < VECTORS; j++) right[j] = load(u + j * LANES);                        \
        _Pragma("clang loop unroll(full)") for (size_t i = 0; i < FILTER_ROWS; i++) {               \
          vec left = splat(v[i * LANES + c]);                                                    \
          _Pragma("clang loop unroll(full)") for (size_t j = 0; j < VECTORS; j++) sum[i][j] +=      \
              left * right[j];                                                                   \
        }                                                                                        \
      }                                                                                          \
    }                                                                                            \
    for (size_t i = 0; i < FILTER_ROWS; i++)                                                      \
      for (size_t j = 0; j < VECTORS; j++) store(m + (i * VECTORS + j) * LANES, sum[i][j]);         \
  }
DEFINE_FILTER_PRODUCT(filter_product_1, 1)
DEFINE_FILTER_PRODUCT(filter_product_2, 2)
DEFINE_FILTER_PRODUCT(filter_product_3, 3)

/// The tiles of a block.
typedef struct {
  size_t top, left, rows, columns;
  /// Their number rounded up to FILTER_ROWS. The planes of V and M have one vector more: 64 tiles alone would
  /// put all positions of a tile into the same few sets of the first-level cache (15 % of the time).
  size_t count;
} filter_block;

static void filter_multiply(
    const filter_job *job, const filter_block *block, const float *v, size_t chunk, size_t vectors,
    float *m) {
  size_t channels = job->args->in_channels, products = job->filter->products;
  size_t positions = products * products, plane = (block->count + 1) * LANES;
  const float *u = job->kernels + chunk * LANES * positions * channels;
  for (size_t p = 0; p < positions; p++) {
    const float *panel = u + p * channels * vectors * LANES;
    for (size_t t = 0; t < block->count; t += FILTER_ROWS) {
      const float *left = v + p * plane + t * LANES;
      float *target = m + (p * (block->count * vectors + 1) + t * vectors) * LANES;
      switch (vectors) {
        case 1: filter_product_1(left, positions * plane, panel, channels, target); break;
        case 2: filter_product_2(left, positions * plane, panel, channels, target); break;
        default: filter_product_3(left, positions * plane, panel, channels, target);
      }
    }
  }
}

/// Returns the levels 0 to 255 of values from -1 to 1; halves are rounded to even.
static inline ivec levels_of(vec v) {
  const float round_magic = 8388608.0f;  // 2^23
  vec level = (v * 0.5f + 0.5f) * 255;
  level = __builtin_elementwise_min(__builtin_elementwise_max(level, splat(0)), splat(255));
  return __builtin_convertvector((level + round_magic) - round_magic, ivec);
}

/// One vector of the output channels of a block.
typedef struct {
  size_t channel, width;
  vec bias;
  channel_sums sums;
} filter_outputs;

static inline void filter_write_pixel(
    const iris_convolution_args *args, size_t pixel, vec v, filter_outputs *outputs) {
  size_t at = pixel * args->out_channels + outputs->channel;
  v += outputs->bias;
  if (args->levels) {
    ivec levels = levels_of(v);
    for (size_t i = 0; i < outputs->width; i++) args->levels[at + i] = (uint8_t)levels[i];
    return;
  }
  if (args->residual) {
    const float *end = args->residual + args->out_height * args->out_width * args->out_channels;
    v += load_channels(args->residual + at, outputs->width, end);
  }
  store_channels(args->y + at, v, outputs->width);
  if (args->moments) add_pixel(&outputs->sums, v);
}

/// Transforms and writes the outputs of a chunk of channels.
static void filter_finish(
    const filter_job *job, const filter_block *block, const float *m, size_t chunk, size_t vectors,
    iris_moments *moments) {
  const iris_convolution_args *args = job->args;
  size_t side = job->filter->outputs;
  for (size_t j = 0; j < vectors; j++) {
    filter_outputs outputs = {.channel = (chunk + j) * LANES};
    outputs.width = smaller(LANES, args->out_channels - outputs.channel);
    if (args->bias) outputs.bias = load_part(args->bias + outputs.channel, outputs.width);
    for (size_t t = 0; t < block->rows * block->columns; t++) {
      vec y[16];
      job->filter->output(m + (t * vectors + j) * LANES, (block->count * vectors + 1) * LANES, y);
      size_t top = (block->top + t / block->columns) * side;
      size_t left = (block->left + t % block->columns) * side;
      size_t rows = smaller(side, args->out_height - top);
      size_t columns = smaller(side, args->out_width - left);
      for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < columns; k++)
          filter_write_pixel(
              args, (top + i) * args->out_width + left + k, y[i * side + k], &outputs);
    }
    if (moments) finish_sums(&outputs.sums, outputs.width, moments + outputs.channel);
  }
}

/// Copies and transforms the input of a block. `copy` has room for `rows` times `columns` pixels.
static void filter_transform_input(
    const filter_job *job, const filter_block *block, size_t rows, size_t columns, float *copy,
    float *v) {
  const filter *filter = job->filter;
  size_t positions = filter->products * filter->products, plane = (block->count + 1) * LANES;
  size_t tiles = block->rows * block->columns, blocks = ceil_div(job->args->in_channels, LANES);
  filter_copy(
      job->args, filter->pad, block->top * filter->step, block->left * filter->step, rows, columns,
      copy);
  for (size_t b = 0; b < blocks; b++)
    for (size_t t = 0; t < tiles; t++) {
      size_t y = t / block->columns * filter->step, x = t % block->columns * filter->step;
      filter->input(
          copy + ((b * rows + y) * columns + x) * LANES, columns * LANES,
          v + b * positions * plane + t * LANES, plane);
    }
  for (size_t p = 0; p < positions * blocks; p++)
    memset(v + p * plane + tiles * LANES, 0, (block->count - tiles) * LANES * sizeof(float));
}

static void filter_tile(void *context, size_t index) {
  const filter_job *job = context;
  const filter *filter = job->filter;
  filter_block block = {
      .top = index / job->blocks_right * job->block_rows,
      .left = index % job->blocks_right * job->block_columns};
  block.rows = smaller(job->block_rows, job->tiles_down - block.top);
  block.columns = smaller(job->block_columns, job->tiles_right - block.left);
  block.count = ceil_div(block.rows * block.columns, FILTER_ROWS) * FILTER_ROWS;
  size_t rows = (block.rows - 1) * filter->step + filter->window;
  size_t columns = (block.columns - 1) * filter->step + filter->window;
  size_t blocks = ceil_div(job->args->in_channels, LANES);
  size_t planes = filter->products * filter->products * (block.count + 1) * LANES;
  size_t copied = blocks * rows * columns * LANES;
  float *copy = scratch(copied + blocks * planes + planes * FILTER_VECTORS);
  float *v = copy + copied, *m = v + blocks * planes;
  filter_transform_input(job, &block, rows, columns, copy, v);
  iris_moments *moments =
      job->moments ? job->moments + index * job->args->out_channels : NULL;
  for (size_t chunk = 0; chunk < job->vectors; chunk += FILTER_VECTORS) {
    size_t vectors = smaller(FILTER_VECTORS, job->vectors - chunk);
    filter_multiply(job, &block, v, chunk, vectors, m);
    filter_finish(job, &block, m, chunk, vectors, moments);
  }
  free(copy);
}

/// Returns the algorithm that computes this convolution; NULL if there is none.
static const filter *choose_filter(const iris_convolution_args *args) {
  size_t scale = args->upsample ? 2 : 1, pad = args->kernel / 2;
  if (args->stride != 1 || args->pad_top != pad || args->pad_left != pad ||
      args->out_height != scale * args->height || args->out_width != scale * args->width)
    return NULL;
  if (args->kernel == 3) return args->upsample ? &filter_doubled : &filter_4;
  return args->kernel == 1 && !args->upsample ? &filter_point : NULL;
}

/// Sets the size of the blocks and returns their number: at least 4, if they do not get too small for it.
static size_t cut_blocks(filter_job *job) {
  job->block_rows = smaller(job->filter->across, job->tiles_down);
  job->block_columns = smaller(job->filter->across, job->tiles_right);
  while (true) {
    job->blocks_right = ceil_div(job->tiles_right, job->block_columns);
    size_t blocks = ceil_div(job->tiles_down, job->block_rows) * job->blocks_right;
    if (blocks >= 4 || job->block_rows * job->block_columns < 16) return blocks;
    size_t *longer =
        job->block_rows < job->block_columns ? &job->block_columns : &job->block_rows;
    *longer = ceil_div(*longer, 2);
  }
}

static void filter_convolution(
    iris_pool *pool, const filter *filter, const iris_convolution_args *args) {
  filter_job job = {.args = args, .filter = filter};
  job.vectors = ceil_div(args->out_channels, LANES);
  job.tiles_down = ceil_div(args->out_height, filter->outputs);
  job.tiles_right = ceil_div(args->out_width, filter->outputs);
  size_t blocks = cut_blocks(&job);
  size_t positions = filter->products * filter->products;
  job.kernels = scratch(job.vectors * LANES * positions * args->in_channels);
  if (args->moments)
    job.moments = (iris_moments *)scratch(
        blocks * args->out_channels * sizeof(iris_moments) / sizeof(float));
  iris_pool_run(pool, job.vectors, filter_transform_kernels, &job);
  iris_pool_run(pool, blocks, filter_tile, &job);
  if (args->moments) iris_combine_moments(job.moments, blocks, args->out_channels, args->moments);
  free(job.moments);
  free(job.kernels);
}
