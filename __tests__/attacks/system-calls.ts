/** The system calls that the sandbox refuses and allows, as `system-calls.py` makes them. */

/** The way, the number and the arguments of a call. */
type Call = readonly ['native' | 'int80', number, ...(number | 'memory' | readonly number[])[]];
type Calls = Readonly<Record<string, Call>>;

const isArm = process.arch === 'arm64';

/** @param x64 its number on x86-64 @param arm64 its number in the table of newer architectures */
const call = (x64: number, arm64: number, ...args: readonly (number | 'memory')[]): Call => [
  'native',
  isArm ? arm64 : x64,
  ...args,
];
/** A call with the same number everywhere. */
const same = (number: number, ...args: readonly (number | 'memory')[]): Call => call(number, number, ...args);
const socket = (family: number, type: number, protocol = 0): Call => call(41, 198, family, type, protocol);

const ioctl = (request: number): Call => call(16, 29, -1, request, 'memory');

const NEW_USER = 0x10000000;
const SIGCHLD = 17;
const HIGH_BIT = 2 ** 32;

/** The 32-bit calls that an x86-64 program can make, too. Other architectures have no such way. */
const on32Bits = (calls: Calls): Calls => (isArm ? {} : calls);

/** Refused with EPERM, whatever kernel and engine there are. */
export const REFUSED: Calls = {
  io_uring_setup: same(425, 1, 'memory'),
  io_uring_enter: same(426, -1, 0, 0, 0, 0),
  io_uring_register: same(427, -1, 0, 0, 0),
  userfaultfd: call(323, 282, 0),
  memfd_secret: same(447, 0),
  keyctl: call(250, 219, 0, -3, 0),
  add_key: call(248, 217, 'memory', 'memory', 0, 0, -3),
  request_key: call(249, 218, 'memory', 'memory', 0, 0),
  bpf: call(321, 280, 0, 0, 0),
  perf_event_open: call(298, 241, 'memory', 0, -1, -1, 0),
  fanotify_init: call(300, 262, 0, 0),
  open_by_handle_at: call(304, 265, -1, 'memory', 0),
  pidfd_getfd: same(438, -1, 0, 0),
  'unshare of a user namespace': call(272, 97, NEW_USER),
  'clone into a user namespace': call(56, 220, NEW_USER | SIGCHLD, 0, 0, 0, 0),
  setns: call(308, 268, -1, 0),
  mount: call(165, 40, 'memory', 'memory', 'memory', 0, 0),
  fsopen: same(430, 'memory', 0),
  'personality without random addresses': call(135, 92, 0x0040000),
  AF_KEY: socket(15, 3, 2),
  AF_PACKET: socket(17, 3),
  AF_RDS: socket(21, 5),
  AF_TIPC: socket(30, 1),
  AF_BLUETOOTH: socket(31, 3),
  AF_ALG: socket(38, 5),
  AF_VSOCK: socket(40, 1),
  'AF_VSOCK with a bit that the kernel ignores': socket(HIGH_BIT + 40, 1),
  AF_SMC: socket(43, 1),
  AF_XDP: socket(44, 3),
  SCTP: socket(2, 1, 132),
  MPTCP: socket(2, 1, 262),
  'the netlink of the packet filter': socket(16, 3, 12),
  'generic netlink': socket(16, 3, 16),
  'a snapshot of btrfs': ioctl(0x50009401),
  'a snapshot of btrfs, with flags': ioctl(0x50009417),
  'a subvolume of btrfs': ioctl(0x5000940e),
  'a read-only subvolume of btrfs': ioctl(0x4008941a),
  'the same with a bit that the kernel ignores': ioctl(HIGH_BIT + 0x4008941a),
  'a snapshot of bcachefs': ioctl(0x4018bc10),
  'a pair of TIPC': call(53, 199, 30, 1, 0, 'memory'),
  ...on32Bits({
    'AF_VSOCK with 32 bits': ['int80', 359, 40, 1, 0],
    'io_uring_setup with 32 bits': ['int80', 425, 1, 'memory'],
    'a snapshot of btrfs with 32 bits': ['int80', 54, -1, 0x50009401],
    'unshare with 32 bits': ['int80', 310, NEW_USER],
  }),
};

/** As outside. The calls of newer kernels are among them if every supported libseccomp knows them. */
export const ALLOWED: Calls = {
  AF_UNIX: socket(1, 1),
  'TCP over IPv4': socket(2, 1, 6),
  'TCP that does not block': socket(2, 0o4000 | 0o2000000 | 1),
  'UDP over IPv4': socket(2, 2),
  'TCP over IPv6': socket(10, 1),
  'a copy that shares its content': ioctl(0x40049409),
  'a part of a copy that does': ioctl(0x4020940d),
  'the same content for several files': ioctl(0xc0189436),
  'the same with its sign extended': ioctl(0xc0189436 - HIGH_BIT),
  'the size of a terminal': ioctl(0x5413),
  'the number of octets to read': ioctl(0x541b),
  'the name of an interface': ioctl(0x8910),
  'the flags of a file': ioctl(0x80086601),
  'the netlink of interfaces': socket(16, 3, 0),
  'a pair of AF_UNIX': call(53, 199, 1, 1, 0, 'memory'),
  'ptrace by the parent': call(101, 117, 0, 0, 0, 0),
  process_vm_readv: call(310, 270, 1, 0, 0, 0, 0, 0),
  'the version of Landlock': same(444, 0, 0, 1),
  'a filter of one’s own': call(317, 277, 2, 0, 'memory'),
  memfd_create: call(319, 279, 'memory', 0),
  pidfd_open: same(434, 1, 0),
  inotify_init1: call(294, 26, 0),
  eventfd2: call(290, 19, 0, 0),
  io_setup: call(206, 0, 1, 'memory'),
  'the query of the personality': call(135, 92, 0xffffffff),
  mlock: call(149, 228, 'memory', 4096),
  openat2: same(437, -100, 'memory', 'memory', 24),
  faccessat2: same(439, -100, 'memory', 0, 0),
  ...on32Bits({ 'TCP over IPv4 with 32 bits': ['int80', 359, 2, 1, 0] }),
};

/** Refused with ENOSYS, so that programs make another call. */
export const HIDDEN: Calls = {
  clone3: same(435, 'memory', 0),
  ...on32Bits({ 'AF_VSOCK through socketcall': ['int80', 102, 1, [40, 1, 0]] }),
};

/** `getpid` by its number in x32. */
export const X32: Call | undefined = isArm ? undefined : ['native', 0x40000000 + 39];
