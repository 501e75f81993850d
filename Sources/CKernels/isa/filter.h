// Minimal filtering: products of a transformed input with a transformed kernel give a square of outputs
// of a 3x3 convolution, with fewer multiplications than its outputs have terms (Lavin & Gray, "Fast
// Algorithms for Convolutional Neural Networks", arXiv:1509.09308, §4).

/// A filtering algorithm, the same in both directions.
typedef struct {
  /// Input pixels that a tile sees, distance of two tiles in the input, zeros before the image, outputs.
  size_t window, step, pad, outputs;
  /// Tiles of a block.
  size_t across;
  /// Products in one direction.
  size_t products;
  /// v[position * stride] from a window of pixels, in rows of `row` floats.
  void (*input)(const float *window, size_t row, float *v, size_t stride);
  /// y[outputs * outputs] from m[position * stride].
  void (*output)(const float *m, size_t stride, vec *y);
  /// One direction of the kernel's transform: u[k * stride] from g[0], g[1], g[2].
  void (*kernel)(const vec *g, vec *u, size_t stride);
} filter;

// F(4, 3) with the points 0, ±√½, ±√2 and infinity. The usual ±1, ±2 lose twice as many digits: at 60
// channels the largest error is 1.2e-4 instead of 3.2e-5, beside 1.8e-5 of a plain sum (uniform values in
// -1…1; see also Barabasz et al., "Error Analysis and Improving the Accuracy of Winograd Convolution",
// arXiv:1803.10986).

#define ROOT_HALF 0.70710678118654752f
#define ROOT_TWO 1.41421356237309505f

static inline __attribute__((always_inline)) void input_4(const vec *d, vec *v, size_t stride) {
  vec even = d[4] - 2 * d[2], odd = d[3] - 2 * d[1];
  v[0] = d[0] + (d[4] - 2.5f * d[2]);
  v[stride] = even + ROOT_HALF * odd;
  v[2 * stride] = even - ROOT_HALF * odd;
  even = d[4] - 0.5f * d[2];
  odd = d[3] - 0.5f * d[1];
  v[3 * stride] = even + ROOT_TWO * odd;
  v[4 * stride] = even - ROOT_TWO * odd;
  v[5 * stride] = d[1] + (d[5] - 2.5f * d[3]);
}

static void filter_4_input(const float *window, size_t row, float *v, size_t stride) {
  vec columns[36];
#pragma clang loop unroll(disable)
  for (size_t x = 0; x < 6; x++) {
    vec d[6];
    for (size_t y = 0; y < 6; y++) d[y] = load(window + y * row + x * LANES);
    input_4(d, columns + x, 6);
  }
#pragma clang loop unroll(disable)
  for (size_t y = 0; y < 6; y++) {
    vec out[6];
    input_4(columns + 6 * y, out, 1);
    for (size_t x = 0; x < 6; x++) store(v + (6 * y + x) * stride, out[x]);
  }
}

static inline __attribute__((always_inline)) void output_4(const vec *m, vec *y, size_t stride) {
  vec sum = m[1] + m[2], difference = m[1] - m[2];
  vec sum2 = m[3] + m[4], difference2 = m[3] - m[4];
  y[0] = m[0] + sum + sum2;
  y[stride] = ROOT_HALF * difference + ROOT_TWO * difference2;
  y[2 * stride] = 0.5f * sum + 2 * sum2;
  y[3 * stride] = m[5] + (0.5f * ROOT_HALF) * difference + (2 * ROOT_TWO) * difference2;
}

static void filter_4_output(const float *m, size_t stride, vec *y) {
  vec columns[24];
#pragma clang loop unroll(disable)
  for (size_t x = 0; x < 6; x++) {
    vec d[6];
    for (size_t k = 0; k < 6; k++) d[k] = load(m + (6 * k + x) * stride);
    output_4(d, columns + x, 6);
  }
#pragma clang loop unroll(disable)
  for (size_t k = 0; k < 4; k++) output_4(columns + 6 * k, y + 4 * k, 1);
}

static void filter_4_kernel(const vec *g, vec *u, size_t stride) {
  vec even = (g[0] + 0.5f * g[2]) * (-1 / 1.5f), odd = g[1] * (-ROOT_HALF / 1.5f);
  u[0] = g[0];
  u[stride] = even + odd;
  u[2 * stride] = even - odd;
  even = (g[0] + 2 * g[2]) * (1 / 6.0f);
  odd = g[1] * (ROOT_TWO / 6.0f);
  u[3 * stride] = even + odd;
  u[4 * stride] = even - odd;
  u[5 * stride] = g[2];
}

static const filter filter_4 = {
    6, 4, 1, 4, 8, 6, filter_4_input, filter_4_output, filter_4_kernel};

// The kernel over an image that is doubled first (nearest neighbour). In one direction the outputs 2i
// and 2i + 1 see the pixels x[i-1], x[i], x[i], x[i+1]:
//   y[2i]     = g0 * (x[i-1] - x[i]) + (g0 + g1 + g2) * x[i]
//   y[2i + 1] = (g0 + g1 + g2) * x[i] - g2 * (x[i] - x[i+1])
// which is F(2, 3) without the product that is zero: 9 products give 4 outputs, instead of 36.

static void filter_doubled_input(const float *window, size_t row, float *v, size_t stride) {
  vec columns[9];
  for (size_t x = 0; x < 3; x++) {
    vec middle = load(window + row + x * LANES);
    columns[x] = load(window + x * LANES) - middle;
    columns[3 + x] = middle;
    columns[6 + x] = middle - load(window + 2 * row + x * LANES);
  }
  for (size_t y = 0; y < 3; y++) {
    const vec *d = columns + 3 * y;
    store(v + 3 * y * stride, d[0] - d[1]);
    store(v + (3 * y + 1) * stride, d[1]);
    store(v + (3 * y + 2) * stride, d[1] - d[2]);
  }
}

static void filter_doubled_output(const float *m, size_t stride, vec *y) {
  vec columns[6];
  for (size_t x = 0; x < 3; x++) {
    vec middle = load(m + (3 + x) * stride);
    columns[x] = load(m + x * stride) + middle;
    columns[3 + x] = middle - load(m + (6 + x) * stride);
  }
  for (size_t k = 0; k < 2; k++) {
    const vec *d = columns + 3 * k;
    y[2 * k] = d[0] + d[1];
    y[2 * k + 1] = d[1] - d[2];
  }
}

static void filter_doubled_kernel(const vec *g, vec *u, size_t stride) {
  u[0] = g[0];
  u[stride] = g[0] + g[1] + g[2];
  u[2 * stride] = g[2];
}

static const filter filter_doubled = {
    3, 1, 1, 2, 8, 3, filter_doubled_input, filter_doubled_output, filter_doubled_kernel};

// A 1x1 convolution: one product for each output.

static void filter_point_input(const float *window, size_t row, float *v, size_t stride) {
  (void)row, (void)stride;
  store(v, load(window));
}

static void filter_point_output(const float *m, size_t stride, vec *y) {
  (void)stride;
  y[0] = load(m);
}

static const filter filter_point = {
    1, 1, 0, 1, 16, 1, filter_point_input, filter_point_output, NULL};
