#define _GNU_SOURCE
#include "CHTTP.h"

#include <endian.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

/* The low half of an IPv4 address that is written as an IPv6 one, ::ffff:a.b.c.d (RFC 4291). */
static uint64_t mapped(uint32_t address) { return (uint64_t)0xFFFF << 32 | be32toh(address); }

int chttp_accept(int listener, struct chttp_remote *remote) {
  struct sockaddr_storage storage = {0};
  socklen_t length = sizeof storage;
  memset(remote, 0, sizeof *remote);
  int accepted =
    accept4(listener, (struct sockaddr *)&storage, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) return accepted;
  if (storage.ss_family == AF_INET) {
    struct sockaddr_in address;
    memcpy(&address, &storage, sizeof address);
    remote->has_address = true;
    remote->low = mapped(address.sin_addr.s_addr);
  } else if (storage.ss_family == AF_INET6) {
    struct sockaddr_in6 address;
    memcpy(&address, &storage, sizeof address);
    uint64_t halves[2];
    memcpy(halves, &address.sin6_addr, sizeof halves);
    remote->has_address = true;
    remote->high = be64toh(halves[0]);
    remote->low = be64toh(halves[1]);
  }
  return accepted;
}

int chttp_epoll_wait(int epoll, struct epoll_event *events, int capacity, int milliseconds) {
  return epoll_wait(epoll, events, capacity, milliseconds);
}

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
