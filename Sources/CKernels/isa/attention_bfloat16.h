// Attention with both products in bfloat16: the passes of `attention.h`, with queries, keys, values and
// softmax weights packed as 32-bit words of two; scores, sums and the softmax are float32.

/// The binary logarithm of e.
#define LOG2_E 1.44269504088896341f

/// Keys of a block in words of two.
#define ATTENTION_KEY_WORDS (ATTENTION_KEYS / 2)

typedef struct {
  const iris_attention_args *args;
  iris_tile_kernel tile;
  /// Keys of each kv head as B panels over keys, [head][key panel][width word][TILE_COLUMNS].
  int32_t *keys;
  /// Values of each kv head as B panels over features, [head][feature panel][key word][TILE_COLUMNS].
  int32_t *values;
  size_t key_panels, feature_panels, blocks, width_words, key_words;
} narrow_attention_job;

/// Scratch memory for one block of queries.
typedef struct {
  int32_t *queries;   // A panels, [panel][width word][TILE_ROWS]
  float *scores;      // [ATTENTION_QUERIES][ATTENTION_KEYS]
  uint16_t *weights;  // of the same shape, after the softmax
  int32_t *packed;    // the weights of one A panel, [key word][TILE_ROWS]
  float *sums;        // output before division, [ATTENTION_QUERIES][width]
  float maximum[ATTENTION_QUERIES], total[ATTENTION_QUERIES];
} narrow_attention_block;

/// Rounds and packs up to `most` <= TILE_COLUMNS rows of one head.
static void narrow_pack_head(
    iris_const_rows x, size_t row, size_t rows, size_t most, size_t column, size_t width,
    int32_t *target, size_t target_width) {
  uint16_t narrow[LANES * 512];
  size_t step = smaller(LANES, most);
  for (size_t first = 0; first < most; first += step) {
    size_t count = rows > first ? smaller(rows - first, step) : 0;
    for (size_t r = 0; r < count; r++)
      narrow_row(
          (const char *)(x.data + (row + first + r) * x.stride + column), IRIS_FLOAT32, width,
          narrow + r * width);
    pack_words((const char *)narrow, width * 2, count, width * 2, 0, target + first, target_width);
  }
}

static void narrow_pack_keys(void *context, size_t index) {
  const narrow_attention_job *job = context;
  const iris_attention_args *args = job->args;
  size_t head = index / job->key_panels, first = index % job->key_panels * TILE_COLUMNS;
  narrow_pack_head(
      args->k, first, smaller(TILE_COLUMNS, args->key_count - first), TILE_COLUMNS,
      head * args->width, args->width, job->keys + index * job->width_words * TILE_COLUMNS,
      TILE_COLUMNS);
}

static void narrow_pack_values(void *context, size_t index) {
  const narrow_attention_job *job = context;
  const iris_attention_args *args = job->args;
  size_t head = index / job->feature_panels, panel = index % job->feature_panels;
  size_t feature = panel * TILE_COLUMNS, count = smaller(TILE_COLUMNS, args->width - feature);
  int32_t *target = job->values + index * job->key_words * TILE_COLUMNS;
  const char *source = (const char *)(args->v.data + head * args->width + feature);
  size_t stride = args->v.stride * sizeof(float);
  for (size_t word = 0; word < job->key_words; word++, target += TILE_COLUMNS) {
    uint16_t pair[2][TILE_COLUMNS] = {{0}};
    for (size_t i = 0; i < 2 && 2 * word + i < args->key_count; i++)
      narrow_row(source + (2 * word + i) * stride, IRIS_FLOAT32, count, pair[i]);
    for (size_t j = 0; j < TILE_COLUMNS; j++)
      target[j] = (int32_t)((uint32_t)pair[1][j] << 16 | pair[0][j]);
  }
}

/// 2^x for x <= 0 to 3e-6 of its value, where bfloat16 has 4e-3; 2^-126 for less than that. A minimax polynomial of
/// the fourth degree for the distance from the nearest integer.
static inline vec narrow_power(vec x) {
  const float round_magic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to the nearest integer
  x = __builtin_elementwise_max(x, splat(-126));
  vec shifted = x + round_magic, r = x - (shifted - round_magic);
  vec p = splat(9.58285294e-3f);
  p = p * r + 5.59064248e-2f;
  p = p * r + 2.40240986e-1f;
  p = p * r + 6.93124193e-1f;
  p = p * r + 1.0f;
  // The integer stands in the last bits of what was shifted; those of the constant leave the word on the left.
  return (vec)((ivec)p + ((ivec)shifted << 23));
}

