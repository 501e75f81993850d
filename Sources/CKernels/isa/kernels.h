// All kernels of one instruction set. The including file sets LANES (floats in a vector), TILE_ROWS and
// TILE_VECTORS (the register tile of the matrix product), TABLE and TABLE_NAME.
#pragma clang fp contract(fast)

#include "vector.h"
#include "elementwise.h"
#include "blocks.h"
#include "decode.h"
#include "product.h"
#include "words.h"
#include "quantization.h"
#include "outliers.h"
#include "low_packing.h"
#include "low_precision.h"
#include "provided.h"
#include "linear.h"
#include "group_norm.h"
#include "filter.h"
#include "filter_convolution.h"
#include "convolution.h"
#include "attention.h"
#include "attention_bfloat16.h"
#include "norms.h"
#include "peak.h"

const iris_kernel_table TABLE = {
    .name = TABLE_NAME,
    .linear = linear,
    .outlier_columns = outlier_columns,
    .quantize = quantize,
    .convolution = convolution,
    .attention = attention,
    .narrow_attention = narrow_attention,
    .modulated_layer_norm = modulated_layer_norm,
    .rms_norm = rms_norm,
    .head_norm_rotary = head_norm_rotary,
    .gated_silu = gated_silu,
    .gated_add = gated_add,
    .channel_moments = channel_moments,
    .normalize_channels = normalize_channels,
    .silu = silu,
    .widen = widen,
    .peak = peak,
};
