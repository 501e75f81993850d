// Block-wise attention: for each block of queries, loops over blocks of keys and values with a
// running maximum and sum per query (online softmax; Milakov & Gimelshein, arXiv:1805.02867).

/// A panels per block of queries.
#define ATTENTION_PANELS 4
#define ATTENTION_QUERIES ((size_t)TILE_ROWS * ATTENTION_PANELS)
/// Keys per block; a multiple of TILE_COLUMNS on every instruction set.
#define ATTENTION_KEYS ((size_t)256)

typedef struct {
  const iris_attention_args *args;
  /// Keys of each kv head, packed as B panels over keys, [head][key panel][width][TILE_COLUMNS].
  float *keys;
  /// Values of each kv head, packed as B panels over features, [head][feature
  /// panel][key][TILE_COLUMNS].
  float *values;
  size_t key_panels, feature_panels, blocks;
} attention_job;

/// Scratch memory for one block of queries.
typedef struct {
  float *queries;  // A panels, [panel][width][TILE_ROWS]
  float *scores;   // [ATTENTION_QUERIES][ATTENTION_KEYS]
  float *weights;  // scores of one A panel, packed
  float *sums;     // output before division, [ATTENTION_QUERIES][width]
  float maximum[ATTENTION_QUERIES], total[ATTENTION_QUERIES];
} attention_block;

static void attention_pack_keys(void *context, size_t index) {
  const attention_job *job = context;
  const iris_attention_args *args = job->args;
  size_t head = index / job->key_panels, panel = index % job->key_panels;
  size_t first = panel * TILE_COLUMNS;
  iris_stored keys = {
      .data = args->k.data + head * args->width, .stride = args->k.stride, .format = IRIS_FLOAT32};
  pack_b(
      keys, first, smaller(TILE_COLUMNS, args->key_count - first), 0, args->width,
      job->keys + index * args->width * TILE_COLUMNS);
}

static void attention_pack_values(void *context, size_t index) {
  const attention_job *job = context;
  const iris_attention_args *args = job->args;
  size_t head = index / job->feature_panels, panel = index % job->feature_panels;
  size_t feature = panel * TILE_COLUMNS, count = smaller(TILE_COLUMNS, args->width - feature);
  float *target = job->values + index * args->key_count * TILE_COLUMNS;
  const float *source = args->v.data + head * args->width + feature;
  for (size_t key = 0; key < args->key_count; key++) {
    memset(target + key * TILE_COLUMNS, 0, TILE_COLUMNS * sizeof(float));
    memcpy(target + key * TILE_COLUMNS, source + key * args->v.stride, count * sizeof(float));
  }
}

/// Turns a row of scores into weights relative to the new maximum; returns the factor of the old
/// sums.
static float attention_softmax(
    attention_block *block, size_t row, size_t visible, size_t keys, float scale) {
  float *scores = block->scores + row * ATTENTION_KEYS;
  float maximum = block->maximum[row];
  if (visible == 0) {
    memset(scores, 0, keys * sizeof(float));
    return 1;
  }
  vec largest = splat(maximum);
  size_t j = 0;
  for (; j + LANES <= visible; j += LANES) {
    vec v = load(scores + j) * scale;
    store(scores + j, v);
    largest = __builtin_elementwise_max(largest, v);
  }
  for (size_t i = 0; i < LANES; i++) maximum = fmaxf(maximum, largest[i]);
  for (; j < visible; j++) {
    scores[j] *= scale;
    maximum = fmaxf(maximum, scores[j]);
  }
  float factor = expf(block->maximum[row] - maximum);
  vec sum = {0};
  j = 0;
  for (; j + LANES <= visible; j += LANES) {
    vec weight = exponential(load(scores + j) - maximum);
    store(scores + j, weight);
    sum += weight;
  }
  float tail = 0;
  for (; j < visible; j++) {
    scores[j] = expf(scores[j] - maximum);
    tail += scores[j];
  }
  memset(scores + visible, 0, (keys - visible) * sizeof(float));
  block->total[row] = block->total[row] * factor + sum_lanes(sum) + tail;
  block->maximum[row] = maximum;
  return factor;
}

/// scores = queries * keys^T for one block of each.
static void attention_scores(
    const attention_job *job, attention_block *block, size_t head, size_t first_key, size_t keys,
    size_t queries) {
  const size_t width = job->args->width;
  finish how = {1, false, NULL};
  for (size_t j = 0; j < keys; j += TILE_COLUMNS) {
    size_t panel = head * job->key_panels + (first_key + j) / TILE_COLUMNS;
    for (size_t row = 0; row < queries; row += TILE_ROWS) {
      iris_rows c = {block->scores + row * ATTENTION_KEYS + j, ATTENTION_KEYS};
      multiply_panels(
          block->queries + row / TILE_ROWS * (width * TILE_ROWS + LANES),
          job->keys + panel * width * TILE_COLUMNS, width, c, smaller(TILE_ROWS, queries - row),
          smaller(TILE_COLUMNS, keys - j), how);
    }
  }
}

