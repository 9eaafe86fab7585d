/*
 * Makes each variable that AWF_ONE_SHOT_TOKENS (comma-separated) names readable once per process. The first getenv or
 * secure_getenv returns the value, as later ones do, and removes it from `environ` and from the bytes behind
 * /proc/self/environ. Direct readers, and children that start later, see nothing. Loaded by LD_PRELOAD.
 * AWF_ONE_SHOT_TOKEN_DEBUG=1 logs names, never values, to standard error. docs/security.md tells what this is worth.
 *
 * Decisions and their reasons:
 *
 * - One file for every libc. The agent image is built once, and its files run on the host's glibc or on whatever an
 *   image contains: glibc 2.31, musl. So nothing is linked (-nostdlib), and every import is weak and unversioned:
 *   `__environ`, `putenv`, `getauxval` and `__errno_location`, which both libcs have always had. dlsym would require
 *   GLIBC_2.34. It is not needed: getenv is a walk over `environ`, and `unsetenv(name)` is `putenv(name)` in both
 *   libcs, with their own lock.
 * - No lock. Each value is copied to private memory before the program starts, so readers never wait for it. Removing
 *   it from the environment is idempotent: every thread that arrives during the first read does it too. Nothing can
 *   deadlock after fork, in a signal handler or after vfork.
 * - `environ` is never shifted in place, or another thread's getenv("PATH"), which is safe today, could miss an entry
 *   that moves. Instead a new array without the variable is published, as setenv does when it grows. The old one stays.
 * - A variable is removed only if its value is the one that the process was started with. A value that the program sets
 *   itself stays, for itself and its children. unsetenv and clearenv forget the cached value. What no libc tells us
 *   goes unnoticed: glibc's putenv("NAME") and `environ = other` keep the cache, and setenv(name, value, 0) after the
 *   first read sets the value, because `environ` has none.
 * - The initial block on the stack is overwritten, name included. It starts at the first string of the initial
 *   environment and ends where the kernel puts the program's file name (AT_EXECFN). That takes neither /proc nor a
 *   system call, which the program's own seccomp filter might punish.
 * - Values live in memory that is mapped for them, with MADV_DONTDUMP. Nothing is ever freed: programs read a value,
 *   unset the variable and then use the pointer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "system-calls.h"

#define EXPORT __attribute__((visibility("default")))

extern char **__environ __attribute__((weak));
extern int putenv(char *) __attribute__((weak));
extern unsigned long getauxval(unsigned long) __attribute__((weak));
extern int *__errno_location(void) __attribute__((weak));

enum { EINVAL = 22, AT_SECURE = 23, AT_RANDOM = 25, AT_EXECFN = 31 };

/* The first reader turns UNREAD into TAKING. A clean environment makes it TAKEN, and unsetenv makes any state GONE. */
enum state { UNREAD, TAKING, TAKEN, GONE };

struct variable {
  const char *name;
  size_t name_length;
  /* The value that the process was started with; NULL if it had none. */
  char *value;
  enum state state;
};

struct table {
  /* Bytes of the whole mapping. */
  size_t size;
  bool debug;
  /* The strings of the initial environment, where the kernel put them. */
  char *block_start, *block_end;
  size_t count;
  struct variable variables[];
};

static struct table nothing_protected;
static struct table *published;

static size_t length_of(const char *text) {
  size_t length = 0;
  while (text[length] != '\0') length++;
  return length;
}

static bool same(const char *a, const char *b, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

static char **load_environ(void) { return &__environ ? __atomic_load_n(&__environ, __ATOMIC_ACQUIRE) : NULL; }

/* The value in "NAME=value"; NULL if the entry is another variable's. */
static char *value_in(char *entry, const char *name, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (entry[i] != name[i]) return NULL; /* the end of the entry is a difference too */
  }
  return entry[length] == '=' ? entry + length + 1 : NULL;
}

static char *value_in_environ(const char *name, size_t length) {
  char **slot = load_environ();
  if (slot == NULL || length == 0) return NULL;
  for (char *entry; (entry = __atomic_load_n(slot, __ATOMIC_ACQUIRE)) != NULL; slot++) {
    char *value = value_in(entry, name, length);
    if (value != NULL) return value;
  }
  return NULL;
}

