// Words of 32 bits, two bfloat16 or four int8 that follow each other in a row, as the dot product instructions take
// them. int8 weights are stored row by row, or in panels of IRIS_PANEL_ROWS rows, in the order in which a tile of
// AVX-512 reads them.

/// Added to int8 weights, which the instructions want unsigned: as a number, and as bits of a word to flip.
#define UNIT_OFFSET 128
#define UNIT_FLIP ((int32_t)0x80808080)

/// True for int8 weights in either order.
static inline bool is_units(enum iris_format format) {
  return format == IRIS_INT8 || format == IRIS_INT8_PANELS;
}

/// The words of a stored matrix; missing rows and bytes beyond `bytes` become zero.
static inline ivec load_words(const char *source, size_t bytes) {
  ivec v = {0};
  // A copy whose length is known is a load; the other is a call.
  if (bytes >= sizeof v) {
    memcpy(&v, source, sizeof v);
  } else {
    memcpy(&v, source, bytes);
  }
  return v;
}

/// Packs up to LANES rows of `bytes` bytes as target[word * width + row]; like `pack_rows`, it writes LANES
/// words for each word of k.
static inline void pack_words(
    const char *source, size_t stride, size_t rows, size_t bytes, int32_t flip, int32_t *target,
    size_t width) {
  size_t words = ceil_div(bytes, 4);
  for (size_t k = 0; k < words; k += LANES) {
    vec v[LANES];
    for (size_t r = 0; r < LANES; r++) {
      ivec loaded = {0};
      if (r < rows) loaded = load_words(source + r * stride + k * 4, bytes - k * 4) ^ flip;
      memcpy(&v[r], &loaded, sizeof loaded);
    }
    transpose(v);
    for (size_t j = 0; j < LANES && k + j < words; j++)
      store((float *)target + (k + j) * width, v[j]);
  }
}

/// A word of up to LANES rows of panels; the lanes of missing rows are unspecified.
static inline vec panel_words(iris_stored w, size_t row, size_t rows, size_t word) {
  row += w.encoding.first_row;
  size_t offset = row % IRIS_PANEL_ROWS, inside = IRIS_PANEL_ROWS - offset, words = w.stride / 4;
  const float *panel = (const float *)w.data + row / IRIS_PANEL_ROWS * words * IRIS_PANEL_ROWS;
  const float *first = panel + word * IRIS_PANEL_ROWS + offset;
  if (inside >= LANES) return load(first);
  vec v = load_part(first, inside);
  const float *next = panel + (words + word) * IRIS_PANEL_ROWS;
  for (size_t i = inside; i < rows; i++) v[i] = next[i - inside];
  return v;
}

/// Writes rows of panels as target[row][k], row by row.
static inline void unpack_units(
    iris_stored w, size_t row, size_t rows, size_t k, int8_t *target) {
  for (size_t r = 0; r < rows; r += LANES) {
    size_t count = smaller(LANES, rows - r);
    for (size_t word = 0; word < k / 4; word += LANES) {
      size_t words = smaller(LANES, k / 4 - word);
      vec v[LANES] = {{0}};
      for (size_t i = 0; i < words; i++) v[i] = panel_words(w, row + r, count, word + i);
      transpose(v);
      for (size_t i = 0; i < count; i++) {
        ivec units = (ivec)v[i] ^ UNIT_FLIP;
        memcpy(target + (r + i) * k + word * 4, &units, words * 4);
      }
    }
  }
}
