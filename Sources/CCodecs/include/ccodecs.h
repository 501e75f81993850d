/// The image libraries, each behind a few functions of its own source file.
///
/// Every function takes a whole file in memory and returns 0, or writes a sentence in the library's
/// own words to `message` (always terminated, printable) and returns something else. The caller has
/// already read sizes from the file and checked them; a library that disagrees is an error, never
/// a write outside the buffer that was handed over.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Bytes behind every `message` pointer.
#define IRIS_MESSAGE_SIZE 160

// png.c: libpng

/// Decodes the default image as 8-bit RGB (3 channels) or straight RGBA (4 channels) into
/// `width * height * channels` bytes. The checksums of the chunks must have been checked. Gamma and all other ancillary chunks but tRNS are ignored.
int iris_png_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t channels,
    uint8_t *pixels, char *message);

/// A PNG file being written to memory.
typedef struct iris_png_writer iris_png_writer;

/// Starts an 8-bit RGB file; NULL when memory ran out.
iris_png_writer *iris_png_writer_create(uint32_t width, uint32_t height);

/// Writes the signature and header (first call only), then one chunk.
int iris_png_writer_add_chunk(
    iris_png_writer *writer, const char *type, const uint8_t *payload, size_t count,
    char *message);

/// Writes all pixels and the end of the file.
int iris_png_writer_finish(iris_png_writer *writer, const uint8_t *pixels, char *message);

/// The file so far; valid until the next call.
const uint8_t *iris_png_writer_bytes(const iris_png_writer *writer, size_t *count);

void iris_png_writer_free(iris_png_writer *writer);

// zlib.c: zlib, for PNG's text chunks

/// Continues a CRC-32 (start with 0).
uint32_t iris_crc32(uint32_t crc, const uint8_t *bytes, size_t count);

/// Inflates a whole zlib stream into at most `capacity` bytes; `written` is what it had.
/// Returns 0, 1 when the stream is corrupt or truncated, 2 when it needs more than `capacity`.
int iris_inflate(
    const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity, size_t *written);

// jpeg.c: libjpeg

/// Decodes as RGB (3 channels) or, from a file of four components, CMYK as stored (4 channels; by
/// Adobe's convention 255 means no ink). A warning is an error unless it leaves every pixel certain.
int iris_jpeg_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t channels,
    uint8_t *pixels, char *message);

// webp.c: libwebp

/// Reads the header of a still WebP file, or of the payload of one animation frame.
int iris_webp_header(
    const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, int *has_alpha,
    char *message);

/// Decodes what `iris_webp_header` read, as RGB (3 channels) or straight RGBA (4 channels).
int iris_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t channels,
    uint8_t *pixels, char *message);