static char *append(char *end, const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) end[i] = text[i];
  return end + length;
}

static void log_about(const struct table *table, const struct variable *variable, const char *what) {
  if (!table->debug) return;
  char line[256], digits[20];
  char *end = append(line, "one-shot-token: ", 16);
  size_t length = variable->name_length < 128 ? variable->name_length : 128;
  end = append(end, variable->name, length);
  end = append(end, what, length_of(what));
  end = append(end, " (process ", 10);
  size_t start = sizeof digits;
  for (long rest = process_id(); start == sizeof digits || rest > 0; rest /= 10) digits[--start] = (char)('0' + rest % 10);
  end = append(end, digits + start, sizeof digits - start);
  end = append(end, ")\n", 2);
  write_to_stderr(line, (size_t)(end - line));
}

/* Finds the next name of a comma-separated list, without spaces around it. Returns where the following one starts. */
static const char *next_name(const char *list, const char **name, size_t *length) {
  while (*list == ' ' || *list == ',') list++;
  const char *end = list;
  while (*end != '\0' && *end != ',') end++;
  *name = list;
  *length = (size_t)(end - list);
  while (*length > 0 && list[*length - 1] == ' ') --*length;
  return end;
}

/* The kernel puts the arguments and then the environment between the random bytes and the program's file name. */
static void find_block(struct table *table) {
  if (!getauxval) return;
  uintptr_t bottom = getauxval(AT_RANDOM), top = getauxval(AT_EXECFN);
  for (char **slot = load_environ(); *slot != NULL; slot++) {
    uintptr_t entry = (uintptr_t)*slot;
    if (entry <= bottom || entry >= top) continue;
    if (table->block_start == NULL || *slot < table->block_start) table->block_start = *slot;
  }
  if (table->block_start != NULL) table->block_end = (char *)top;
}

static struct table *make_table(const char *list) {
  const char *name;
  size_t length, count = 0, text = 0;
  for (const char *rest = list; rest = next_name(rest, &name, &length), length > 0; count++) {
    const char *value = value_in_environ(name, length);
    text += length + 1 + (value == NULL ? 0 : length_of(value) + 1);
  }
  size_t size = sizeof(struct table) + count * sizeof(struct variable) + text;
  struct table *table = map_private(size);
  if (table == NULL) {
    static const char message[] = "one-shot-token: no memory to protect the variables in; the program is not started\n";
    write_to_stderr(message, sizeof message - 1);
    stop_process(127);
  }
  table->size = size;
  const char *debug = value_in_environ("AWF_ONE_SHOT_TOKEN_DEBUG", 24);
  table->debug = debug != NULL && debug[0] == '1' && debug[1] == '\0';
  find_block(table);
  char *end = (char *)&table->variables[count];
  for (const char *rest = list; table->count < count; table->count++) {
    rest = next_name(rest, &name, &length);
    const char *value = value_in_environ(name, length);
    struct variable *variable = &table->variables[table->count];
    variable->name = end;
    variable->name_length = length;
    end = append(end, name, length) + 1;
    if (value == NULL) continue;
    variable->value = end;
    end = append(end, value, length_of(value)) + 1;
  }
  return table;
}

