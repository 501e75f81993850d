// The numeric kernels: loops over float32 buffers, called only by the Tensors module.
//
// Matrices are row-major. A stride is the distance between two rows in elements. Every kernel
// splits its work into tiles whose bounds depend only on the shapes, not on the number of threads,
// and sums each output element in a fixed order: results do not depend on the number of threads.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The form of a stored matrix's elements.
enum iris_format {
  IRIS_FLOAT32 = 0,
  IRIS_BFLOAT16 = 1,
  IRIS_FLOAT16 = 2,
  /// Multiplied in int8 (see `iris_quantization`).
  IRIS_INT8 = 3,
  /// The same, of whole panels and words: [panel][word][IRIS_PANEL_ROWS] words of four columns, each byte 128 above its
  /// int8. The matrix's row 0 is the row `first_row` of the first panel.
  IRIS_INT8_PANELS,
  /// The rest is decoded to float32, tile by tile. Elements of their own:
  IRIS_FLOAT64,
  IRIS_FLOAT8_E4M3,
  IRIS_FLOAT8_E5M2,
  IRIS_SCALED_INT8,
  /// Elements with a scale for each block of columns in another place (see `iris_encoding`): e4m3 with e8m0 for 32
  /// columns; e2m1 with e4m3 for 16, the first column of a byte in its low or its high nibble.
  IRIS_MXFP8,
  IRIS_NVFP4_LOW,
  IRIS_NVFP4_HIGH,
  /// The blocks of GGUF files, under ggml's names.
  IRIS_Q4_0,
  IRIS_Q4_1,
  IRIS_Q5_0,
  IRIS_Q5_1,
  IRIS_Q8_0,
  IRIS_Q2_K,
  IRIS_Q3_K,
  IRIS_Q4_K,
  IRIS_Q5_K,
  IRIS_Q6_K,
  IRIS_IQ4_NL,
  IRIS_IQ4_XS,
  IRIS_MXFP4
};

/// Rows of a panel of int8 weights.
#define IRIS_PANEL_ROWS 32

/// Values of a row that are stored together, and their bytes.
typedef struct {
  size_t values, bytes;
} iris_block;
iris_block iris_format_block(enum iris_format format);

/// A fixed set of threads that share the tiles of one kernel at a time, together with the caller.
typedef struct iris_pool iris_pool;

/// Starts `thread_count - 1` threads; returns NULL on failure.
iris_pool *iris_pool_create(int thread_count);
void iris_pool_destroy(iris_pool *pool);

/// Parts of an encoded matrix beside its elements; all zero for elements that need none.
typedef struct {
  /// scales[row / scale_rows * scale_stride + column / scale_columns] multiplies an element. NULL for none.
  const float *scales;
  size_t scale_rows, scale_columns, scale_stride;
  /// A byte for each block of columns: block_scales[row * block_stride + block], or in tiles of 128 rows and 4
  /// blocks, of which `block_stride` lie side by side. Of nvfp4, times scales[0]. NULL for none.
  const uint8_t *block_scales;
  size_t block_stride;
  bool block_tiles;
  /// Columns that ConvRot rotated together, a power of four that is at most 256; 0 for none.
  size_t group;
  /// The matrix's row 0 is the stored row `first_row`; after the last of `rows` comes the first.
  size_t first_row, rows;
} iris_encoding;

/// A read-only row-major matrix of any storage format; the stride is in elements.
typedef struct {
  const void *data;
  size_t stride;
  enum iris_format format;
  iris_encoding encoding;
} iris_stored;

/// A float matrix with a row stride.
typedef struct {
  float *data;
  size_t stride;
} iris_rows;

typedef struct {
  const float *data;
  size_t stride;
} iris_const_rows;

/// Maps the elements of an int8 matrix [n, k] to the values they stand for:
/// value[n, k] = scales[n] / (factors[k] * group) * (Hadamard transform of each group of element[n, :])[k].
typedef struct {
  /// The value of a unit in each row, [n].
  const float *scales;
  /// Factors of x before it is rotated, [k]: powers of two with a sign.
  const float *factors;
  /// Columns that are rotated together: a power of two that divides k; 1 for none.
  size_t group;
  /// True for ConvRot's transform in place of the Hadamard transform / sqrt(group), for a power of four.
  bool is_convrot;
} iris_quantization;

/// One tile of a product: y[m, n] = base + scale * (sum over k of x[m, k] * w[n, k]), base = accumulate ? y : 0.
typedef struct {
  size_t m, n, k;
  const void *x, *w;
  void *y;
  /// Distances between rows, in elements.
  size_t x_stride, w_stride, y_stride;
  /// 1 and false but in float32.
  float scale;
  bool accumulate;
} iris_tile_product;

