/* The files of Sources/Web/Assets, compiled in. */
#ifndef CWEB_H
#define CWEB_H

#include <stddef.h>
#include <stdint.h>

/* A file; name and bytes live as long as the program. */
typedef struct {
  const char *name;
  const uint8_t *bytes;
  size_t count;
} cweb_asset;

/* Returns all files, and their number in `count`. */
const cweb_asset *cweb_assets(size_t *count);

#endif
