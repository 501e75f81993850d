// libpq as Debian packages it (libpq-dev).
#include <postgresql/libpq-fe.h>
