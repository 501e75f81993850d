/* What the HTTP module needs from Linux and Swift's Glibc module does not carry. */
#ifndef CHTTP_H
#define CHTTP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/* Who connected: an IPv6 address, or an IPv4 one as ::ffff:a.b.c.d, in two halves of which each is a
   number; none for a unix socket. */
struct chttp_remote {
  bool has_address;
  uint64_t high;
  uint64_t low;
};

/* accept4(), which glibc declares under _GNU_SOURCE only. Non-blocking, close-on-exec; -1 and errno. */
int chttp_accept(int listener, struct chttp_remote *remote);

/* epoll_wait(), whose array glibc declares not to be null since 2.37 and before that did not: Swift
   would see two different types. */
int chttp_epoll_wait(int poller, struct epoll_event *events, int capacity, int milliseconds);

/* Has all threads share one heap, where the C library would make several; from now on. */
void chttp_use_single_arena(void);

/* malloc_trim(), where the C library has it: gives memory that was freed back to the system. */
void chttp_malloc_trim(void);

#endif
