/*
 * Reads its environment in every way that a program can. `probe STEP...` prints "STEP: RESULT" for each step in turn,
 * with "-" for a NULL pointer. A step that contains another one ("exec:getenv:ONE") runs it in a child.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 16, FORKS = 50 };

extern char **environ;
extern const char *early;
extern const char *gnu_get_libc_version(void) __attribute__((weak));

static char *self;

/* Reads environ directly, without a libc function. */
static const char *in_environ(const char *name) {
  size_t length = strlen(name);
  for (char **entry = environ; entry && *entry; entry++)
    if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=') return *entry + length + 1;
  return NULL;
}

/* Counts entries of environ that are not "NAME=value". */
static const char *malformed_entries(void) {
  static char answer[16];
  int count = 0;
  for (char **entry = environ; entry && *entry; entry++) count += strchr(*entry, '=') == NULL;
  snprintf(answer, sizeof answer, "%d", count);
  return answer;
}

/* Whether the process's own files below /proc contain `text`. */
static const char *in_file(const char *path, const char *text) {
  static char bytes[1 << 20];
  size_t size = 0;
  ssize_t count;
  int file = open(path, O_RDONLY);
  while ((count = read(file, bytes + size, sizeof bytes - size)) > 0) size += (size_t)count;
  close(file);
  return size == 0 ? "unreadable" : memmem(bytes, size, text, strlen(text)) ? "yes" : "no";
}

/* The flags of the mapping that contains `address`; "dd" means "do not dump". */
static const char *is_dumped(const char *address) {
  char line[512];
  unsigned long start, end, wanted = (unsigned long)address;
  FILE *maps = fopen("/proc/self/smaps", "r");
  for (int inside = 0; fgets(line, sizeof line, maps);) {
    if (sscanf(line, "%lx-%lx ", &start, &end) == 2) inside = start <= wanted && wanted < end;
    if (inside && strncmp(line, "VmFlags:", 8) == 0) return strstr(line, " dd") ? "no" : "yes";
  }
  return "unknown";
}

/* Calls `use` with each name of "A+B+C". */
static void for_each(const char *names, void (*use)(const char *name, void *data), void *data) {
  char *copy = strdup(names), *rest = copy, *name;
  while ((name = strsep(&rest, "+"))) use(name, data);
  free(copy);
}

static pthread_barrier_t barrier;

/* Each value must be "value-of-" followed by the name. */
static void read_with_others(const char *name, void *misses) {
  pthread_barrier_wait(&barrier);
  const char *value = getenv(name);
  *(long *)misses += !value || strncmp(value, "value-of-", 9) != 0 || strcmp(value + 9, name) != 0;
  *(long *)misses += getenv("OTHER") == NULL;
}

static void *read_in_thread(void *names) {
  long misses = 0;
  for_each(names, read_with_others, &misses);
  return (void *)misses;
}

/* All threads read the same variable for the first time, one variable after the other. Counts the misses. */
static const char *in_threads(const char *names) {
  static char answer[32];
  pthread_t threads[THREADS];
  void *misses;
  long sum = 0;
  pthread_barrier_init(&barrier, NULL, THREADS);
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, read_in_thread, (void *)names);
  for (int i = 0; i < THREADS; i++) {
    pthread_join(threads[i], &misses);
    sum += (long)misses;
  }
  snprintf(answer, sizeof answer, "%d threads, %ld misses", THREADS, sum);
  return answer;
}

static volatile int go_on = 1;

static void *read_again_and_again(void *name) {
  long wrong = 0;
  for (; go_on; wrong += getenv(name) == NULL || getenv("OTHER") == NULL) {}
  return (void *)wrong;
}

struct readers {
  pthread_t threads[THREADS];
  int count;
};

static void start_reader(const char *name, void *data) {
  struct readers *readers = data;
  if (readers->count < THREADS)
    pthread_create(&readers->threads[readers->count++], NULL, read_again_and_again, strdup(name));
}

static void read_or_leave(const char *name, void *data) {
  if (!getenv(name)) _exit(1);
}

/* Forks children while other threads read for the first time. Every child reads too, and none may hang or miss. */
static const char *fork_among_readers(const char *names) {
  static char answer[64];
  struct readers readers = {.count = 0};
  long wrong = 0, in_children = 0;
  int status;
  void *result;
  for_each(names, start_reader, &readers);
  for (int i = 0; i < FORKS; i++) {
    pid_t child = fork();
    if (child == 0) {
      alarm(20);
      for_each(names, read_or_leave, NULL);
      _exit(0);
    }
    waitpid(child, &status, 0);
    in_children += status != 0;
  }
  go_on = 0;
  for (int i = 0; i < readers.count; i++) {
    pthread_join(readers.threads[i], &result);
    wrong += (long)result;
  }
  snprintf(answer, sizeof answer, "%d threads, %ld misses, %ld in children", readers.count, wrong, in_children);
  return answer;
}

