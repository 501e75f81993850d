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

size_t iris_gzip_bound(size_t count) {
  // The header and trailer of gzip have 12 bytes more than zlib's, which the bound counts.
  return compressBound(count) + 12;
}

int iris_gzip(
    const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity, size_t *written) {
  *written = 0;
  if (count > UINT_MAX || capacity > UINT_MAX) return 1;
  z_stream stream = {0};
  // 16 more than the largest window asks for gzip.
  if (deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 1;
  // zlib takes its input as non-const but never writes to it.
  stream.next_in = (Bytef *)(uintptr_t)bytes;
  stream.avail_in = (uInt)count;
  stream.next_out = output;
  stream.avail_out = (uInt)capacity;
  int status = deflate(&stream, Z_FINISH);
  *written = stream.total_out;
  deflateEnd(&stream);
  return status == Z_STREAM_END ? 0 : 1;
}
