#include "message.h"

#include <stdlib.h>
#include <string.h>
#include <webp/decode.h>
#include <webp/encode.h>

static int refuse(VP8StatusCode status, char *message) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
      iris_copy_message(message, "the data end too early");
      break;
    case VP8_STATUS_OUT_OF_MEMORY:
      iris_copy_message(message, "out of memory");
      break;
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      iris_copy_message(message, "unsupported feature");
      break;
    default:
      iris_copy_message(message, "bitstream error");
  }
  return 1;
}

int iris_webp_header(
    const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height, int *has_alpha,
    char *message) {
  WebPBitstreamFeatures features = {0};
  VP8StatusCode status = WebPGetFeatures(bytes, count, &features);
  if (status != VP8_STATUS_OK) return refuse(status, message);
  if (features.width < 1 || features.height < 1 || features.has_animation)
    return refuse(VP8_STATUS_BITSTREAM_ERROR, message);
  *width = (uint32_t)features.width;
  *height = (uint32_t)features.height;
  *has_alpha = features.has_alpha;
  return 0;
}

int iris_webp_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t channels,
    uint8_t *pixels, char *message) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return refuse(VP8_STATUS_INVALID_PARAM, message);
  VP8StatusCode status = WebPGetFeatures(bytes, count, &config.input);
  if (status != VP8_STATUS_OK) return refuse(status, message);
  if ((uint32_t)config.input.width != width || (uint32_t)config.input.height != height)
    return refuse(VP8_STATUS_BITSTREAM_ERROR, message);
  size_t stride = (size_t)width * channels;
  config.output.colorspace = channels == 4 ? MODE_RGBA : MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)stride;
  config.output.u.RGBA.size = stride * height;
  status = WebPDecode(bytes, count, &config);
  WebPFreeDecBuffer(&config.output);
  return status == VP8_STATUS_OK ? 0 : refuse(status, message);
}

/// Copies what libwebp allocated, so that the caller frees it as any buffer.
static int hand_over(
    const WebPMemoryWriter *writer, uint8_t **bytes, size_t *count, char *message) {
  *bytes = malloc(writer->size);
  if (*bytes == NULL) {
    iris_copy_message(message, "out of memory");
    return 1;
  }
  memcpy(*bytes, writer->mem, writer->size);
  *count = writer->size;
  return 0;
}

static const char *failure_of(WebPEncodingError code) {
  switch (code) {
    case VP8_ENC_ERROR_OUT_OF_MEMORY:
    case VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY: return "out of memory";
    case VP8_ENC_ERROR_BAD_DIMENSION: return "a side is over 16383 pixels";
    default: return "the encoder failed";
  }
}

int iris_webp_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, float quality, uint8_t **bytes,
    size_t *count, char *message) {
  *bytes = NULL;
  *count = 0;
  WebPConfig config;
  WebPPicture picture;
  if (!WebPConfigPreset(&config, WEBP_PRESET_DEFAULT, quality) || !WebPPictureInit(&picture)) {
    iris_copy_message(message, "libwebp is of another version");
    return 1;
  }
  if (width > WEBP_MAX_DIMENSION || height > WEBP_MAX_DIMENSION) {
    iris_copy_message(message, failure_of(VP8_ENC_ERROR_BAD_DIMENSION));
    return 1;
  }
  WebPMemoryWriter writer;
  WebPMemoryWriterInit(&writer);
  picture.width = (int)width;
  picture.height = (int)height;
  picture.writer = WebPMemoryWrite;
  picture.custom_ptr = &writer;
  int status = 1;
  if (WebPPictureImportRGB(&picture, pixels, (int)width * 3) && WebPEncode(&config, &picture)) {
    status = hand_over(&writer, bytes, count, message);
  } else {
    iris_copy_message(message, failure_of(picture.error_code));
  }
  WebPPictureFree(&picture);
  WebPMemoryWriterClear(&writer);
  return status;
}
