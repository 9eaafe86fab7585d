/* A library that the probe needs: its constructor runs before that of a preloaded library. */
#include <stdlib.h>

const char *early;

__attribute__((constructor)) static void read_early(void) { early = getenv("EARLY"); }
