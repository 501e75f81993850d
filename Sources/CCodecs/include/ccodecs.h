/// The image libraries, each wrapped by a few functions in its own source file.
///
/// Every function takes a whole file in memory. It returns 0, or a nonzero value after writing the
/// library's error message to `message` (always terminated, printable). The caller has read the
/// sizes from the file and checked them; if the library finds others, it returns an error and never
/// writes outside the buffer.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Size in bytes of every `message` buffer.
#define IRIS_MESSAGE_SIZE 160

// png.c: libpng

/// Decodes the default image as 8-bit RGB (3 channels) or straight RGBA (4 channels) into
/// `width * height * channels` bytes. The checksums of the chunks must have been checked. Gamma and all other ancillary chunks but tRNS are ignored.
int iris_png_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t channels,
    uint8_t *pixels, char *message);

/// A PNG encoder that writes to memory.
typedef struct iris_png_writer iris_png_writer;

/// Starts an 8-bit RGB file; returns NULL if memory is exhausted.
iris_png_writer *iris_png_writer_create(uint32_t width, uint32_t height);

/// Writes the signature and header (on the first call), then one chunk.
int iris_png_writer_add_chunk(
    iris_png_writer *writer, const char *type, const uint8_t *payload, size_t count,
    char *message);

/// Writes all pixels and finishes the file.
int iris_png_writer_finish(iris_png_writer *writer, const uint8_t *pixels, char *message);

/// Returns the bytes written so far; valid until the next call.
const uint8_t *iris_png_writer_bytes(const iris_png_writer *writer, size_t *count);

void iris_png_writer_free(iris_png_writer *writer);

// zlib.c: zlib, for PNG's text chunks and for what browsers load

/// Updates a CRC-32 (start with 0).
uint32_t iris_crc32(uint32_t crc, const uint8_t *bytes, size_t count);

/// Inflates a whole zlib stream into at most `capacity` bytes; sets `written` to its length.
/// Returns 0, 1 if the stream is corrupt or truncated, 2 if it needs more than `capacity`.
int iris_inflate(
    const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity, size_t *written);

/// Returns the most bytes that `count` bytes may take as a gzip file.
size_t iris_gzip_bound(size_t count);

/// Compresses into a gzip file of at most `capacity` bytes, without a time or a name in its header; sets
/// `written` to its length. Returns 0, or 1 if it needs more than `capacity`.
int iris_gzip(
    const uint8_t *bytes, size_t count, uint8_t *output, size_t capacity, size_t *written);

// jpeg.c: libjpeg

/// Decodes to RGB (3 channels) or, for a file of four components, to CMYK as stored (4 channels;
/// 255 means no ink by Adobe's convention). Warnings that leave pixels uncertain are errors.
int iris_jpeg_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t channels,
    uint8_t *pixels, char *message);

/// Encodes RGB as a baseline JPEG with optimised Huffman tables.
/// - `quality`: 0 to 100.
/// - `keeps_chroma`: nonzero for 4:4:4, zero for 4:2:0.
/// - `exif`: The payload of an APP1 segment, at most 65,533 bytes; none if `exif_count` is 0.
/// - `bytes`, `count`: Receive the file, for `iris_free_file`.
int iris_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, int keeps_chroma,
    const uint8_t *exif, size_t exif_count, uint8_t **bytes, size_t *count, char *message);

// webp.c: libwebp

/// Reads the header of a still WebP file, or of one animation frame's payload.
int iris_webp_header(
    const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, int *has_alpha,
    char *message);

/// Decodes the image whose header `iris_webp_header` reads, to RGB (3 channels) or straight RGBA
/// (4).
int iris_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t channels,
    uint8_t *pixels, char *message);

/// Encodes RGB as a lossy WebP file of a bitstream alone.
/// - `quality`: 0 to 100.
/// - `bytes`, `count`: Receive the file, for `iris_free_file`.
int iris_webp_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, float quality, uint8_t **bytes,
    size_t *count, char *message);

// message.c

/// Frees the buffer of an encoded file; NULL is allowed.
void iris_free_file(uint8_t *bytes);
