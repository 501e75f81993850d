// Convolution as a matrix product over patches: k runs over (ky, kx, channel). The patches of a
// block of pixels are gathered directly into A panels, so that no patch matrix is stored.

/// A panels per block of pixels.
#define CONVOLUTION_PANELS 8
#define CONVOLUTION_PIXELS ((size_t)TILE_ROWS * CONVOLUTION_PANELS)

typedef struct {
  const iris_convolution_args *args;
  /// All weights, packed as B panels, [column panel][k][TILE_COLUMNS].
  float *weights;
  size_t k;
} convolution_job;

static void convolution_pack_weights(void *context, size_t panel) {
  const convolution_job *job = context;
  const iris_convolution_args *args = job->args;
  size_t taps = args->kernel * args->kernel, element = stored_width(args->w.format);
  float *target = job->weights + panel * job->k * TILE_COLUMNS;
  for (size_t j = 0; j < TILE_COLUMNS; j++) {
    size_t column = panel * TILE_COLUMNS + j;
    const char *source = (const char *)args->w.data + column * job->k * element;
    for (size_t t = 0; t < taps; t++)
      for (size_t c = 0; c < args->in_channels; c++)
        target[(t * args->in_channels + c) * TILE_COLUMNS + j] =
            column < args->out_channels
                ? load_stored_one(source + (c * taps + t) * element, args->w.format)
                : 0;
  }
}

/// Returns the input pixel under tap `tap` of output pixel `pixel`; NULL outside the image.
static const float *convolution_source(
    const iris_convolution_args *args, size_t pixel, size_t tap) {
  size_t y = pixel / args->out_width * args->stride + tap / args->kernel;
  size_t x = pixel % args->out_width * args->stride + tap % args->kernel;
  if (y < args->pad_top || x < args->pad_left) return NULL;
  y -= args->pad_top;
  x -= args->pad_left;
  if (args->upsample) {
    y /= 2;
    x /= 2;
  }
  if (y >= args->height || x >= args->width) return NULL;
  return args->x + (y * args->width + x) * args->in_channels;
}

/// Copies patch elements k..<k+depth of one output pixel.
static void convolution_gather(
    const iris_convolution_args *args, size_t pixel, size_t k, size_t depth, float *patch) {
  size_t tap = k / args->in_channels, channel = k % args->in_channels;
  while (depth > 0) {
    size_t run = smaller(depth, args->in_channels - channel);
    const float *source = convolution_source(args, pixel, tap);
    if (source) {
      memcpy(patch, source + channel, run * sizeof(float));
    } else {
      memset(patch, 0, run * sizeof(float));
    }
    patch += run;
    depth -= run;
    channel = 0;
    tap++;
  }
}

static void convolution_tile(void *context, size_t index) {
  const convolution_job *job = context;
  const iris_convolution_args *args = job->args;
  size_t first = index * CONVOLUTION_PIXELS;
  size_t pixels = smaller(CONVOLUTION_PIXELS, args->out_height * args->out_width - first);
  size_t panels = ceil_div(pixels, TILE_ROWS), deepest = smaller(DEPTH, job->k);
  size_t panel_stride = deepest * TILE_ROWS + LANES;
  float *a = scratch(panels * panel_stride + TILE_ROWS * deepest);
  float *patches = a + panels * panel_stride;
  for (size_t k = 0; k < job->k; k += DEPTH) {
    size_t depth = smaller(DEPTH, job->k - k);
    for (size_t p = 0; p < panels; p++) {
      size_t rows = smaller(TILE_ROWS, pixels - p * TILE_ROWS);
      for (size_t r = 0; r < rows; r++)
        convolution_gather(args, first + p * TILE_ROWS + r, k, depth, patches + r * depth);
      pack_a(patches, depth, rows, depth, a + p * panel_stride);
    }
    finish how = {1, k > 0, NULL};
    for (size_t column = 0; column < args->out_channels; column += TILE_COLUMNS) {
      const float *b = job->weights + (column / TILE_COLUMNS * job->k + k) * TILE_COLUMNS;
      how.bias = args->bias && k == 0 ? args->bias + column : NULL;
      for (size_t p = 0; p < panels; p++) {
        iris_rows c = {
            args->y + (first + p * TILE_ROWS) * args->out_channels + column, args->out_channels};
        multiply_panels(
            a + p * panel_stride, b, depth, c, smaller(TILE_ROWS, pixels - p * TILE_ROWS),
            smaller(TILE_COLUMNS, args->out_channels - column), how);
      }
    }
  }
  free(a);
}

static void convolution_by_patches(iris_pool *pool, const iris_convolution_args *args) {
  convolution_job job = {.args = args, .k = args->in_channels * args->kernel * args->kernel};
  size_t panels = ceil_div(args->out_channels, TILE_COLUMNS);
  job.weights = scratch(panels * job.k * TILE_COLUMNS);
  iris_pool_run(pool, panels, convolution_pack_weights, &job);
  iris_pool_run(
      pool, ceil_div(args->out_height * args->out_width, CONVOLUTION_PIXELS), convolution_tile,
      &job);
  free(job.weights);
}

static void convolution(iris_pool *pool, const iris_convolution_args *args) {
  size_t pixels = args->out_height * args->out_width;
  if (pixels == 0 || args->out_channels == 0) return;
  const filter *filter = choose_filter(args);
  if (filter) {
    filter_convolution(pool, filter, args);
    return;
  }
  convolution_by_patches(pool, args);
  if (args->moments)
    channel_moments(pool, args->y, pixels, args->out_channels, args->moments);
}
