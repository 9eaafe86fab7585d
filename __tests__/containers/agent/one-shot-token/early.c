/*
 * A library that the probe needs. Its constructor runs before that of a preloaded library, and reads EARLY if it is
 * set.
 */
#include <stdlib.h>
#include <string.h>

extern char **environ;

const char *early;

__attribute__((constructor)) static void read_early(void) {
  for (char **entry = environ; entry && *entry; entry++)
    if (strncmp(*entry, "EARLY=", 6) == 0) early = getenv("EARLY");
}
