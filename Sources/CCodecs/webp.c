#include "message.h"

#include <webp/decode.h>

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
