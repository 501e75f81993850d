// The C library's policy for freed memory.
#include "ckernels.h"

#include <limits.h>
#include <malloc.h>

void iris_keep_freed_memory(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
#endif
}

void iris_return_freed_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
