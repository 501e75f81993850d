#include "CHTTP.h"

#include <stdlib.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

void chttp_share_one_heap(void) {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 1);
#endif
}

void chttp_give_back_memory(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
