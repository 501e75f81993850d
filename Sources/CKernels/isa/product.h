// The matrix product that the other kernels use: C = A * B with A and B packed into panels.
//
// An A panel holds TILE_ROWS rows as [k][TILE_ROWS], a B panel TILE_COLUMNS columns as
// [k][TILE_COLUMNS] (Goto & van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM
// TOMS 34(3), 2008). Every element of C is the sum over k in ascending order, in runs of at most
// DEPTH that are added to C one after another, regardless of its tile: results depend on neither
// tiling nor threads.

#define TILE_COLUMNS (TILE_VECTORS * LANES)
/// Length of a run of k that is packed at once; an A panel of it fits into the L1 cache.
#define DEPTH ((size_t)384)

/// Parameters for writing a tile's sums to the output.
typedef struct {
  float scale;
  /// True to add to the output: requested by the caller, or for the second and later runs of k.
  bool accumulate;
  const float *bias;
} finish;

/// sums[TILE_ROWS][VECTORS] = A panel * B panel.
#define DEFINE_TILE(NAME, VECTORS)                                                            \
  static inline void NAME(const float *a, const float *b, size_t depth, vec *out) {           \
    vec sum[TILE_ROWS][VECTORS];                                                              \
    for (int i = 0; i < TILE_ROWS; i++)                                                       \
      for (int j = 0; j < VECTORS; j++) sum[i][j] = (vec){0};                                 \
    for (size_t k = 0; k < depth; k++, a += TILE_ROWS, b += TILE_COLUMNS) {                   \
      vec right[VECTORS];                                                                     \
      for (int j = 0; j < VECTORS; j++) right[j] = load(b + j * LANES);                       \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < TILE_ROWS; i++) {                \
        vec left = splat(a[i]);                                                               \
        _Pragma("clang loop unroll(full)") for (int j = 0; j < VECTORS; j++) sum[i][j] +=     \
            left * right[j];                                                                  \
      }                                                                                       \
    }                                                                                         \
    for (int i = 0; i < TILE_ROWS; i++)                                                       \
      for (int j = 0; j < VECTORS; j++) out[i * VECTORS + j] = sum[i][j];                     \
  }
DEFINE_TILE(tile_full, TILE_VECTORS)
DEFINE_TILE(tile_narrow, 1)

static inline vec finished(vec sum, const float *c, const float *bias, finish how) {
  vec value = sum * how.scale;
  if (bias) value += load(bias);
  if (how.accumulate) value += load(c);
  return value;
}

/// Writes a tile's sums to c[rows, columns]; bias starts at this tile's first column.
static inline void finish_tile(
    const vec *sums, size_t vectors, iris_rows c, size_t rows, size_t columns, finish how) {
  for (size_t i = 0; i < rows; i++) {
    float *row = c.data + i * c.stride;
    for (size_t j = 0; j < vectors && j * LANES < columns; j++) {
      size_t width = columns - j * LANES;
      const float *bias = how.bias ? how.bias + j * LANES : NULL;
      if (width >= LANES) {
        store(row + j * LANES, finished(sums[i * vectors + j], row + j * LANES, bias, how));
      } else {
        float base[LANES] = {0}, shift[LANES] = {0};
        memcpy(base, row + j * LANES, width * sizeof(float));
        if (bias) memcpy(shift, bias, width * sizeof(float));
        store_part(
            row + j * LANES,
            finished(sums[i * vectors + j], base, bias ? shift : NULL, how), width);
      }
    }
  }
}

/// c[rows, columns] from one A panel and one B panel; rows <= TILE_ROWS, columns <= TILE_COLUMNS.
static inline void multiply_panels(
    const float *a, const float *b, size_t depth, iris_rows c, size_t rows, size_t columns,
    finish how) {
  vec sums[TILE_ROWS * TILE_VECTORS];
  if (columns <= LANES) {
    tile_narrow(a, b, depth, sums);
    finish_tile(sums, 1, c, rows, columns, how);
  } else {
    tile_full(a, b, depth, sums);
    finish_tile(sums, TILE_VECTORS, c, rows, columns, how);
  }
}

/// Transposes LANES vectors in place: log2(LANES) rounds of interleaving halves.
static inline void transpose(vec *v) {
  for (int round = 1; round < LANES; round *= 2) {
    vec next[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES / 2; i++) {
      vec a = v[i], b = v[i + LANES / 2];
#if LANES == 16
      next[2 * i] = __builtin_shufflevector(
          a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      next[2 * i + 1] = __builtin_shufflevector(
          a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif LANES == 8
      next[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      next[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
      next[2 * i] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      next[2 * i + 1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
    }
    memcpy(v, next, sizeof next);
  }
}

/// Packs `rows` <= LANES stored rows of `depth` elements as target[k * width + row]; missing rows
/// become zero. Writes LANES floats for each k, so `target` needs LANES floats of slack if width <
/// LANES, and panels must be packed in ascending order.
static inline void pack_rows(
    const char *source, size_t stride_bytes, enum iris_format format, size_t rows, size_t depth,
    float *target, size_t width) {
  size_t element = stored_width(format), k = 0;
  for (; k + LANES <= depth; k += LANES) {
    vec v[LANES];
    for (size_t r = 0; r < LANES; r++)
      v[r] = r < rows ? load_stored(source + r * stride_bytes + k * element, format) : (vec){0};
    transpose(v);
    for (size_t j = 0; j < LANES; j++) store(target + (k + j) * width, v[j]);
  }
  for (; k < depth; k++) {
    vec v = {0};
    for (size_t r = 0; r < rows; r++)
      v[r] = load_stored_one(source + r * stride_bytes + k * element, format);
    store(target + k * width, v);
  }
}

/// Packs up to TILE_ROWS float rows into an A panel, which needs LANES floats of slack after it.
static inline void pack_a(const float *x, size_t stride, size_t rows, size_t depth, float *panel) {
  _Static_assert(TILE_ROWS <= LANES, "an A panel is packed with one vector a row");
  pack_rows(
      (const char *)x, stride * sizeof(float), IRIS_FLOAT32, rows, depth, panel, TILE_ROWS);
}

/// Packs up to TILE_COLUMNS stored rows (columns of B) into a B panel, padded with zeros.
static inline void pack_b(
    iris_stored w, size_t row, size_t rows, size_t k, size_t depth, float *panel) {
  size_t element = stored_width(w.format);
  float *decoded = is_encoded(w.format) ? scratch(LANES * depth) : NULL;
  for (size_t first = 0; first < TILE_COLUMNS; first += LANES, row += LANES) {
    size_t count = rows > first ? smaller(rows - first, LANES) : 0;
    float *target = panel + first;
    if (decoded) {
      for (size_t r = 0; r < count; r++) decode_run(w, row + r, k, depth, decoded + r * depth);
      pack_rows(
          (const char *)decoded, depth * sizeof(float), IRIS_FLOAT32, count, depth, target,
          TILE_COLUMNS);
    } else {
      const char *source = (const char *)w.data + (row * w.stride + k) * element;
      pack_rows(source, w.stride * element, w.format, count, depth, target, TILE_COLUMNS);
    }
  }
  free(decoded);
}
