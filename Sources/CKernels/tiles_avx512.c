// Microkernels in bfloat16 and int8 by the dot product instructions of AVX-512: 14 rows and 32 columns are
// summed in 28 registers, two loads and 14 broadcasts a word of k. Measured on Zen 4 on 768x9216x3072:
// 97 % of the silicon in int8, 95 % in bfloat16, as oneDNN 2.6.3 with weights packed ahead.
#include "table.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define ROWS 14

#define DEFINE_TILE(NAME, TARGET, SUM, ZERO, ADD)                                              \
  __attribute__((target(TARGET))) void NAME(                                                   \
      const int32_t *a, const int32_t *b, size_t words, int32_t *sums) {                       \
    SUM sum[ROWS][2];                                                                          \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < ROWS; i++) {                        \
      sum[i][0] = ZERO;                                                                        \
      sum[i][1] = ZERO;                                                                        \
    }                                                                                          \
    for (size_t k = 0; k < words; k++, a += ROWS, b += 32) {                                   \
      __m512i first = _mm512_loadu_si512(b), second = _mm512_loadu_si512(b + 16);              \
      _Pragma("clang loop unroll(full)") for (int i = 0; i < ROWS; i++) {                      \
        __m512i left = _mm512_set1_epi32(a[i]);                                                \
        sum[i][0] = ADD(sum[i][0], first, left);                                               \
        sum[i][1] = ADD(sum[i][1], second, left);                                              \
      }                                                                                        \
    }                                                                                          \
    _Pragma("clang loop unroll(full)") for (int i = 0; i < ROWS; i++) {                        \
      _mm512_storeu_si512(sums + i * 32, (__m512i)sum[i][0]);                                  \
      _mm512_storeu_si512(sums + i * 32 + 16, (__m512i)sum[i][1]);                             \
    }                                                                                          \
  }

#define ADD_BFLOAT16(sum, right, left) _mm512_dpbf16_ps(sum, (__m512bh)(right), (__m512bh)(left))
DEFINE_TILE(
    iris_tile_bfloat16_avx512, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(), ADD_BFLOAT16)
DEFINE_TILE(
    iris_tile_int8_avx512, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(),
    _mm512_dpbusd_epi32)
#else
typedef int iris_no_avx512_tiles;
#endif
