// The C library's policy for freed memory.
// madvise() and MADV_HUGEPAGE are no part of C or POSIX.
#define _DEFAULT_SOURCE

#include "ckernels.h"

#include <limits.h>
#include <malloc.h>
#include <stdlib.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

/// The size of a large page on x86-64, and on arm64 with pages of 4 KB.
#define LARGE_PAGE ((uintptr_t)2 << 20)

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

void iris_use_large_pages(size_t byte_count) {
#if defined(__GLIBC__) && defined(MADV_HUGEPAGE)
  // The heap grows to hold it and keeps it; nothing is touched here.
  char *memory = malloc(byte_count);
  if (!memory) return;
  uintptr_t first = ((uintptr_t)memory + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
  uintptr_t last = ((uintptr_t)memory + byte_count) / LARGE_PAGE * LARGE_PAGE;
  if (first < last) madvise((void *)first, last - first, MADV_HUGEPAGE);
  free(memory);
#else
  (void)byte_count;
#endif
}
