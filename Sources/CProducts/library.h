// Opening a shared library and finding its functions.
#pragma once

#define _POSIX_C_SOURCE 200809L  // setenv, strdup

#include "cproducts.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Text about a library.
typedef struct {
  char text[256];
} library_text;

/// Opens a library by its soname; NULL, with the reason, if it cannot be opened.
static inline void *open_library(const char *soname, library_text *reason) {
  void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
  if (!handle) snprintf(reason->text, sizeof reason->text, "%s", dlerror());
  return handle;
}

/// Finds a function; false, with the reason, if the library lacks it.
static inline bool find_function(
    void *handle, const char *name, void *target, library_text *reason) {
  void *found = dlsym(handle, name);
  if (found) {
    memcpy(target, &found, sizeof found);
  } else {
    snprintf(reason->text, sizeof reason->text, "it has no function %s", name);
  }
  return found != NULL;
}
