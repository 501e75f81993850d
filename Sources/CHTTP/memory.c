#include "CHTTP.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void chttp_use_single_arena(void) {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
}

void chttp_malloc_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
