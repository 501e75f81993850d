// `cblas_sgemm` of OpenBLAS, which has products in float32 alone.
#include "library.h"

typedef void sgemm(
    int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a,
    int a_stride, const float *b, int b_stride, float beta, float *c, int c_stride);

static sgemm *multiply;
/// Of OpenMP, in the variant of the library that uses it: each thread has a number of its own.
static void (*limit_openmp)(int);
static library_text name, failure;
static iris_product_library library = {.name = name.text};

static void product(const iris_tile_product *p) {
  enum { row_major = 101, plain = 111, transposed = 112 };
  if (limit_openmp) limit_openmp(1);
  multiply(
      row_major, plain, transposed, (int)p->m, (int)p->n, (int)p->k, p->scale, p->x,
      (int)p->x_stride, p->w, (int)p->w_stride, p->accumulate ? 1 : 0, p->y, (int)p->y_stride);
}

/// Sets a variable while the library is opened, which reads it once; returns the text to restore.
static char *set_variable(const char *variable, const char *value) {
  const char *before = getenv(variable);
  char *copy = before ? strdup(before) : NULL;
  setenv(variable, value, 1);
  return copy;
}

static void restore_variable(const char *variable, char *before) {
  if (before) {
    setenv(variable, before, 1);
  } else {
    unsetenv(variable);
  }
  free(before);
}

/// 0.3.21 takes processors of AMD that have bfloat16 for Cooper Lake, whose kernels reach half the rate there.
static bool needs_other_kernels(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return !getenv("OPENBLAS_CORETYPE") && __builtin_cpu_is("amd") &&
         __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

static void *open_openblas(void) {
  bool changes_kernels = needs_other_kernels();
  // It would start threads of its own.
  char *threads = set_variable("OPENBLAS_NUM_THREADS", "1");
  char *kernels = changes_kernels ? set_variable("OPENBLAS_CORETYPE", "SkylakeX") : NULL;
  void *handle = open_library("libopenblas.so.0", &failure);
  if (changes_kernels) restore_variable("OPENBLAS_CORETYPE", kernels);
  restore_variable("OPENBLAS_NUM_THREADS", threads);
  return handle;
}

static void load(void) {
  void *handle = open_openblas();
  void (*limit)(int);
  char *(*configuration)(void), *(*core)(void);
  if (!handle || !find_function(handle, "cblas_sgemm", &multiply, &failure) ||
      !find_function(handle, "openblas_set_num_threads", &limit, &failure) ||
      !find_function(handle, "openblas_get_config", &configuration, &failure) ||
      !find_function(handle, "openblas_get_corename", &core, &failure))
    return;
  library_text none;
  if (!find_function(handle, "omp_set_num_threads", &limit_openmp, &none)) limit_openmp = NULL;
  limit(1);
  // The configuration begins with `OpenBLAS 0.3.21 `.
  const char *text = configuration();
  size_t words = strcspn(text, " ");
  if (text[words] == ' ') words += 1 + strcspn(text + words + 1, " ");
  snprintf(name.text, sizeof name.text, "%.*s (%s)", (int)words, text, core());
  library.float32 = product;
}

const iris_product_library *iris_openblas(const char **reason) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  if (library.float32) return &library;
  if (reason) *reason = failure.text;
  return NULL;
}
