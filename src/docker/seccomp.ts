import { words } from '../shared/words.ts';

/** A condition on one argument of a call. Docker's documentation on seccomp profiles explains the fields. */
interface Condition {
  readonly index: number;
  readonly op: 'SCMP_CMP_EQ' | 'SCMP_CMP_MASKED_EQ';
  /** The mask, for `SCMP_CMP_MASKED_EQ`. */
  readonly value: number;
  /** What is left of the argument under the mask. */
  readonly valueTwo?: number;
}

interface Rule {
  readonly names: readonly string[];
  readonly action: 'SCMP_ACT_ALLOW' | 'SCMP_ACT_ERRNO';
  readonly comment: string;
  readonly args?: readonly Condition[];
  readonly errnoRet?: number;
  readonly includes?: { readonly minKernel: string };
}

/** A profile in the engine's own format. */
interface Profile {
  readonly defaultAction: 'SCMP_ACT_ERRNO';
  readonly archMap: readonly { readonly architecture: string; readonly subArchitectures: readonly string[] }[];
  readonly syscalls: readonly Rule[];
}

/**
 * Calls that are allowed whatever their arguments are, with the reason. Every other call fails with EPERM.
 *
 * This is what the engine's own profile allows a container without capabilities (github.com/moby/profiles, seccomp
 * v0.3.0), except for what {@link seccompProfile} lists. A call that the engine's libseccomp does not know by name is
 * ignored by runc, which makes calls newer than all those it knows fail with ENOSYS; programs then do without.
 */
const ALLOWED: Readonly<Record<string, string>> = {
  'processes and threads': `
    execve execveat exit exit_group fork vfork wait4 waitid waitpid getpid getppid gettid getpgid getpgrp getsid
    setpgid setsid set_tid_address set_thread_area get_thread_area set_robust_list get_robust_list rseq
    restart_syscall prctl arch_prctl modify_ldt set_tls kill tkill tgkill pidfd_open pidfd_send_signal
    process_mrelease`,
  signals: `
    rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait
    rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack signalfd signalfd4 sigprocmask sigreturn pause alarm`,
  'users and groups, which the kernel guards': `
    getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getresuid getresuid32 getresgid getresgid32
    getgroups getgroups32 setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32 setresuid
    setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget capset`,
  'sandboxes of the programs themselves': `
    seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self`,
  memory: `
    brk mmap mmap2 munmap mremap mprotect madvise mincore mlock mlock2 mlockall munlock munlockall msync mseal
    map_shadow_stack memfd_create membarrier pkey_alloc pkey_free pkey_mprotect cacheflush`,
  'a return probe that somebody set from outside would otherwise crash the program': `uretprobe`,
  'scheduling and limits': `
    sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
    sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min sched_rr_get_interval
    sched_rr_get_interval_time64 sched_yield getpriority setpriority ioprio_get ioprio_set getcpu getrlimit ugetrlimit
    setrlimit prlimit64 getrusage times umask`,
  locks: `futex futex_time64 futex_wait futex_wake futex_requeue futex_waitv`,
  time: `
    time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep
    clock_nanosleep_time64 nanosleep getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime
    timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime
    timerfd_settime64`,
  'reading the clock’s state; without a capability nothing can be set': `adjtimex clock_adjtime clock_adjtime64`,
  files: `
    open openat openat2 creat close close_range read readv pread64 preadv preadv2 write writev pwrite64 pwritev
    pwritev2 lseek _llseek dup dup2 dup3 fcntl fcntl64 flock fsync fdatasync sync syncfs sync_file_range
    sync_file_range2 arm_sync_file_range readahead fadvise64 fadvise64_64 arm_fadvise64_64 fallocate truncate
    truncate64 ftruncate ftruncate64 copy_file_range sendfile sendfile64 splice tee vmsplice pipe pipe2 cachestat`,
  'names and directories': `
    access faccessat faccessat2 chdir fchdir getcwd getdents getdents64 link linkat symlink symlinkat readlink
    readlinkat rename renameat renameat2 unlink unlinkat mkdir mkdirat rmdir mknod mknodat name_to_handle_at`,
  'attributes of files': `
    stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx statfs statfs64 fstatfs fstatfs64 chmod fchmod
    fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat utime utimes utimensat utimensat_time64
    futimesat getxattr getxattrat lgetxattr fgetxattr setxattr setxattrat lsetxattr fsetxattr listxattr listxattrat
    llistxattr flistxattr removexattr removexattrat lremovexattr fremovexattr`,
  'what /proc/self/mountinfo says as well': `listmount statmount`,
  events: `
    poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64 epoll_create epoll_create1 epoll_ctl
    epoll_wait epoll_pwait epoll_pwait2 eventfd eventfd2 inotify_init inotify_init1 inotify_add_watch
    inotify_rm_watch`,
  'asynchronous input and output of databases': `
    io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64`,
  'sockets that exist': `
    accept accept4 bind connect listen shutdown getsockname getpeername getsockopt setsockopt recv recvfrom recvmsg
    recvmmsg recvmmsg_time64 send sendto sendmsg sendmmsg`,
  'System V and POSIX objects, in a namespace of the container’s own': `
    ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64 shmat shmctl shmdt shmget
    mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64
    mq_unlink`,
  'the system': `uname sysinfo getrandom breakpoint`,
};