/* Made by the first caller that needs it: a library's constructor can call getenv before ours has run. */
static struct table *get_table(void) {
  struct table *table = __atomic_load_n(&published, __ATOMIC_ACQUIRE);
  if (table != NULL) return table;
  if (load_environ() == NULL) return &nothing_protected;
  const char *list = value_in_environ("AWF_ONE_SHOT_TOKENS", 19);
  struct table *made = list == NULL ? &nothing_protected : make_table(list);
  if (__atomic_compare_exchange_n(&published, &table, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return made;
  if (made != &nothing_protected) unmap(made, made->size);
  return table;
}

static struct variable *find_variable(struct table *table, const char *name, size_t length) {
  for (size_t i = 0; i < table->count; i++) {
    struct variable *variable = &table->variables[i];
    if (variable->name_length == length && same(variable->name, name, length)) return variable;
  }
  return NULL;
}

/* Decided by the place, because a string in the block may be overwritten at this moment. Decided by the value if the
 * program moved its environment, as programs do that change their title. */
static bool is_initial(const struct table *table, const struct variable *variable, const char *value) {
  if (variable->value == NULL) return false;
  if (value >= table->block_start && value < table->block_end) return true;
  return same(value, variable->value, length_of(variable->value) + 1);
}

static void remove_from_environ(const struct table *table, const struct variable *variable) {
  for (;;) {
    char **old = load_environ();
    size_t count = 0, found = 0;
    for (; old != NULL && old[count] != NULL; count++) {
      char *value = value_in(old[count], variable->name, variable->name_length);
      found += value != NULL && is_initial(table, variable, value);
    }
    if (found == 0) return;
    size_t size = (count + 1) * sizeof *old, kept = 0;
    char **new = map_private(size);
    for (size_t i = 0; i < count && old[i] != NULL; i++) {
      char *value = value_in(old[i], variable->name, variable->name_length);
      bool taken = value != NULL && is_initial(table, variable, value);
      if (new != NULL && !taken) new[kept++] = old[i];
      /* Without memory for an array, leave an empty entry. What matters is that the value goes. */
      if (new == NULL && taken) __atomic_store_n(&old[i], "", __ATOMIC_RELEASE);
    }
    if (new == NULL || __atomic_compare_exchange_n(&__environ, &old, new, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      return;
    unmap(new, size);
  }
}

static void remove_from_block(const struct table *table, const struct variable *variable) {
  for (char *entry = table->block_start; entry < table->block_end;) {
    bool taken = value_in(entry, variable->name, variable->name_length) != NULL;
    for (; *entry != '\0'; entry++) {
      if (taken) *(volatile char *)entry = '\0';
    }
    entry++;
  }
}

static char *read_once(const struct table *table, struct variable *variable) {
  for (;;) {
    enum state state = __atomic_load_n(&variable->state, __ATOMIC_SEQ_CST);
    if (state == TAKING) {
      remove_from_environ(table, variable);
      remove_from_block(table, variable);
      if (__atomic_compare_exchange_n(&variable->state, &state, TAKEN, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        log_about(table, variable, ": read, and removed from the environment");
      continue;
    }
    char *value = value_in_environ(variable->name, variable->name_length);
    if (state == TAKEN) return value != NULL ? value : variable->value;
    if (state == GONE) return value;
    if (value != NULL && is_initial(table, variable, value)) {
      __atomic_compare_exchange_n(&variable->state, &state, TAKING, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
      continue;
    }
    /* Another thread may have removed it since the state was read. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&variable->state, __ATOMIC_SEQ_CST) == UNREAD) return value;
  }
}

static char *read(const char *name) {
  if (name == NULL) return NULL;
  size_t length = length_of(name);
  struct table *table = get_table();
  struct variable *variable = find_variable(table, name, length);
  return variable == NULL ? value_in_environ(name, length) : read_once(table, variable);
}

EXPORT char *getenv(const char *name) { return read(name); }

EXPORT char *secure_getenv(const char *name) { return getauxval && getauxval(AT_SECURE) ? NULL : read(name); }

static void forget(const struct table *table, struct variable *variable) {
  enum state before = __atomic_exchange_n(&variable->state, GONE, __ATOMIC_SEQ_CST);
  if (before != GONE && variable->value != NULL) log_about(table, variable, ": unset");
}

EXPORT int unsetenv(const char *name) {
  size_t length = name == NULL ? 0 : length_of(name);
  bool valid = length > 0 && putenv;
  for (size_t i = 0; i < length; i++) valid = valid && name[i] != '=';
  if (!valid) {
    if (__errno_location) *__errno_location() = EINVAL;
    return -1;
  }
  struct table *table = get_table();
  struct variable *variable = find_variable(table, name, length);
  if (variable != NULL) forget(table, variable);
  return putenv((char *)name);
}

EXPORT int clearenv(void) {
  struct table *table = get_table();
  for (size_t i = 0; i < table->count; i++) forget(table, &table->variables[i]);
  if (&__environ) __atomic_store_n(&__environ, NULL, __ATOMIC_RELEASE);
  return 0;
}

__attribute__((constructor)) static void start(void) { get_table(); }
