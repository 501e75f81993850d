// Kernels for processors with AVX2 and FMA (x86-64-v3): 16 registers of 8 floats.
#include "prelude.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define LANES 8
#define TILE_ROWS 6
#define TILE_VECTORS 2
#define TABLE iris_kernels_avx2
#define TABLE_NAME "avx2"
#include "kernels.h"
#pragma clang attribute pop
#else
typedef int iris_no_avx2;
#endif
