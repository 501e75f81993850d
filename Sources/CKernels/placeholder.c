#include "ckernels.h"
typedef int iris_kernels_placeholder;