/// sums += weights * values for one block of keys.
static void attention_accumulate(
    const attention_job *job, attention_block *block, size_t head, size_t first_key, size_t keys,
    size_t queries) {
  const iris_attention_args *args = job->args;
  finish how = {1, true, NULL};
  for (size_t row = 0; row < queries; row += TILE_ROWS) {
    size_t rows = smaller(TILE_ROWS, queries - row);
    pack_a(
        block->scores + row * ATTENTION_KEYS, ATTENTION_KEYS, rows, keys, block->weights);
    for (size_t feature = 0; feature < args->width; feature += TILE_COLUMNS) {
      size_t panel = head * job->feature_panels + feature / TILE_COLUMNS;
      iris_rows c = {block->sums + row * args->width + feature, args->width};
      multiply_panels(
          block->weights, job->values + (panel * args->key_count + first_key) * TILE_COLUMNS,
          keys, c, rows, smaller(TILE_COLUMNS, args->width - feature), how);
    }
  }
}

/// Processes all blocks of keys for one block of queries.
static void attention_pass(
    const attention_job *job, attention_block *block, size_t head, size_t first, size_t queries) {
  const iris_attention_args *args = job->args;
  size_t width = args->width;
  size_t limit = args->causal ? smaller(args->key_count, first + queries) : args->key_count;
  for (size_t key = 0; key < limit; key += ATTENTION_KEYS) {
    size_t keys = smaller(ATTENTION_KEYS, limit - key);
    attention_scores(job, block, head, key, keys, queries);
    for (size_t row = 0; row < queries; row++) {
      size_t seen = args->causal ? smaller(limit, first + row + 1) : limit;
      size_t visible = seen > key ? smaller(keys, seen - key) : 0;
      float factor = attention_softmax(block, row, visible, keys, args->scale);
      if (factor == 1) continue;
      for (size_t d = 0; d < width; d++) block->sums[row * width + d] *= factor;
    }
    attention_accumulate(job, block, head, key, keys, queries);
  }
}

static void attention_tile(void *context, size_t index) {
  const attention_job *job = context;
  const iris_attention_args *args = job->args;
  size_t head = index / job->blocks, first = index % job->blocks * ATTENTION_QUERIES;
  size_t queries = smaller(ATTENTION_QUERIES, args->queries - first), width = args->width;
  size_t query_floats = ATTENTION_PANELS * (width * TILE_ROWS + LANES);
  size_t weight_floats = ATTENTION_KEYS * TILE_ROWS + LANES;
  float *memory = scratch(
      query_floats + ATTENTION_QUERIES * (ATTENTION_KEYS + width) + weight_floats);
  attention_block block = {.queries = memory, .scores = memory + query_floats};
  block.sums = block.scores + ATTENTION_QUERIES * ATTENTION_KEYS;
  block.weights = block.sums + ATTENTION_QUERIES * width;
  memset(block.sums, 0, ATTENTION_QUERIES * width * sizeof(float));
  for (size_t row = 0; row < queries; row++) block.maximum[row] = -INFINITY;
  for (size_t row = 0; row < queries; row += TILE_ROWS)
    pack_a(
        args->q.data + (first + row) * args->q.stride + head * width, args->q.stride,
        smaller(TILE_ROWS, queries - row), width,
        block.queries + row / TILE_ROWS * (width * TILE_ROWS + LANES));
  attention_pass(job, &block, head / (args->heads / args->kv_heads), first, queries);
  for (size_t row = 0; row < queries; row++) {
    float *y = args->y.data + (first + row) * args->y.stride + head * width;
    for (size_t d = 0; d < width; d++) y[d] = block.sums[row * width + d] / block.total[row];
  }
  free(memory);
}

static void attention(iris_pool *pool, const iris_attention_args *args) {
  attention_job job = {
      .args = args,
      .key_panels = ceil_div(args->key_count, TILE_COLUMNS),
      .feature_panels = ceil_div(args->width, TILE_COLUMNS),
      .blocks = ceil_div(args->queries, ATTENTION_QUERIES),
  };
  job.keys = scratch(args->kv_heads * job.key_panels * args->width * TILE_COLUMNS);
  job.values = scratch(args->kv_heads * job.feature_panels * args->key_count * TILE_COLUMNS);
  iris_pool_run(pool, args->kv_heads * job.key_panels, attention_pack_keys, &job);
  iris_pool_run(pool, args->kv_heads * job.feature_panels, attention_pack_values, &job);
  iris_pool_run(pool, args->heads * job.blocks, attention_tile, &job);
  free(job.keys);
  free(job.values);
}
