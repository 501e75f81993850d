// A table of kernels for each instruction set; `dispatch.c` selects one.
#pragma once

#include "ckernels.h"

typedef struct {
  const char *name;
  void (*linear)(iris_pool *, const iris_linear_args *);
  void (*convolution)(iris_pool *, const iris_convolution_args *);
  void (*attention)(iris_pool *, const iris_attention_args *);
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
  void (*widen)(enum iris_format, const void *, float *, size_t);
} iris_kernel_table;

extern const iris_kernel_table iris_kernels_portable;
#if defined(__x86_64__)
extern const iris_kernel_table iris_kernels_avx2;
extern const iris_kernel_table iris_kernels_avx512;
#endif
