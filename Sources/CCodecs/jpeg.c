// libjpeg calls back for every warning. TurboJPEG keeps only the first warning's text, so that a
// harmless first one would hide damage after it.
#include "message.h"

#include <setjmp.h>
#include <stdio.h>

#include <jerror.h>
#include <jpeglib.h>

typedef struct {
  struct jpeg_error_mgr errors;
  jmp_buf failed;
  char *message;
  struct jpeg_decompress_struct jpeg;
} jpeg_reader;

static void copy_last_message(j_common_ptr jpeg) {
  jpeg_reader *reader = jpeg->client_data;
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  iris_copy_message(reader->message, text);
}

static _Noreturn void fail(j_common_ptr jpeg) {
  jpeg_reader *reader = jpeg->client_data;
  copy_last_message(jpeg);
  longjmp(reader->failed, 1);
}

/// Returns whether a warning leaves every pixel certain. The others mean missing or damaged data:
/// HIT_MARKER, JPEG_EOF (data end too early), HUFF_BAD_CODE, ARITH_BAD_CODE (invalid code),
/// MUST_RESYNC (restart marker out of order) and BOGUS_PROGRESSION (a scan that refines missing
/// data or repeats earlier ones). TOO_MUCH_DATA is an error of the caller.
static int is_harmless(int warning) {
  switch (warning) {
    // Bytes between two segments, which every decoder skips.
    case JWRN_EXTRANEOUS_DATA:
    // Ss, Se, Ah and Al of a sequential scan, which have no effect there. Samsung cameras and
    // others write zeros instead of 0, 63, 0 and 0.
    case JWRN_NOT_SEQUENTIAL:
    // A JFIF version other than 1.x: the fields that are read are the same in all versions.
    case JWRN_JFIF_MAJOR:
    // An Adobe transform code other than 0, 1 or 2: treated as YCbCr or YCCK by every decoder.
    case JWRN_ADOBE_XFORM:
    // An inconsistent sequence of colour profile segments; profiles are not applied.
    case JWRN_BOGUS_ICC:
      return 1;
    default:
      return 0;
  }
}

/// Negative levels are warnings; the others are trace messages, which are ignored.
static void refuse_warning(j_common_ptr jpeg, int level) {
  if (level < 0 && !is_harmless(jpeg->err->msg_code)) fail(jpeg);
}

static void refuse(jpeg_reader *reader, const char *text) {
  iris_copy_message(reader->message, text);
  longjmp(reader->failed, 1);
}

static void read_pixels(
    jpeg_reader *reader, const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
    uint32_t channels, uint8_t *pixels) {
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  jpeg_mem_src(jpeg, bytes, (unsigned long)count);
  jpeg_read_header(jpeg, TRUE);
  if (jpeg->image_width != width || jpeg->image_height != height)
    refuse(reader, "the header gives two sizes");
  jpeg->out_color_space = channels == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(jpeg);
  if (jpeg->output_width != width || jpeg->output_height != height
      || (uint32_t)jpeg->output_components != channels)
    refuse(reader, "unexpected row layout");
  size_t stride = (size_t)width * channels;
  while (jpeg->output_scanline < height) {
    JSAMPROW row = pixels + jpeg->output_scanline * stride;
    if (jpeg_read_scanlines(jpeg, &row, 1) != 1) refuse(reader, "the file ends too early");
  }
  jpeg_finish_decompress(jpeg);
}

static int run_reader(
    jpeg_reader *reader, const uint8_t *bytes, size_t count, uint32_t width, uint32_t height,
    uint32_t channels, uint8_t *pixels) {
  if (setjmp(reader->failed)) return 1;
  jpeg_create_decompress(&reader->jpeg);
  read_pixels(reader, bytes, count, width, height, channels, pixels);
  return 0;
}

