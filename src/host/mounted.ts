import { readFileSync } from 'node:fs';
import { words } from '../shared/words.ts';
import { isBelow } from './paths.ts';

/** A line of `/proc/self/mountinfo` (proc(5)). */
export interface Mounted {
  /** Where it is. */
  readonly place: string;
  /** The file system's number, and the path within it that is to be seen at the place. */
  readonly device: string;
  readonly root: string;
  readonly type: string;
  readonly isWritable: boolean;
}

/** File systems whose files are the kernel's: its processes, devices and settings. */
const KERNEL_TYPES: ReadonlySet<string> = new Set(
  words(`
    proc sysfs devtmpfs devpts cgroup cgroup2 debugfs tracefs securityfs configfs efivarfs pstore bpf fusectl mqueue
    hugetlbfs binfmt_misc rpc_pipefs nfsd nsfs selinuxfs smackfs resctrl
  `),
);

/** All that is mounted, in the order in which it was. */
export function mounted(): Mounted[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [own = '', file = ''] = line.split(' - ');
      const [, , device = '', root = '', place = '', options = ''] = own.split(' ').map(unescape);
      const [type = '', , superOptions = ''] = file.split(' ');
      const isReadOnly = [options, superOptions].some((list) => list.split(',').includes('ro'));
      return place === '' ? [] : [{ place, device, root, type, isWritable: !isReadOnly }];
    });
}

function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 8)));
}

/** Where file systems of the kernel's are mounted. */
export function kernelPlaces(mounts: readonly Mounted[]): string[] {
  return mounts.filter(({ type }) => KERNEL_TYPES.has(type)).map(({ place }) => place);
}

/**
 * Where else one of these paths is to be seen: in a directory that is mounted a second time, such as the home in a tree
 * for `chroot`. A mount that shows more than the path is named as a whole.
 *
 * @param paths absolute, without links
 */
export function otherPlaces(paths: readonly string[], mounts: readonly Mounted[]): string[] {
  return paths.flatMap((path) => {
    const own = mounts.findLast(({ place }) => path === place || isBelow(path, place));
    if (own === undefined) return [];
    const inside = `${own.root}/${path.slice(own.place.length)}`.replaceAll(/\/+/g, '/').replace(/(.)\/$/, '$1');
    return mounts
      .filter(({ device, root }) => device === own.device && (inside === root || isBelow(inside, root)))
      .map(({ place }) => place)
      .filter((place) => place !== path && !isBelow(path, place));
  });
}
