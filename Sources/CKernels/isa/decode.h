// Reads runs of stored rows as float32: the one place that knows what the bytes of an encoded matrix stand for.
// The kernels call it for a tile or a row at a time, so that no matrix is widened whole.

/// The most values that are decoded together: a block of 256, or a rotated group.
#define DECODE_UNIT 256

/// True if the kernels cannot load the elements as they are.
static inline bool is_encoded(enum iris_format format) { return format > IRIS_INT8_PANELS; }

/// Multiplies columns k to k + count of a row by their scales.
static void apply_scales(
    const iris_encoding *how, size_t row, size_t k, size_t count, float *y) {
  const float *scales = how->scales + row / how->scale_rows * how->scale_stride;
  for (size_t j = 0; j < count;) {
    size_t place = (k + j) / how->scale_columns;
    size_t end = smaller(count, (place + 1) * how->scale_columns - k);
    for (; j < end; j++) y[j] *= scales[place];
  }
}

/// Returns the scale of one block of columns, a byte.
static float block_scale(iris_stored w, size_t row, size_t place) {
  const iris_encoding *how = &w.encoding;
  size_t index = row * how->block_stride + place;
  if (how->block_tiles)
    // Tiles of 128 rows and 4 scales, as cuBLAS has them: 32 runs of 16 bytes, each of four rows 32 apart.
    index = (row / 128 * how->block_stride + place / 4) * 512 + row % 32 * 16 +
            row % 128 / 32 * 4 + place % 4;
  uint8_t byte = how->block_scales[index];
  return w.format == IRIS_MXFP8 ? e8m0_value(byte) : e4m3_values[byte] * how->scales[0];
}

/// Decodes whole units: blocks, or groups that are rotated together.
static void decode_units(iris_stored w, size_t row, size_t k, size_t count, float *y) {
  const iris_encoding *how = &w.encoding;
  iris_block block = iris_format_block(w.format);
  const uint8_t *x = (const uint8_t *)w.data + (row * w.stride + k) / block.values * block.bytes;
  block_decoders[w.format](x, count / block.values, y);
  if (how->block_scales) {
    for (size_t j = 0; j < count; j += block.values) {
      float scale = block_scale(w, row, (k + j) / block.values);
      for (size_t i = j; i < j + block.values; i++) y[i] *= scale;
    }
    return;
  }
  if (how->scales) apply_scales(how, row, k, count, y);
  if (how->group > 1)
    for (size_t j = 0; j < count; j += how->group) convrot(y + j, how->group);
}

/// Decodes a run of an encoded row, which may begin and end within a unit.
static void decode_run(iris_stored w, size_t row, size_t k, size_t count, float *y) {
  const iris_encoding *how = &w.encoding;
  row += how->first_row;
  // Rows go round: the halves of a matrix are exchanged by starting in its middle.
  if (how->rows && row >= how->rows) row -= how->rows;
  size_t unit = how->group > 1 ? how->group : iris_format_block(w.format).values;
  for (size_t done = 0; done < count;) {
    size_t offset = (k + done) % unit, whole = (count - done) / unit * unit;
    if (offset == 0 && whole > 0) {
      decode_units(w, row, k + done, whole, y + done);
      done += whole;
      continue;
    }
    float part[DECODE_UNIT];
    size_t used = smaller(unit - offset, count - done);
    decode_units(w, row, k + done - offset, unit, part);
    memcpy(y + done, part + offset, used * sizeof *y);
    done += used;
  }
}

/// y = `count` elements of a stored row, from column `k` on.
static void widen(iris_stored w, size_t row, size_t k, size_t count, float *y) {
  if (is_encoded(w.format)) {
    decode_run(w, row, k, count, y);
    return;
  }
  size_t element = stored_width(w.format), j = 0;
  const char *x = (const char *)w.data + (row * w.stride + k) * element;
  for (; j + LANES <= count; j += LANES) store(y + j, load_stored(x + j * element, w.format));
  for (; j < count; j++) y[j] = load_stored_one(x + j * element, w.format);
}

/// A run of elements that the kernels can load.
typedef struct {
  const char *data;
  enum iris_format format;
} stored_run;

/// Returns a run of a row where it is stored, or decoded into `memory`, which has room for it.
static inline stored_run read_run(
    iris_stored w, size_t row, size_t k, size_t count, float *memory) {
  if (!is_encoded(w.format)) {
    size_t element = stored_width(w.format);
    return (stored_run){(const char *)w.data + (row * w.stride + k) * element, w.format};
  }
  decode_run(w, row, k, count, memory);
  return (stored_run){(const char *)memory, IRIS_FLOAT32};
}