/// The products of a library. Each is computed by the calling thread alone, in an order that the tile's
/// shape decides, and may be called by several threads at once. NULL for those that the library lacks on
/// this processor.
typedef struct {
  /// Its name and version.
  const char *name;
  /// x, w and y are float.
  void (*float32)(const iris_tile_product *);
  /// x and w are bfloat16 (`uint16_t`), y is float.
  void (*bfloat16)(const iris_tile_product *);
  /// x and w are `int8_t`, y is `int32_t` with the exact sums.
  void (*int8)(const iris_tile_product *);
} iris_product_library;

/// y[m, n] = base + scale * (sum over k of x[m, k] * w[n, k]) + bias[n], base = accumulate ? y : 0,
/// plus the product of x and a low-rank change of w. `bias` may be NULL. `y` must not overlap `x`.
///
/// int8 weights are multiplied in int8: each row of x is rotated and rounded to 127 units of its largest
/// value, sums are exact. Others are multiplied in float32, or, with `bfloat16`, rounded to bfloat16 on
/// both sides and summed in float32.
typedef struct {
  iris_const_rows x;
  iris_stored w;
  iris_quantization quantization;
  bool bfloat16;
  const float *bias;
  iris_rows y;
  size_t m, n, k;
  float scale;
  bool accumulate;
  /// Multiplies in place of the kernels here, where it has the operation; NULL for none.
  const iris_product_library *library;
  /// Columns of x, ascending, that are left out of an int8 product: the outliers. May be NULL.
  const size_t *outliers;
  size_t outlier_count;
  /// Their weights [n, outlier_count]; multiplied in float32 and added, times `scale`.
  iris_stored outlier_weights;
  /// A low-rank change of w, side_scale * side_up * side_down of [n, side_rank] and [side_rank, k]. Where w is
  /// multiplied in bfloat16 or int8, its products are in bfloat16, and added while a tile of y is in registers.
  iris_stored side_down, side_up;
  float side_scale;
  /// 0 for none.
  size_t side_rank;
} iris_linear_args;
void iris_linear(iris_pool *pool, const iris_linear_args *args);

/// Finds the columns of x [m, k] whose largest value, times the size of its factor, is far above the median
/// column's or more (5 binary orders of magnitude); at most `limit` of them.
/// Writes their numbers in ascending order and returns how many there are.
size_t iris_outlier_columns(
    iris_pool *pool, iris_const_rows x, const float *factors, size_t m, size_t k, int orders,
    size_t limit, size_t *columns);

/// y[r, columns[j]] += x[r, j] for `count` columns.
void iris_scatter_add(
    iris_rows y, const size_t *columns, iris_const_rows x, size_t rows, size_t count);

/// Quantises a stored matrix [n, k] to int8 (see `iris_quantization`), row by row or, if n is a multiple of
/// IRIS_PANEL_ROWS and k of 4, in panels.
typedef struct {
  iris_stored w;
  size_t n, k;
  /// As in `iris_quantization`; 1 turns the rotation off.
  size_t group;
  /// True to choose factors that make the columns equally large; otherwise they are 1 or -1.
  bool equalizes;
  bool in_panels;
  int8_t *y;
  float *scales;
  float *factors;
} iris_quantize_args;
void iris_quantize(iris_pool *pool, const iris_quantize_args *args);

/// Mean, and sum of the squared distances from it, of `count` values.
typedef struct {
  double mean, squares, count;
} iris_moments;

/// Two-dimensional convolution over one channels-last image. x: [height, width, in_channels]; w:
/// [out_channels, in_channels, kernel, kernel]; y: [out_height, out_width, out_channels]. Pixels
/// outside the image are zero. With `upsample` the input is x doubled in both directions (nearest
/// neighbour), without storing the doubled image.
///
/// The rest is for a stride of 1 and an output as large as the input (or twice, with `upsample`), but for
/// `moments`: if `norm` is not NULL, x is normalised first, as by `iris_normalize_channels`. if `residual` is not NULL,
/// it is added to y, and may be y itself. If `moments` is not NULL, it receives those of each channel of y.
/// If `levels` is not NULL, y is not written, but its values from -1 to 1 as bytes from 0 to 255.
typedef struct {
  const float *x;
  iris_stored w;
  const float *bias;
  float *y;
  size_t height, width, in_channels;
  size_t out_height, out_width, out_channels;
  size_t kernel, stride, pad_top, pad_left;
  bool upsample;
  const float *norm;
  bool silu;
  const float *residual;
  iris_moments *moments;
  uint8_t *levels;
} iris_convolution_args;
void iris_convolution(iris_pool *pool, const iris_convolution_args *args);

/// Softmax attention in blocks; the whole score matrix is never stored.
/// q: [queries, heads * width]; k, v: [keys, kv_heads * width]; y: [queries, heads * width].
/// Query i sees the keys j < key_count, and with `causal` only those with j <= i. With `bfloat16` both
/// products round their operands to it.
typedef struct {
  iris_const_rows q, k, v;
  iris_rows y;
  size_t queries, keys, key_count;
  size_t heads, kv_heads, width;
  float scale;
  bool causal, bfloat16;
} iris_attention_args;
void iris_attention(iris_pool *pool, const iris_attention_args *args);

