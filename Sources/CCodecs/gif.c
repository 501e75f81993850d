// Records are read one by one up to the first image. DGifSlurp would hold every frame of the file.
#include "message.h"

#include <string.h>

#include <gif_lib.h>

typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t offset;
} gif_source;

static int read_bytes(GifFileType *gif, GifByteType *target, int length) {
  gif_source *source = gif->UserData;
  size_t available = source->count - source->offset;
  size_t copied = (size_t)length < available ? (size_t)length : available;
  memcpy(target, source->bytes + source->offset, copied);
  source->offset += copied;
  return (int)copied;
}

static int skip_extension(GifFileType *gif) {
  int label;
  GifByteType *block;
  int status = DGifGetExtension(gif, &label, &block);
  while (status == GIF_OK && block != NULL) status = DGifGetExtensionNext(gif, &block);
  return status;
}

/// Stops behind the first image descriptor.
static int find_image(GifFileType *gif) {
  for (;;) {
    GifRecordType type;
    if (DGifGetRecordType(gif, &type) != GIF_OK) return GIF_ERROR;
    if (type == IMAGE_DESC_RECORD_TYPE) return DGifGetImageDesc(gif);
    if (type != EXTENSION_RECORD_TYPE || skip_extension(gif) != GIF_OK) return GIF_ERROR;
  }
}

static int read_rows(GifFileType *gif, uint32_t width, uint32_t height, uint8_t *indices) {
  // GIF89a, appendix E: every 8th row from 0, every 8th from 4, every 4th from 2, every 2nd from 1.
  static const uint32_t starts[] = {0, 4, 2, 1};
  static const uint32_t steps[] = {8, 8, 4, 2};
  int passes = gif->Image.Interlace ? 4 : 1;
  for (int pass = 0; pass < passes; pass++) {
    uint32_t step = gif->Image.Interlace ? steps[pass] : 1;
    for (uint32_t row = starts[pass]; row < height; row += step)
      if (DGifGetLine(gif, indices + (size_t)row * width, (int)width) != GIF_OK) return GIF_ERROR;
  }
  return GIF_OK;
}

static int read_image(GifFileType *gif, uint32_t width, uint32_t height, uint8_t *indices) {
  if (find_image(gif) != GIF_OK) return GIF_ERROR;
  if ((uint32_t)gif->Image.Width != width || (uint32_t)gif->Image.Height != height)
    return GIF_ERROR;
  return read_rows(gif, width, height, indices);
}

int iris_gif_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *indices,
    char *message) {
  gif_source source = {.bytes = bytes, .count = count};
  int error = 0;
  GifFileType *gif = DGifOpen(&source, read_bytes, &error);
  int status = gif == NULL ? GIF_ERROR : read_image(gif, width, height, indices);
  if (status != GIF_OK) {
    const char *text = GifErrorString(gif == NULL ? error : gif->Error);
    iris_copy_message(message, text == NULL ? "unexpected record" : text);
  }
  if (gif != NULL) DGifCloseFile(gif, &error);
  return status == GIF_OK ? 0 : 1;
}
