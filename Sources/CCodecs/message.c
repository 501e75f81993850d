#include "message.h"

#include <string.h>

void iris_copy_message(char *message, const char *text) {
  size_t length = strlen(text);
  if (length >= IRIS_MESSAGE_SIZE) length = IRIS_MESSAGE_SIZE - 1;
  memcpy(message, text, length);
  message[length] = 0;
}
