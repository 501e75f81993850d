// Products by oneDNN 2.x (Debian 12) and 3.x (Debian 13, Ubuntu), of whichever the headers were installed when
// this was compiled: float32 by `dnnl_sgemm`, bfloat16 and int8 by its matmul primitive, which reads the
// weights' rows where they are.
#include "library.h"

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#include <oneapi/dnnl/dnnl_version.h>

#if DNNL_VERSION_MAJOR >= 3
#define VERSION_FUNCTIONS(F)                                                  \
  F(memory_desc_create_with_strides) F(memory_desc_destroy) F(matmul_primitive_desc_create)
typedef const_dnnl_memory_desc_t const_description;
#define DESCRIPTION(d) (d)
#else
#define VERSION_FUNCTIONS(F) F(memory_desc_init_by_strides) F(matmul_desc_init) F(primitive_desc_create)
typedef const dnnl_memory_desc_t *const_description;
#define DESCRIPTION(d) (&(d))
#endif
#define FUNCTIONS(F)                                                                       \
  F(sgemm) F(version) F(engine_create) F(stream_create) F(stream_destroy) F(memory_create) \
  F(memory_destroy) F(memory_desc_get_size) F(primitive_attr_create)                       \
  F(primitive_attr_set_scratchpad_mode) F(primitive_desc_query) F(primitive_desc_query_md) \
  F(primitive_desc_destroy) F(primitive_create) F(primitive_destroy) F(primitive_execute)  \
  VERSION_FUNCTIONS(F)

static struct {
#define DECLARE(name) __typeof__(&dnnl_##name) name;
  FUNCTIONS(DECLARE)
} dnnl;

/// Of OpenMP, where each thread has a number of its own; NULL in a library without threads.
static void (*limit_openmp)(int);
static dnnl_engine_t engine;
static dnnl_primitive_attr_t attributes;
static library_text name, failure;
static iris_product_library library = {.name = name.text};

/// The operands of a matmul: x, w, y.
enum { X, W, Y, OPERANDS };

typedef struct {
  dnnl_data_type_t type;
  dnnl_dim_t m, n, k, strides[OPERANDS];
} matmul_key;

/// A primitive for one shape. Making one takes 0.1 ms, half as long as a small product.
typedef struct {
  matmul_key key;
  dnnl_primitive_desc_t description;
  dnnl_primitive_t primitive;
  /// The threads that use it, and when it was used last.
  int users;
  size_t used;
} matmul;

/// Beyond as many shapes, the one that was not used for longest is made again when it comes again.
#define MATMULS 256
static struct {
  pthread_mutex_t mutex;
  matmul *entries[MATMULS];
  size_t time;
} cache = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/// Says what failed, and ends the process: what was tried when the library was opened fails only where memory
/// is exhausted.
static void require(dnnl_status_t status, const char *what) {
  if (status == dnnl_success) return;
  fprintf(stderr, "oneDNN cannot %s: status %d\n", what, (int)status);
  abort();
}

/// Describes the matmul of `key`; NULL if the library has none.
static dnnl_primitive_desc_t describe(const matmul_key *key) {
  dnnl_dims_t dims[OPERANDS] = {{key->m, key->k}, {key->k, key->n}, {key->m, key->n}};
  // The rows of w are the columns of its transposed matrix.
  dnnl_dims_t strides[OPERANDS] = {{key->strides[X], 1}, {1, key->strides[W]}, {key->strides[Y], 1}};
  dnnl_data_type_t sums = key->type == dnnl_s8 ? dnnl_s32 : dnnl_f32;
  dnnl_data_type_t types[OPERANDS] = {key->type, key->type, sums};
  dnnl_memory_desc_t operands[OPERANDS];
  dnnl_primitive_desc_t made = NULL;
#if DNNL_VERSION_MAJOR >= 3
  for (int i = 0; i < OPERANDS; i++)
    require(
        dnnl.memory_desc_create_with_strides(&operands[i], 2, dims[i], types[i], strides[i]),
        "describe a matrix");
  dnnl_status_t status = dnnl.matmul_primitive_desc_create(
      &made, engine, operands[X], operands[W], NULL, operands[Y], attributes);
  for (int i = 0; i < OPERANDS; i++) dnnl.memory_desc_destroy(operands[i]);
#else
  for (int i = 0; i < OPERANDS; i++)
    require(
        dnnl.memory_desc_init_by_strides(&operands[i], 2, dims[i], types[i], strides[i]),
        "describe a matrix");
  dnnl_matmul_desc_t operation;
  require(
      dnnl.matmul_desc_init(&operation, &operands[X], &operands[W], NULL, &operands[Y]),
      "describe a product");
  dnnl_status_t status = dnnl.primitive_desc_create(&made, &operation, attributes, engine, NULL);
#endif
  return status == dnnl_success ? made : NULL;
}