/// y = (1 + scale) * layer_norm(x) + shift over each row; no affine weights, biased variance.
void iris_modulated_layer_norm(
    iris_pool *pool, iris_const_rows x, const float *shift, const float *scale, iris_rows y,
    size_t rows, size_t columns, float eps);

/// y = weight * x / sqrt(mean(x^2) + eps) over each row.
void iris_rms_norm(
    iris_pool *pool, iris_const_rows x, const float *weight, iris_rows y, size_t rows,
    size_t columns, float eps);

/// RMS norm of each head, then rotary embedding, in place, for `heads` heads of `width` per row.
/// cosine, sine: [rows, width / 2]. Interleaved pairs are (2k, 2k + 1), otherwise (k, k + width / 2).
typedef struct {
  iris_rows x;
  const float *weight;
  const float *cosine;
  const float *sine;
  size_t rows, heads, width;
  float eps;
  bool interleaved;
} iris_head_norm_args;
void iris_head_norm_rotary(iris_pool *pool, const iris_head_norm_args *args);

/// y[r, j] = silu(x[r, j]) * x[r, features + j].
void iris_gated_silu(
    iris_pool *pool, iris_const_rows x, iris_rows y, size_t rows, size_t features);

/// x[r, j] += gate[j] * y[r, j]; a NULL gate means one.
void iris_gated_add(
    iris_pool *pool, iris_rows x, iris_const_rows y, const float *gate, size_t rows,
    size_t columns);

/// moments[c] of each channel of a channels-last image [pixels, channels].
void iris_channel_moments(
    iris_pool *pool, const float *x, size_t pixels, size_t channels, iris_moments *moments);

/// Means, factors and offsets [3, channels] of a group norm, from the moments of its channels. Consecutive
/// runs of channels / groups channels share one mean and one (biased) variance.
void iris_group_norm_table(
    const iris_moments *moments, const float *weight, const float *bias, size_t channels,
    size_t groups, float eps, float *table);

/// y[p, c] = (x[p, c] - table[0][c]) * table[1][c] + table[2][c]; with `silu` followed by y / (1 + exp(-y)).
void iris_normalize_channels(
    iris_pool *pool, const float *x, const float *table, float *y, size_t pixels, size_t channels,
    bool silu);

/// x = x / (1 + exp(-x)).
void iris_silu(iris_pool *pool, float *x, size_t count);

/// Returns whether all `count` stored elements are finite; of float32, bfloat16 or float16.
bool iris_is_finite(enum iris_format format, const void *x, size_t count);

/// Widens `count` elements of a stored row, from column `k` on, to float32.
void iris_widen(iris_stored w, size_t row, size_t k, size_t count, float *y);

/// y[r, c] = mean + row_scales[r] * column_scales[c] * normal(key, first_row + r, c) as bfloat16, with
/// independent standard normal numbers that are the same on every machine.
typedef struct {
  uint64_t key;
  size_t first_row, rows, columns;
  float mean;
  const float *row_scales;
  const float *column_scales;
  uint16_t *y;
} iris_random_args;
void iris_random_rows(iris_pool *pool, const iris_random_args *args);

/// Rounds rows of bfloat16, x [rows, columns], to an encoding, as a writer of files does: each scale is the smallest
/// that holds the largest value.
///
/// IRIS_FLOAT8_E4M3 and IRIS_SCALED_INT8 have a scale for each row, [rows], and the rows of the latter are rotated in
/// groups as ConvRot does, unless `group` is 0; IRIS_Q8_0, IRIS_Q4_K, IRIS_Q5_K and IRIS_Q6_K have none. Columns are
/// whole blocks.
typedef struct {
  const uint16_t *x;
  size_t rows, columns, group;
  enum iris_format format;
  uint8_t *y;
  float *scales;
} iris_encode_args;
void iris_encode_rows(iris_pool *pool, const iris_encode_args *args);

/// Multiplies and adds in registers, `rounds` times in each of `tiles` tiles; returns the number of operations,
/// two for each lane.
double iris_peak(iris_pool *pool, size_t tiles, size_t rounds);

/// The instruction set selected on this machine: "avx512", "avx2" or "portable".
const char *iris_instruction_set(void);

/// Keeps freed memory in the process for the next operation, until `iris_return_freed_memory`; otherwise every
/// large tensor is mapped, zeroed page by page by the system, and unmapped again.
void iris_keep_freed_memory(void);
void iris_return_freed_memory(void);
/// Asks for large pages for the memory that the next tensors take; after `iris_keep_freed_memory`.
void iris_use_large_pages(size_t byte_count);

/// Returns whether this machine multiplies bfloat16, or int8, by instructions of its own.
bool iris_has_bfloat16(void);
bool iris_has_int8(void);
