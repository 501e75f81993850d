#include "ccodecs.h"
typedef int iris_codecs_placeholder;
