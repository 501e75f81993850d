#pragma once

#include "ccodecs.h"

/// Copies a sentence into a caller's buffer, cut to fit.
void iris_copy_message(char *message, const char *text);
