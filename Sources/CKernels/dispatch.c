// Selects the kernels for this processor and forwards to them.
#include "table.h"

#include <stdlib.h>
#include <string.h>

static const iris_kernel_table *choose(void) {
#if defined(__x86_64__)
  // IRIS_ISA selects a lower instruction set, so that tests and benchmarks can use every table. An empty value is
  // none, as of all variables.
  const char *wanted = getenv("IRIS_ISA");
  if (wanted && !*wanted) wanted = NULL;
  bool below512 = wanted && strcmp(wanted, "avx512") != 0;
  bool portable = wanted && strcmp(wanted, "portable") == 0;
  __builtin_cpu_init();
  bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
              __builtin_cpu_supports("f16c");
  if (avx512 && !below512) return &iris_kernels_avx512;
  if (avx2 && !portable) return &iris_kernels_avx2;
#endif
  return &iris_kernels_portable;
}

static const iris_kernel_table *kernels(void) {
  static _Atomic(const iris_kernel_table *) chosen;
  const iris_kernel_table *table = chosen;
  if (!table) chosen = table = choose();
  return table;
}

const char *iris_instruction_set(void) { return kernels()->name; }

const iris_native_tiles *iris_low_precision_tiles(void) {
  static const iris_native_tiles none = {NULL, NULL};
#if defined(__x86_64__)
  static iris_native_tiles chosen;
  static _Atomic(const iris_native_tiles *) known;
  const iris_native_tiles *tiles = known;
  if (tiles) return tiles;
  if (kernels() != &iris_kernels_avx512) return known = &none;
  // Threads that come here at the same time write the same.
  if (__builtin_cpu_supports("avx512bf16")) chosen.bfloat16 = iris_tile_bfloat16_avx512;
  if (__builtin_cpu_supports("avx512vnni")) chosen.int8 = iris_tile_int8_avx512;
  return known = &chosen;
#else
  return &none;
#endif
}

bool iris_has_bfloat16(void) { return iris_low_precision_tiles()->bfloat16 != NULL; }
bool iris_has_int8(void) { return iris_low_precision_tiles()->int8 != NULL; }

size_t iris_outlier_columns(
    iris_pool *pool, iris_const_rows x, const float *factors, size_t m, size_t k, int orders,
    size_t limit, size_t *columns) {
  return kernels()->outlier_columns(pool, x, factors, m, k, orders, limit, columns);
}

void iris_scatter_add(
    iris_rows y, const size_t *columns, iris_const_rows x, size_t rows, size_t count) {
  for (size_t r = 0; r < rows; r++)
    for (size_t j = 0; j < count; j++)
      y.data[r * y.stride + columns[j]] += x.data[r * x.stride + j];
}

void iris_quantize(iris_pool *pool, const iris_quantize_args *args) {
  kernels()->quantize(pool, args);
}

void iris_linear(iris_pool *pool, const iris_linear_args *args) { kernels()->linear(pool, args); }

void iris_convolution(iris_pool *pool, const iris_convolution_args *args) {
  kernels()->convolution(pool, args);
}

void iris_attention(iris_pool *pool, const iris_attention_args *args) {
  if (args->queries == 0 || args->key_count == 0) return;
  // A head is packed in a buffer of fixed size; no model has wider ones than 512.
  bool narrow = args->bfloat16 && args->width <= 512;
  (narrow ? kernels()->narrow_attention : kernels()->attention)(pool, args);
}

void iris_modulated_layer_norm(
    iris_pool *pool, iris_const_rows x, const float *shift, const float *scale, iris_rows y,
    size_t rows, size_t columns, float eps) {
  kernels()->modulated_layer_norm(pool, x, shift, scale, y, rows, columns, eps);
}

void iris_rms_norm(
    iris_pool *pool, iris_const_rows x, const float *weight, iris_rows y, size_t rows,
    size_t columns, float eps) {
  kernels()->rms_norm(pool, x, weight, y, rows, columns, eps);
}

void iris_head_norm_rotary(iris_pool *pool, const iris_head_norm_args *args) {
  kernels()->head_norm_rotary(pool, args);
}

void iris_gated_silu(
    iris_pool *pool, iris_const_rows x, iris_rows y, size_t rows, size_t features) {
  kernels()->gated_silu(pool, x, y, rows, features);
}

void iris_gated_add(
    iris_pool *pool, iris_rows x, iris_const_rows y, const float *gate, size_t rows,
    size_t columns) {
  kernels()->gated_add(pool, x, y, gate, rows, columns);
}

void iris_channel_moments(
    iris_pool *pool, const float *x, size_t pixels, size_t channels, iris_moments *moments) {
  kernels()->channel_moments(pool, x, pixels, channels, moments);
}

void iris_normalize_channels(
    iris_pool *pool, const float *x, const float *table, float *y, size_t pixels, size_t channels,
    bool silu) {
  kernels()->normalize_channels(pool, x, table, y, pixels, channels, silu);
}

void iris_silu(iris_pool *pool, float *x, size_t count) { kernels()->silu(pool, x, count); }

void iris_widen(iris_stored w, size_t row, size_t k, size_t count, float *y) {
  kernels()->widen(w, row, k, count, y);
}

double iris_peak(iris_pool *pool, size_t tiles, size_t rounds) {
  return kernels()->peak(pool, tiles, rounds);
}
