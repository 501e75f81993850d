// Matrix products by OpenBLAS and oneDNN, which are opened at the first use by the names that their packages
// give them. Nothing is linked against them: oneDNN alone is 39 MB with OpenCL and OpenMP.
#pragma once

#include "ckernels.h"

/// Opens the library at the first call.
/// Returns NULL, with the reason in `*reason`, if it is not installed or cannot be used.
const iris_product_library *iris_openblas(const char **reason);
const iris_product_library *iris_onednn(const char **reason);

/// Returns whether this processor has instructions for products in bfloat16, or int8, that no kernel of
/// `ckernels.h` uses: AMX, AVX-VNNI without AVX-512, the matrix instructions of arm64.
bool iris_processor_has_more_bfloat16(void);
bool iris_processor_has_more_int8(void);
