/* What the HTTP module needs from Linux and Swift's Glibc module does not carry. */
#ifndef CHTTP_H
#define CHTTP_H

#include <sys/epoll.h>
#include <sys/eventfd.h>

/* accept4(), which glibc declares under _GNU_SOURCE only. Non-blocking, close-on-exec; -1 and errno. */
int chttp_accept(int listener);

/* Has all threads share one heap, where the C library would make several; from now on. */
void chttp_share_one_heap(void);

/* malloc_trim(), where the C library has it: gives memory that was freed back to the system. */
void chttp_give_back_memory(void);

#endif
