/*
 * The system calls that the one-shot-token library makes itself, because it imports nothing that a libc might lack or
 * version. None of them touches errno. Numbers: arch/x86/entry/syscalls/syscall_64.tbl and
 * include/uapi/asm-generic/unistd.h of the kernel.
 */
#ifndef AWF_SYSTEM_CALLS_H
#define AWF_SYSTEM_CALLS_H

#if defined(__x86_64__)

enum { SYS_WRITE = 1, SYS_MMAP = 9, SYS_MUNMAP = 11, SYS_MADVISE = 28, SYS_GETPID = 39, SYS_EXIT_GROUP = 231 };

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

#elif defined(__aarch64__)

enum { SYS_WRITE = 64, SYS_EXIT_GROUP = 94, SYS_GETPID = 172, SYS_MUNMAP = 215, SYS_MMAP = 222, SYS_MADVISE = 233 };

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}

#else
#error "one-shot-token: no system calls for this architecture; add its numbers and its instruction above"
#endif

/* Zeroed private memory that is left out of core files. Returns 0 if there is none. */
static inline void *map_private(unsigned long size) {
  enum { PROT_READ_WRITE = 1 | 2, MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20, MADV_DONTDUMP = 16, LAST_ERROR = 4095 };
  long address = system_call(SYS_MMAP, 0, (long)size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0);
  if ((unsigned long)address > -(unsigned long)LAST_ERROR - 1) return 0;
  system_call(SYS_MADVISE, address, (long)size, MADV_DONTDUMP, 0, 0, 0);
  return (void *)address;
}

static inline void unmap(void *memory, unsigned long size) {
  system_call(SYS_MUNMAP, (long)memory, (long)size, 0, 0, 0, 0);
}

static inline void write_to_stderr(const char *text, unsigned long length) {
  system_call(SYS_WRITE, 2, (long)text, (long)length, 0, 0, 0);
}

static inline long process_id(void) { return system_call(SYS_GETPID, 0, 0, 0, 0, 0, 0); }

_Noreturn static inline void stop_process(int code) {
  for (;;) system_call(SYS_EXIT_GROUP, code, 0, 0, 0, 0, 0);
}

#endif
