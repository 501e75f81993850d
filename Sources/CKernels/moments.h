// Moments of the channels of an image, from those of its parts.
#pragma once

#include "ckernels.h"

/// Combines the moments of the parts of each channel, in ascending order. parts: [count][channels].
void iris_combine_moments(
    const iris_moments *parts, size_t count, size_t channels, iris_moments *moments);
