// The thread pool's inner face: how a kernel hands out its tiles.
#pragma once

#include "ckernels.h"

/// Computes tile `index` of what `context` describes.
typedef void (*iris_tile)(void *context, size_t index);

/// Runs `tile` for every index below `count`, on the pool's threads and the caller's; returns when all
/// tiles are done. Which thread takes which tile is unspecified, so a tile may write only its own part.
void iris_pool_run(iris_pool *pool, size_t count, iris_tile tile, void *context);
