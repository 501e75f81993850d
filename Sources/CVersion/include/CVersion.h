/* What a build knows of where its sources came from. */
#ifndef CVERSION_H
#define CVERSION_H

/* The commit, with `-dirty` behind it where files had changed since; `unknown` where nobody said. */
const char *cversion_commit(void);

#endif
