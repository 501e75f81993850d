#include "message.h"

#include <stdlib.h>
#include <string.h>

void iris_copy_message(char *message, const char *text) {
  size_t length = strlen(text);
  if (length >= IRIS_MESSAGE_SIZE) length = IRIS_MESSAGE_SIZE - 1;
  memcpy(message, text, length);
  message[length] = 0;
}

void iris_free_file(uint8_t *bytes) { free(bytes); }
