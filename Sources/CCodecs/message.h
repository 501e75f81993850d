#pragma once

#include "ccodecs.h"

/// Copies a message into the caller's buffer, truncated to fit.
void iris_copy_message(char *message, const char *text);
