// Kernels for every processor: 4 floats at a time, which is SSE2 on x86-64 and NEON on arm64.
#include "prelude.h"

#define LANES 4
#define TILE_ROWS 4
#if defined(__aarch64__)
#define TILE_VECTORS 4
#else
#define TILE_VECTORS 2
#endif
#define TABLE iris_kernels_portable
#define TABLE_NAME "portable"
#include "kernels.h"
