#define _GNU_SOURCE
#include "CHTTP.h"

#include <stddef.h>
#include <sys/socket.h>

int chttp_accept(int listener) {
  return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
