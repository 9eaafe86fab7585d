/** Ranges of addresses, of both families. */

import { isIP, isIPv4 } from 'node:net';

export interface Cidr {
  readonly family: 4 | 6;
  /** The first address. */
  readonly base: bigint;
  /** Length in bits. */
  readonly prefix: number;
}

const BITS = { 4: 32, 6: 128 } as const;

/** Reads `address/prefix`, or an address alone. @returns undefined for anything else, and for a base that is not the first address */
export function parseCidr(text: string): Cidr | undefined {
  const [address = '', length, ...rest] = text.split('/');
  if (isIP(address) === 0 || address.includes('%') || rest.length > 0) return undefined;
  const family = isIPv4(address) ? 4 : 6;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const prefix = length === undefined ? BITS[family] : Number(length);
  if (prefix > BITS[family]) return undefined;
  const base = family === 4 ? ipv4Number(address) : ipv6Number(address);
  return base % sizeOf({ family, prefix }) === 0n ? { family, base, prefix } : undefined;
}

/** @throws Error for text that is not a range: a bug in AWF */
export function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`not a range of addresses: ${text}`);
  return parsed;
}

/** Whether every address of `inner` is in `outer`. */
export function contains(outer: Cidr, inner: Cidr): boolean {
  return (
    outer.family === inner.family &&
    outer.prefix <= inner.prefix &&
    inner.base - (inner.base % sizeOf(outer)) === outer.base
  );
}

/** Whether the ranges have an address in common: then one contains the other. */
export function overlaps(one: Cidr, other: Cidr): boolean {
  return contains(one, other) || contains(other, one);
}

/** What is left of `ranges` without `removed`, as ranges that do not overlap. */
export function without(ranges: readonly Cidr[], removed: readonly Cidr[]): Cidr[] {
  return removed.reduce<readonly Cidr[]>((left, hole) => left.flatMap((range) => cut(range, hole)), ranges).slice();
}

function cut(range: Cidr, hole: Cidr): Cidr[] {
  if (contains(hole, range)) return [];
  if (!contains(range, hole)) return [range];
  return halves(range).flatMap((half) => cut(half, hole));
}

function halves({ family, base, prefix }: Cidr): Cidr[] {
  const half = { family, prefix: prefix + 1 };
  return [
    { ...half, base },
    { ...half, base: base + sizeOf(half) },
  ];
}

/** The number of addresses. */
export function sizeOf({ family, prefix }: Pick<Cidr, 'family' | 'prefix'>): bigint {
  return 1n << BigInt(BITS[family] - prefix);
}

export function cidrText({ family, base, prefix }: Cidr): string {
  const [groups, bits, radix, separator] = family === 4 ? [4, 8, 10, '.'] : [8, 16, 16, ':'];
  const group = (index: number): string =>
    ((base >> BigInt(bits * (groups - 1 - index))) & ((1n << BigInt(bits)) - 1n)).toString(radix);
  return `${Array.from({ length: groups }, (_, index) => group(index)).join(separator)}/${prefix}`;
}

function ipv4Number(address: string): bigint {
  return BigInt(Buffer.from(address.split('.').map(Number)).readUInt32BE());
}

function ipv6Number(address: string): bigint {
  // The parser of URLs turns an embedded IPv4 address into two groups.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [front, back] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => '0');
  return [...front, ...zeros, ...back].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}
