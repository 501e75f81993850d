#include "CHTTP.h"

int chttp_epoll_wait(int poller, struct epoll_event *events, int capacity, int milliseconds) {
  return epoll_wait(poller, events, capacity, milliseconds);
}
