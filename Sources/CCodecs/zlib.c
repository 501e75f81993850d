#include "ccodecs.h"

#include <limits.h>
#include <zlib.h>

uint32_t iris_crc32(uint32_t crc, const uint8_t *bytes, size_t count) {
  return (uint32_t)crc32_z(crc, bytes, count);
}

int iris_inflate(
    const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity, size_t *written) {
  *written = 0;
  if (count > UINT_MAX || capacity > UINT_MAX) return 2;
  z_stream stream = {0};
  if (inflateInit(&stream) != Z_OK) return 1;
  // zlib takes its input as non-const but never writes to it.
  stream.next_in = (Bytef *)(uintptr_t)bytes;
  stream.avail_in = (uInt)count;
  stream.next_out = output;
  stream.avail_out = (uInt)capacity;
  int status = inflate(&stream, Z_FINISH);
  *written = stream.total_out;
  int full = stream.avail_out == 0;
  inflateEnd(&stream);
  if (status == Z_STREAM_END) return 0;
  return status == Z_BUF_ERROR && full ? 2 : 1;
}
