// A loop of fused multiplications and additions in registers: what the processor can do at most.

enum { PEAK_VECTORS = TILE_ROWS * TILE_VECTORS };

typedef struct {
  size_t rounds;
  float *sums;
} peak_context;

static void peak_tile(void *pointer, size_t index) {
  const peak_context *context = pointer;
  vec sums[PEAK_VECTORS];
  for (int i = 0; i < PEAK_VECTORS; i++) sums[i] = splat((float)i);
  // Read where the compiler cannot know them; the sums stay between 0 and 2.
  volatile float half = 0.5f, part = 0.25f;
  vec factor = splat(half), term = splat(part);
  for (size_t round = 0; round < context->rounds; round++) {
    for (int i = 0; i < PEAK_VECTORS; i++) sums[i] = sums[i] * factor + term;
  }
  float sum = 0;
  for (int i = 0; i < PEAK_VECTORS; i++) sum += sum_lanes(sums[i]);
  context->sums[index] = sum;
}

static double peak(iris_pool *pool, size_t tiles, size_t rounds) {
  float *sums = scratch(tiles);
  peak_context context = {rounds, sums};
  iris_pool_run(pool, tiles, peak_tile, &context);
  free(sums);
  return 2.0 * LANES * (double)PEAK_VECTORS * (double)rounds * (double)tiles;
}