/// Turns a row of scores into bfloat16 weights relative to the new maximum, which is in units of `scale`, the binary
/// logarithm of a weight; returns the factor of the old sums. What is summed are the rounded weights.
static float narrow_softmax(
    narrow_attention_block *block, size_t row, size_t visible, size_t keys, float scale) {
  const float *scores = block->scores + row * ATTENTION_KEYS;
  uint16_t *weights = block->weights + row * ATTENTION_KEYS;
  memset(weights + visible, 0, (keys + (keys & 1) - visible) * sizeof(uint16_t));
  if (visible == 0) return 1;
  float maximum = block->maximum[row];
  vec largest = splat(-INFINITY);
  size_t j = 0;
  for (; j + LANES <= visible; j += LANES)
    largest = __builtin_elementwise_max(largest, load(scores + j));
  float found = -INFINITY;
  for (size_t i = 0; i < LANES; i++) found = fmaxf(found, largest[i]);
  for (; j < visible; j++) found = fmaxf(found, scores[j]);
  maximum = fmaxf(maximum, found * scale);
  float factor = exp2f(block->maximum[row] - maximum);
  vec sum = {0};
  for (j = 0; j + LANES <= visible; j += LANES) {
    // A weight is finite: it needs no care for what is not, and halves may be rounded up.
    uvec weight = (uvec)narrow_power(load(scores + j) * scale - maximum) + 0x8000;
    sum += (vec)(weight & 0xFFFF0000);
    hvec bits = __builtin_convertvector(weight >> 16, hvec);
    memcpy(weights + j, &bits, sizeof bits);
  }
  float tail = 0;
  for (; j < visible; j++) {
    hvec bits = round_bfloat16(splat(exp2f(scores[j] * scale - maximum)));
    tail += widen_bfloat16(bits[0]);
    weights[j] = bits[0];
  }
  block->total[row] = block->total[row] * factor + sum_lanes(sum) + tail;
  block->maximum[row] = maximum;
  return factor;
}

/// scores = queries * keys^T for one block of each.
static void narrow_scores(
    const narrow_attention_job *job, narrow_attention_block *block, size_t head, size_t first_key,
    size_t keys, size_t queries) {
  _Alignas(64) int32_t sums[TILE_ROWS * TILE_COLUMNS];
  size_t words = job->width_words;
  for (size_t j = 0; j < keys; j += TILE_COLUMNS) {
    size_t panel = head * job->key_panels + (first_key + j) / TILE_COLUMNS;
    for (size_t row = 0; row < queries; row += TILE_ROWS) {
      job->tile(
          block->queries + row / TILE_ROWS * (words * TILE_ROWS + LANES),
          job->keys + panel * words * TILE_COLUMNS, words, sums);
      for (size_t i = 0; i < smaller(TILE_ROWS, queries - row); i++)
        memcpy(
            block->scores + (row + i) * ATTENTION_KEYS + j, sums + i * TILE_COLUMNS,
            TILE_COLUMNS * sizeof(float));
    }
  }
}

/// sums += weights * values for one block of keys.
static void narrow_accumulate(
    const narrow_attention_job *job, narrow_attention_block *block, size_t head, size_t first_key,
    size_t keys, size_t queries) {
  const iris_attention_args *args = job->args;
  _Alignas(64) int32_t sums[TILE_ROWS * TILE_COLUMNS];
  size_t words = ceil_div(keys, 2);
  for (size_t row = 0; row < queries; row += TILE_ROWS) {
    size_t rows = smaller(TILE_ROWS, queries - row);
    pack_words(
        (const char *)(block->weights + row * ATTENTION_KEYS), ATTENTION_KEYS * sizeof(uint16_t),
        rows, words * 4, 0, block->packed, TILE_ROWS);
    for (size_t feature = 0; feature < args->width; feature += TILE_COLUMNS) {
      size_t panel = head * job->feature_panels + feature / TILE_COLUMNS;
      size_t columns = smaller(TILE_COLUMNS, args->width - feature);
      job->tile(
          block->packed,
          job->values + (panel * job->key_words + first_key / 2) * TILE_COLUMNS, words, sums);
      for (size_t i = 0; i < rows; i++) {
        float *y = block->sums + (row + i) * args->width + feature;
        const float *sum = (const float *)(sums + i * TILE_COLUMNS);
        for (size_t d = 0; d < columns; d++) y[d] += sum[d];
      }
    }
  }
}

