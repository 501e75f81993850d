// The thread pool's internal interface, by which kernels distribute their tiles.
#pragma once

#include "ckernels.h"

/// Computes tile `index` of the operation in `context`.
typedef void (*iris_tile)(void *context, size_t index);

/// Runs `tile` for every index below `count` on the pool's threads and the caller's; returns when
/// all tiles are done. The assignment of tiles to threads is unspecified, so a tile may write only
/// its own part.
void iris_pool_run(iris_pool *pool, size_t count, iris_tile tile, void *context);
