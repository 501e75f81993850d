// Kernels for processors with AVX-512 (x86-64-v4): 32 registers of 16 floats.
#include "prelude.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
#define LANES 16
#define TILE_ROWS 14
#define TILE_VECTORS 2
#define TABLE iris_kernels_avx512
#define TABLE_NAME "avx512"
#include "kernels.h"
#pragma clang attribute pop
#else
typedef int iris_no_avx512;
#endif
