// A table of kernels for each instruction set; `dispatch.c` selects one.
#pragma once

#include "ckernels.h"

typedef struct {
  const char *name;
  void (*linear)(iris_pool *, const iris_linear_args *);
  size_t (*outlier_columns)(
      iris_pool *, iris_const_rows, const float *, size_t, size_t, int, size_t, size_t *);
  void (*quantize)(iris_pool *, const iris_quantize_args *);
  void (*convolution)(iris_pool *, const iris_convolution_args *);
  void (*attention)(iris_pool *, const iris_attention_args *);
  void (*narrow_attention)(iris_pool *, const iris_attention_args *);
  void (*modulated_layer_norm)(
      iris_pool *, iris_const_rows, const float *, const float *, iris_rows, size_t, size_t, float);
  void (*rms_norm)(
      iris_pool *, iris_const_rows, const float *, iris_rows, size_t, size_t, float);
  void (*head_norm_rotary)(iris_pool *, const iris_head_norm_args *);
  void (*gated_silu)(iris_pool *, iris_const_rows, iris_rows, size_t, size_t);
  void (*gated_add)(iris_pool *, iris_rows, iris_const_rows, const float *, size_t, size_t);
  void (*channel_moments)(iris_pool *, const float *, size_t, size_t, iris_moments *);
  void (*normalize_channels)(
      iris_pool *, const float *, const float *, float *, size_t, size_t, bool);
  void (*silu)(iris_pool *, float *, size_t);
  void (*widen)(iris_stored, size_t, size_t, size_t, float *);
  double (*peak)(iris_pool *, size_t, size_t);
} iris_kernel_table;

/// sums[TILE_ROWS][TILE_COLUMNS] = A panel * B panel, both of 32-bit words (see `low_precision.h`).
typedef void (*iris_tile_kernel)(const int32_t *a, const int32_t *b, size_t words, int32_t *sums);

/// Microkernels for 14 rows and 32 columns by this processor's own instructions; NULL without them.
typedef struct {
  iris_tile_kernel bfloat16, int8;
} iris_native_tiles;

const iris_native_tiles *iris_low_precision_tiles(void);

extern const iris_kernel_table iris_kernels_portable;
#if defined(__x86_64__)
extern const iris_kernel_table iris_kernels_avx2;
extern const iris_kernel_table iris_kernels_avx512;
void iris_tile_bfloat16_avx512(const int32_t *a, const int32_t *b, size_t words, int32_t *sums);
void iris_tile_int8_avx512(const int32_t *a, const int32_t *b, size_t words, int32_t *sums);
#endif