int iris_jpeg_decode(
    const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint32_t channels,
    uint8_t *pixels, char *message) {
  jpeg_reader reader = {.message = message};
  reader.jpeg.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = fail;
  reader.errors.emit_message = refuse_warning;
  reader.jpeg.client_data = &reader;
  int status = run_reader(&reader, bytes, count, width, height, channels, pixels);
  jpeg_destroy_decompress(&reader.jpeg);
  return status;
}

typedef struct {
  struct jpeg_error_mgr errors;
  jmp_buf failed;
  char *message;
  struct jpeg_compress_struct jpeg;
  /// The file, allocated and replaced by libjpeg as it grows.
  uint8_t *bytes;
  unsigned long count;
} jpeg_writer;

static _Noreturn void fail_writing(j_common_ptr jpeg) {
  jpeg_writer *writer = jpeg->client_data;
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  iris_copy_message(writer->message, text);
  longjmp(writer->failed, 1);
}

static void ignore_message(j_common_ptr jpeg, int level) {
  (void)jpeg;
  (void)level;
}

static void write_pixels(
    jpeg_writer *writer, const uint8_t *pixels, int quality, int keeps_chroma,
    const uint8_t *exif, size_t exif_count) {
  struct jpeg_compress_struct *jpeg = &writer->jpeg;
  jpeg->input_components = 3;
  jpeg->in_color_space = JCS_RGB;
  jpeg_set_defaults(jpeg);
  jpeg_set_quality(jpeg, quality, TRUE);
  jpeg->optimize_coding = TRUE;
  jpeg->dct_method = JDCT_ISLOW;
  jpeg->comp_info[0].h_samp_factor = keeps_chroma ? 1 : 2;
  jpeg->comp_info[0].v_samp_factor = keeps_chroma ? 1 : 2;
  jpeg_start_compress(jpeg, TRUE);
  if (exif_count > 0) jpeg_write_marker(jpeg, JPEG_APP0 + 1, exif, (unsigned int)exif_count);
  size_t stride = (size_t)jpeg->image_width * 3;
  while (jpeg->next_scanline < jpeg->image_height) {
    // libjpeg takes rows as non-const but never writes to them.
    JSAMPROW row = (JSAMPROW)(uintptr_t)(pixels + jpeg->next_scanline * stride);
    jpeg_write_scanlines(jpeg, &row, 1);
  }
  jpeg_finish_compress(jpeg);
}

static int run_writer(
    jpeg_writer *writer, const uint8_t *pixels, uint32_t width, uint32_t height, int quality,
    int keeps_chroma, const uint8_t *exif, size_t exif_count) {
  if (setjmp(writer->failed)) return 1;
  jpeg_create_compress(&writer->jpeg);
  jpeg_mem_dest(&writer->jpeg, &writer->bytes, &writer->count);
  writer->jpeg.image_width = width;
  writer->jpeg.image_height = height;
  write_pixels(writer, pixels, quality, keeps_chroma, exif, exif_count);
  return 0;
}

int iris_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, int keeps_chroma,
    const uint8_t *exif, size_t exif_count, uint8_t **bytes, size_t *count, char *message) {
  *bytes = NULL;
  *count = 0;
  if (width > JPEG_MAX_DIMENSION || height > JPEG_MAX_DIMENSION) {
    iris_copy_message(message, "a side is over 65500 pixels");
    return 1;
  }
  jpeg_writer writer = {.message = message};
  writer.jpeg.err = jpeg_std_error(&writer.errors);
  writer.errors.error_exit = fail_writing;
  writer.errors.emit_message = ignore_message;
  writer.jpeg.client_data = &writer;
  int status = run_writer(
      &writer, pixels, width, height, quality, keeps_chroma, exif, exif_count);
  jpeg_destroy_compress(&writer.jpeg);
  // After an error, which is for lack of memory, libjpeg may have freed the buffer that it gave.
  if (status != 0) return status;
  *bytes = writer.bytes;
  *count = writer.count;
  return 0;
}
