#include "ckernels.h"

/// The blocks of each format, by its number.
static const iris_block blocks[] = {
    [IRIS_FLOAT32] = {1, 4},
    [IRIS_BFLOAT16] = {1, 2},
    [IRIS_FLOAT16] = {1, 2},
    [IRIS_INT8] = {1, 1},
    [IRIS_INT8_PANELS] = {1, 1},
    [IRIS_FLOAT64] = {1, 8},
    [IRIS_FLOAT8_E4M3] = {1, 1},
    [IRIS_FLOAT8_E5M2] = {1, 1},
    [IRIS_SCALED_INT8] = {1, 1},
    [IRIS_MXFP8] = {32, 32},
    [IRIS_NVFP4_LOW] = {16, 8},
    [IRIS_NVFP4_HIGH] = {16, 8},
    [IRIS_Q4_0] = {32, 18},
    [IRIS_Q4_1] = {32, 20},
    [IRIS_Q5_0] = {32, 22},
    [IRIS_Q5_1] = {32, 24},
    [IRIS_Q8_0] = {32, 34},
    [IRIS_Q2_K] = {256, 84},
    [IRIS_Q3_K] = {256, 110},
    [IRIS_Q4_K] = {256, 144},
    [IRIS_Q5_K] = {256, 176},
    [IRIS_Q6_K] = {256, 210},
    [IRIS_IQ4_NL] = {32, 18},
    [IRIS_IQ4_XS] = {256, 136},
    [IRIS_MXFP4] = {32, 17},
};

iris_block iris_format_block(enum iris_format format) { return blocks[format]; }