static matmul *make(const matmul_key *key) {
  matmul *made = calloc(1, sizeof *made);
  if (!made) abort();
  made->key = *key;
  made->description = describe(key);
  require(made->description ? dnnl_success : dnnl_unimplemented, "multiply this shape");
  require(dnnl.primitive_create(&made->primitive, made->description), "make a product");
  return made;
}

static void discard(matmul *old) {
  if (!old) return;
  dnnl.primitive_destroy(old->primitive);
  dnnl.primitive_desc_destroy(old->description);
  free(old);
}

/// Takes the matmul of `key` out of the cache, or makes it there; nobody else makes one meanwhile.
static matmul *acquire(const matmul_key *key) {
  pthread_mutex_lock(&cache.mutex);
  matmul *found = NULL;
  size_t oldest = MATMULS;
  for (size_t i = 0; i < MATMULS && !found; i++) {
    matmul *entry = cache.entries[i];
    if (entry && !memcmp(&entry->key, key, sizeof *key)) found = entry;
    if (entry && entry->users > 0) continue;
    size_t age = entry ? entry->used : 0;
    if (oldest == MATMULS || age < (cache.entries[oldest] ? cache.entries[oldest]->used : 0))
      oldest = i;
  }
  if (!found) {
    found = make(key);
    // With more threads than entries, one that finds no place is discarded after its use.
    if (oldest < MATMULS) {
      discard(cache.entries[oldest]);
      cache.entries[oldest] = found;
    } else {
      found->users = -1;
    }
  }
  found->users++;
  found->used = ++cache.time;
  pthread_mutex_unlock(&cache.mutex);
  return found;
}

static void release(matmul *used) {
  pthread_mutex_lock(&cache.mutex);
  bool is_kept = used->users-- > 0;
  pthread_mutex_unlock(&cache.mutex);
  if (!is_kept) discard(used);
}

static dnnl_memory_t memory(const_description description, const void *data) {
  dnnl_memory_t made;
  require(
      dnnl.memory_create(&made, description, engine, (void *)(uintptr_t)data), "take a matrix");
  return made;
}

static void execute(const matmul *matmul, const iris_tile_product *p) {
  const void *data[OPERANDS] = {p->x, p->w, p->y};
  static const dnnl_query_t queries[OPERANDS] = {
      dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md};
  static const int names[OPERANDS] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
  dnnl_exec_arg_t arguments[OPERANDS + 1];
  for (int i = 0; i < OPERANDS; i++) {
    const_description operand = dnnl.primitive_desc_query_md(matmul->description, queries[i], 0);
    arguments[i] = (dnnl_exec_arg_t){names[i], memory(operand, data[i])};
  }
  const_description scratch =
      dnnl.primitive_desc_query_md(matmul->description, dnnl_query_scratchpad_md, 0);
  size_t size = dnnl.memory_desc_get_size(scratch);
  void *buffer = aligned_alloc(64, (size + 64) & ~(size_t)63);
  if (!buffer) abort();
  arguments[OPERANDS] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, memory(scratch, buffer)};
  dnnl_stream_t stream;
  require(dnnl.stream_create(&stream, engine, dnnl_stream_default_flags), "make a stream");
  require(
      dnnl.primitive_execute(matmul->primitive, stream, OPERANDS + 1, arguments), "multiply");
  dnnl.stream_destroy(stream);
  for (int i = 0; i <= OPERANDS; i++) dnnl.memory_destroy(arguments[i].memory);
  free(buffer);
}

static void multiply(dnnl_data_type_t type, const iris_tile_product *p) {
  if (limit_openmp) limit_openmp(1);
  matmul_key key;
  memset(&key, 0, sizeof key);
  key = (matmul_key){
      .type = type, .m = (dnnl_dim_t)p->m, .n = (dnnl_dim_t)p->n, .k = (dnnl_dim_t)p->k,
      .strides = {
          (dnnl_dim_t)p->x_stride, (dnnl_dim_t)p->w_stride, (dnnl_dim_t)p->y_stride}};
  matmul *matmul = acquire(&key);
  execute(matmul, p);
  release(matmul);
}

static void product_float32(const iris_tile_product *p) {
  if (limit_openmp) limit_openmp(1);
  require(
      dnnl.sgemm(
          'N', 'T', (dnnl_dim_t)p->m, (dnnl_dim_t)p->n, (dnnl_dim_t)p->k, p->scale, p->x,
          (dnnl_dim_t)p->x_stride, p->w, (dnnl_dim_t)p->w_stride, p->accumulate ? 1 : 0, p->y,
          (dnnl_dim_t)p->y_stride),
      "multiply");
}