const EQUAL = 'SCMP_CMP_EQ';
const MASKED = 'SCMP_CMP_MASKED_EQ';

/**
 * The sockets that programs open: address family, type and protocol (socket(2)).
 *
 * Every other family and protocol is code of the kernel's that a network namespace does not confine, or that loads a
 * module when somebody asks for it. AF_VSOCK reaches the host of a virtual machine, past all networks.
 */
const SOCKETS: readonly { comment: string; family: number; type?: number; protocols?: readonly number[] }[] = [
  { comment: 'AF_UNIX', family: 1 },
  { comment: 'TCP over IPv4', family: 2, type: 1, protocols: [0, 6] },
  { comment: 'UDP over IPv4', family: 2, type: 2, protocols: [0, 17] },
  { comment: 'TCP over IPv6', family: 10, type: 1, protocols: [0, 6] },
  { comment: 'UDP over IPv6', family: 10, type: 2, protocols: [0, 17] },
  // getaddrinfo, Go and Node.js list the interfaces with ROUTE. Programs that manage users end if AUDIT is refused
  // with EPERM, and libudev (browsers, adb) wants KOBJECT_UEVENT.
  { comment: 'AF_NETLINK: ROUTE, AUDIT, KOBJECT_UEVENT', family: 16, protocols: [0, 9, 15] },
];

/**
 * The types of ioctl(2) that programs use, each by a bit that btrfs's (0x94) and bcachefs's (0xbc) have the other way round. Two
 * more types share all of these bits (0x9c, 0xb4: GPIO).
 *
 * Both let anybody make subvolumes. A snapshot shows what the host has beside a mounted directory (btrfs of older kernels), and
 * a subvolume that was made read-only cannot be cleaned up.
 */
const IOCTL_TYPES: readonly Condition[] = [
  [0x8000, 0],
  [0x4000, 0x4000],
  [0x1000, 0],
  [0x0400, 0],
  [0x0200, 0x0200],
  [0x0100, 0x0100],
].map(([value = 0, valueTwo = 0]) => ({ index: 1, op: MASKED, value, valueTwo }));

/** FICLONE, FICLONERANGE and FIDEDUPERANGE, with which files share their content. All file systems have taken them from btrfs. */
const IOCTLS: readonly Condition[] = [0x40049409, 0x4020940d, 0xc0189436].map((valueTwo) => ({
  // The kernel cuts the request to 32 bits, and some libraries extend its sign.
  ...{ index: 1, op: MASKED, value: 0xffffffff, valueTwo },
}));

/** The type without SOCK_CLOEXEC and SOCK_NONBLOCK. */
const SOCKET_TYPE = 0xf;

