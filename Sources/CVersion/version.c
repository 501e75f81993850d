#include "CVersion.h"

const char *cversion_commit(void) { return IRIS_COMMIT; }
