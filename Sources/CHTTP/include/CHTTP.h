/* The Linux and glibc functions that the HTTP module needs and Swift's Glibc module lacks. */
#ifndef CHTTP_H
#define CHTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* The peer of an accepted connection: an IPv6 address, or an IPv4 one as ::ffff:a.b.c.d, in two halves of
   64 bits in host order; no address for a unix socket. */
struct chttp_remote {
  bool has_address;
  uint64_t high;
  uint64_t low;
};

/* accept4(), which glibc declares under _GNU_SOURCE only. The socket is non-blocking and close-on-exec;
   returns -1 and sets errno on failure. */
int chttp_accept(int listener, struct chttp_remote *remote);

/* epoll_wait(), whose array glibc declares nonnull since 2.37 but not before: Swift would import two
   different types. */
int chttp_epoll_wait(int epoll, struct epoll_event *events, int capacity, int milliseconds);

/* Makes every thread that starts from now on allocate from the main arena (M_ARENA_MAX = 1). */
void chttp_use_single_arena(void);

/* malloc_trim(0), where the C library has it: returns freed memory to the system. */
void chttp_malloc_trim(void);

#endif
