// SQLite as Debian packages it (libsqlite3-dev).
#include <sqlite3.h>