static void narrow_attention_tile(void *context, size_t index) {
  const narrow_attention_job *job = context;
  const iris_attention_args *args = job->args;
  size_t head = index / job->blocks, first = index % job->blocks * ATTENTION_QUERIES;
  size_t queries = smaller(ATTENTION_QUERIES, args->queries - first), width = args->width;
  size_t query_words = ATTENTION_PANELS * (job->width_words * TILE_ROWS + LANES);
  size_t packed_words = ATTENTION_KEY_WORDS * TILE_ROWS + LANES;
  float *memory = scratch(
      query_words + ATTENTION_QUERIES * (ATTENTION_KEYS + ATTENTION_KEY_WORDS + width) +
      packed_words);
  narrow_attention_block block = {.queries = (int32_t *)memory, .scores = memory + query_words};
  block.sums = block.scores + ATTENTION_QUERIES * ATTENTION_KEYS;
  block.weights = (uint16_t *)(block.sums + ATTENTION_QUERIES * width);
  block.packed = (int32_t *)block.weights + ATTENTION_QUERIES * ATTENTION_KEY_WORDS;
  memset(block.sums, 0, ATTENTION_QUERIES * width * sizeof(float));
  for (size_t row = 0; row < queries; row++) block.maximum[row] = -INFINITY;
  for (size_t row = 0; row < queries; row += TILE_ROWS)
    narrow_pack_head(
        args->q, first + row, smaller(TILE_ROWS, queries - row), TILE_ROWS, head * width, width,
        block.queries + row / TILE_ROWS * (job->width_words * TILE_ROWS + LANES), TILE_ROWS);
  size_t kv_head = head / (args->heads / args->kv_heads);
  size_t limit = args->causal ? smaller(args->key_count, first + queries) : args->key_count;
  for (size_t key = 0; key < limit; key += ATTENTION_KEYS) {
    size_t keys = smaller(ATTENTION_KEYS, limit - key);
    narrow_scores(job, &block, kv_head, key, keys, queries);
    for (size_t row = 0; row < queries; row++) {
      size_t seen = args->causal ? smaller(limit, first + row + 1) : limit;
      size_t visible = seen > key ? smaller(keys, seen - key) : 0;
      float factor = narrow_softmax(&block, row, visible, keys, args->scale * LOG2_E);
      if (factor == 1) continue;
      for (size_t d = 0; d < width; d++) block.sums[row * width + d] *= factor;
    }
    narrow_accumulate(job, &block, kv_head, key, keys, queries);
  }
  for (size_t row = 0; row < queries; row++) {
    float *y = args->y.data + (first + row) * args->y.stride + head * width;
    float inverse = 1 / block.total[row];
    for (size_t d = 0; d < width; d++) y[d] = block.sums[row * width + d] * inverse;
  }
  free(memory);
}

static void narrow_attention(iris_pool *pool, const iris_attention_args *args) {
  narrow_attention_job job = {
      .args = args,
      .tile = low_bfloat16_kernel(),
      .key_panels = ceil_div(args->key_count, TILE_COLUMNS),
      .feature_panels = ceil_div(args->width, TILE_COLUMNS),
      .blocks = ceil_div(args->queries, ATTENTION_QUERIES),
      .width_words = ceil_div(args->width, 2),
      .key_words = ceil_div(args->key_count, 2),
  };
  job.keys =
      (int32_t *)scratch(args->kv_heads * job.key_panels * job.width_words * TILE_COLUMNS);
  job.values =
      (int32_t *)scratch(args->kv_heads * job.feature_panels * job.key_words * TILE_COLUMNS);
  iris_pool_run(pool, args->kv_heads * job.key_panels, narrow_pack_keys, &job);
  iris_pool_run(pool, args->kv_heads * job.feature_panels, narrow_pack_values, &job);
  iris_pool_run(pool, args->heads * job.blocks, narrow_attention_tile, &job);
  free(job.keys);
  free(job.values);
}
