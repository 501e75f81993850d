/* Version information of a build. */
#ifndef CVERSION_H
#define CVERSION_H

/* The commit, with `-dirty` appended if files had changed since; `unknown` if none was given. */
const char *cversion_commit(void);

#endif