/* Moves the strings to the heap, as programs do that show their state in the process title. */
static const char *move_environ(void) {
  int count = 0;
  while (environ[count]) count++;
  char **moved = calloc((size_t)count + 1, sizeof *moved);
  for (int i = 0; i < count; i++) moved[i] = strdup(environ[i]);
  environ = moved;
  return "done";
}

static const char *drop_environ(void) {
  static char *none[] = {NULL};
  environ = none;
  return "done";
}

/* Stops this process from getting more memory. */
static const char *limit_memory(void) {
  struct rlimit none = {0, 0};
  return setrlimit(RLIMIT_AS, &none) == 0 ? "done" : "failed";
}

static const char *in_child(const char *how, const char *step) {
  char *argv[] = {self, (char *)step, NULL}, command[512];
  pid_t child = -1;
  int status;
  fflush(stdout);
  if (strcmp(how, "system") == 0) {
    snprintf(command, sizeof command, "%s %s", self, step);
    return system(command) == 0 ? "done" : "failed";
  }
  if (strcmp(how, "spawn") == 0) {
    if (posix_spawn(&child, self, NULL, NULL, argv, environ) != 0) return "failed";
  } else {
    child = strcmp(how, "vfork") == 0 ? vfork() : fork();
    if (child == 0) {
      execve(self, argv, environ);
      _exit(127);
    }
  }
  waitpid(child, &status, 0);
  return status == 0 ? "done" : "failed";
}

static const char *run(char *step) {
  char *colon = strchr(step, ':'), *argument = colon ? colon + 1 : "";
  char name[64];
  snprintf(name, sizeof name, "%.*s", (int)(colon ? colon - step : (long)strlen(step)), step);
#define STEP(word) if (strcmp(name, word) == 0)
  STEP("libc") return gnu_get_libc_version ? gnu_get_libc_version() : "musl";
  STEP("early") return early;
  STEP("getenv") return getenv(argument);
  STEP("secure_getenv") return secure_getenv(argument);
  STEP("environ") return in_environ(argument);
  STEP("malformed-entries") return malformed_entries();
  STEP("procfs") return in_file("/proc/self/environ", argument);
  STEP("dumped") return is_dumped(getenv(argument));
  STEP("threads") return in_threads(argument);
  STEP("fork-among-readers") return fork_among_readers(argument);
  STEP("move-environ") return move_environ();
  STEP("drop-environ") return drop_environ();
  STEP("limit-memory") return limit_memory();
  STEP("putenv") return putenv(strdup(argument)) == 0 ? "done" : "failed";
  STEP("unsetenv") return unsetenv(argument) == 0 ? "done" : "failed";
  STEP("clearenv") return clearenv() == 0 ? "done" : "failed";
  STEP("keep") {
    const char *value = getenv(argument);
    unsetenv(argument);
    return value;
  }
  STEP("setenv") {
    char *sign = strchr(argument, '=');
    char *copy = strndup(argument, (size_t)(sign - argument));
    return setenv(copy, sign + 1, 1) == 0 ? "done" : "failed";
  }
  STEP("fork") {
    fflush(stdout);
    pid_t child = fork();
    int status;
    if (child == 0) {
      const char *result = run(argument);
      printf("%s: %s\n", argument, result ? result : "-");
      fflush(stdout);
      _exit(0);
    }
    return waitpid(child, &status, 0) == child && status == 0 ? "done" : "failed";
  }
  return in_child(name, argument);
}

/* Runs the remaining steps in a new program with one more entry in its environment, even if the name exists already. */
static void exec_with(char *entry, char **argv) {
  int count = 0;
  while (environ[count]) count++;
  char **more = calloc((size_t)count + 2, sizeof *more);
  memcpy(more, environ, (size_t)count * sizeof *more);
  more[count] = entry;
  argv[0] = self;
  fflush(stdout);
  execve(self, argv, more);
}

int main(int argc, char **argv) {
  self = argv[0];
  for (int i = 1; i < argc; i++) {
    if (strncmp(argv[i], "exec-with:", 10) == 0) exec_with(argv[i] + 10, argv + i);
    const char *result = run(argv[i]);
    printf("%s: %s\n", argv[i], result ? result : "-");
  }
  return 0;
}