/** Personas of personality(2): Linux, 32 bits, each also with an old version's name, and the question which one it is. */
const PERSONAS = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/** The flags of clone(2) for new namespaces: mount, cgroup, UTS, IPC, user, PID, network. */
const NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;

const ENOSYS = 38;

/**
 * The system calls of a run's containers, as an allow-list. What the engine's own profile allows in some version, and
 * this one does not, because no build tool and no agent program needs it:
 *
 * - io_uring, which works around filters of calls and has had more holes than any other part of the kernel; libuv and
 *   others try it and do without;
 * - sockets other than {@link SOCKETS}, also as pairs, and `socketcall`: 32-bit x86 programs open sockets with it, and no
 *   filter sees which. They have no network unless they call `socket`, as those with musl do;
 * - x32, the second set of numbers for 64-bit calls: such a call kills its thread;
 * - the ioctls of btrfs and bcachefs, see {@link IOCTL_TYPES};
 * - memfd_secret, whose memory nobody can inspect, remap_file_pages, which the kernel only emulates, and fanotify_mark,
 *   which needs a descriptor that nobody without capabilities gets.
 *
 * Nothing here depends on capabilities, because no container has any. So bpf, perf_event_open, userfaultfd, keys,
 * modules, mounts, namespaces and clocks are refused, as in the engine's.
 */
export function seccompProfile(): Profile {
  const allow = (comment: string, names: readonly string[], args?: readonly Condition[]): Rule => ({
    ...{ names, action: 'SCMP_ACT_ALLOW', comment },
    ...(args === undefined ? {} : { args }),
  });
  return {
    defaultAction: 'SCMP_ACT_ERRNO',
    // The two architectures that the agent image is built for, each with its 32-bit programs.
    archMap: [
      { architecture: 'SCMP_ARCH_X86_64', subArchitectures: ['SCMP_ARCH_X86'] },
      { architecture: 'SCMP_ARCH_AARCH64', subArchitectures: ['SCMP_ARCH_ARM'] },
    ],
    syscalls: [
      ...Object.entries(ALLOWED).map(([comment, names]) => allow(comment, words(names))),
      ...SOCKETS.flatMap(({ comment, family, type, protocols }) =>
        (protocols ?? [undefined]).map((protocol) =>
          allow(
            comment,
            ['socket'],
            [
              { index: 0, op: EQUAL, value: family },
              ...(type === undefined ? [] : [{ index: 1, op: MASKED, value: SOCKET_TYPE, valueTwo: type } as const]),
              ...(protocol === undefined ? [] : [{ index: 2, op: EQUAL, value: protocol } as const]),
            ],
          ),
        ),
      ),
      ...IOCTL_TYPES.map((condition) => allow('any but those of btrfs and bcachefs', ['ioctl'], [condition])),
      ...IOCTLS.map((condition) => allow('copies that share their content', ['ioctl'], [condition])),
      allow('AF_UNIX; TIPC has pairs too', ['socketpair'], [{ index: 0, op: EQUAL, value: 1 }]),
      ...PERSONAS.map((value) => allow('personas', ['personality'], [{ index: 0, op: EQUAL, value }])),
      allow('no new namespaces', ['clone'], [{ index: 0, op: MASKED, value: NAMESPACES, valueTwo: 0 }]),
      // The flags of clone3 and the family of socketcall are in memory, where no filter sees them. A libc that gets ENOSYS
      // calls clone or socket instead. Without its own rule, libseccomp would allow socketcall whenever it allows socket.
      { names: ['clone3', 'socketcall'], action: 'SCMP_ACT_ERRNO', errnoRet: ENOSYS, comment: 'arguments in memory' },
      // Debuggers. Before 4.8, a tracer could change a call after the filter had passed it.
      {
        ...allow('debuggers', words('ptrace process_vm_readv process_vm_writev')),
        includes: { minKernel: '4.8' },
      },
    ],
  };
}