static void product_bfloat16(const iris_tile_product *p) { multiply(dnnl_bf16, p); }
static void product_int8(const iris_tile_product *p) { multiply(dnnl_s8, p); }

/// Returns whether the library multiplies a type by instructions of this processor, not by its plain loops, and
/// may make the code for it.
static bool has_instructions(dnnl_data_type_t type) {
  matmul_key key = {type, 64, 64, 256, {256, 256, 64}};
  dnnl_primitive_desc_t description = describe(&key);
  if (!description) return false;
  const char *implementation = "ref";
  dnnl.primitive_desc_query(description, dnnl_query_impl_info_str, 0, &implementation);
  dnnl_primitive_t primitive = NULL;
  bool works = strncmp(implementation, "ref", 3) != 0 &&
               dnnl.primitive_create(&primitive, description) == dnnl_success;
  if (primitive) dnnl.primitive_destroy(primitive);
  dnnl.primitive_desc_destroy(description);
  return works;
}

/// Returns whether sums of the largest units are exact: before VNNI, pairs of products were saturated.
static bool int8_is_exact(void) {
  enum { SIDE = 16, DEPTH = 256 };
  int8_t units[SIDE * DEPTH];
  int32_t sums[SIDE * SIDE];
  memset(units, 127, sizeof units);
  iris_tile_product p = {
      .m = SIDE, .n = SIDE, .k = DEPTH, .x = units, .w = units, .y = sums,
      .x_stride = DEPTH, .w_stride = DEPTH, .y_stride = SIDE};
  product_int8(&p);
  for (int i = 0; i < SIDE * SIDE; i++)
    if (sums[i] != 127 * 127 * DEPTH) return false;
  return true;
}

/// Opens the library by its soname: `libdnnl.so.2` and `libdnnl.so.3`, but `libdnnl.so.3.6` in Debian 13, whose
/// headers say 3.7.
static void *open_onednn(void) {
  char soname[32];
  snprintf(soname, sizeof soname, "libdnnl.so.%d", DNNL_VERSION_MAJOR);
  void *handle = open_library(soname, &failure);
  library_text ignored;
  for (int minor = DNNL_VERSION_MINOR; !handle && minor >= 0; minor--) {
    snprintf(soname, sizeof soname, "libdnnl.so.%d.%d", DNNL_VERSION_MAJOR, minor);
    handle = open_library(soname, &ignored);
  }
  return handle;
}

static bool find_functions(void *handle) {
#define FIND(name) &&find_function(handle, "dnnl_" #name, &dnnl.name, &failure)
  return true FUNCTIONS(FIND);
}

/// Finds out how the library is kept to one thread.
static bool limit_threads(void *handle) {
  unsigned runtime = (unsigned)dnnl.version()->cpu_runtime;
  if (runtime == DNNL_RUNTIME_SEQ) return true;
  if (runtime == DNNL_RUNTIME_OMP)
    return find_function(handle, "omp_set_num_threads", &limit_openmp, &failure);
  snprintf(failure.text, sizeof failure.text, "it runs on threads that cannot be limited");
  return false;
}

/// Makes what all products share, and tries one; false if the process may not make code, as where a service's
/// unit has `MemoryDenyWriteExecute=yes`.
static bool start(void) {
  if (limit_openmp) limit_openmp(1);
  float one = 1, y = 0;
  return dnnl.engine_create(&engine, dnnl_cpu, 0) == dnnl_success &&
         dnnl.primitive_attr_create(&attributes) == dnnl_success &&
         dnnl.primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) ==
             dnnl_success &&
         dnnl.sgemm('N', 'T', 1, 1, 1, 1, &one, 1, &one, 1, 0, &y, 1) == dnnl_success && y == 1;
}

static void load(void) {
  void *handle = open_onednn();
  if (!handle || !find_functions(handle) || !limit_threads(handle)) return;
  if (!start()) {
    snprintf(
        failure.text, sizeof failure.text,
        "it cannot make its code here; MemoryDenyWriteExecute=yes forbids it");
    return;
  }
  const dnnl_version_t *version = dnnl.version();
  snprintf(
      name.text, sizeof name.text, "oneDNN %d.%d.%d", version->major, version->minor,
      version->patch);
  if (has_instructions(dnnl_bf16)) library.bfloat16 = product_bfloat16;
  if (has_instructions(dnnl_s8) && int8_is_exact()) library.int8 = product_int8;
  library.float32 = product_float32;
}

const iris_product_library *iris_onednn(const char **reason) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  if (library.float32) return &library;
  if (reason) *reason = failure.text;
  return NULL;
}
#else
const iris_product_library *iris_onednn(const char **reason) {
  if (reason) *reason = "its headers (libdnnl-dev) were not installed when iris was built";
  return NULL;
}
#endif
