import { isIP } from 'node:net';
import { UserError } from '../errors.ts';
import { cidr, cidrText, contains, overlaps, parseCidr, type Cidr } from '../shared/cidr.ts';
import { words } from '../shared/words.ts';
import { placeOf, type Given } from './source.ts';

/** Ranges that a company can use for its own hosts (RFC 1918, 6598, 2544 and 4193). */
const COMPANY = words('10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 198.18.0.0/15 fc00::/7').map(cidr);

/** Ranges that stay closed, with the reason. */
const NEVER: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'leads to the host itself'],
  ['127.0.0.0/8', 'is loopback'],
  ['169.254.0.0/16', "is link-local: a cloud's metadata service answers there"],
  ['168.63.129.16/32', "is the metadata service of a cloud's"],
  ['224.0.0.0/4', 'is multicast'],
  ['::1/128', 'is loopback'],
  ['fe80::/10', 'is link-local'],
  ['ff00::/8', 'is multicast'],
];

/** An entry of `allow-private-networks`. @returns CIDR notation */
export function privateNetwork({ text, source }: Given): string {
  const fail = (problem: string, hint: string): never => {
    throw new UserError(`${placeOf(source)}: "${text}" ${problem}.`, { hint });
  };
  const range =
    parseCidr(text) ?? fail('is not a network', networkHint(text, 'Write a network such as "10.20.0.0/16".'));
  const company = `Only parts of ${COMPANY.map(cidrText).slice(0, -1).join(', ')} and fc00::/7 can be allowed.`;
  if (range.prefix === 0) return fail('would allow every network', company);
  const never = NEVER.find(([other]) => contains(cidr(other), range));
  if (never !== undefined) return fail(never[1], `It stays closed. ${company}`);
  if (!COMPANY.some((other) => contains(other, range))) {
    const remark = COMPANY.some((other) => overlaps(other, range))
      ? 'It is too wide.'
      : 'Public addresses need no entry.';
    return fail('is not a private network', `${remark} ${company}`);
  }
  return cidrText(range);
}

/** An entry of `dns-servers`. */
export function dnsServer({ text, source }: Given): string {
  const fail = (problem: string, hint: string): never => {
    throw new UserError(`${placeOf(source)}: "${text}" ${problem}.`, { hint });
  };
  const range = isIP(text) === 4 ? parseCidr(text) : undefined;
  if (range === undefined) return fail('is not an IPv4 address', 'Write an address such as "10.1.2.3".');
  if (NEVER.slice(0, 2).some(([other]) => contains(cidr(other), range))) {
    return fail('is loopback, where no container reaches it', 'Name the server that the resolver on this host asks.');
  }
  return text;
}

/** The longest prefix that has room for the networks of a run. */
const LONGEST_SUBNET = 24;

/** `subnet`: a private range that the run's networks are taken from. */
export function subnetPool({ text, source }: Given): string {
  const fail = (problem: string, hint: string): never => {
    throw new UserError(`${placeOf(source)}: "${text}" ${problem}.`, { hint });
  };
  const example = 'Write a private network such as "10.213.7.0/24".';
  const range = parseCidr(text);
  if (range?.family !== 4) return fail('is not an IPv4 network', networkHint(text, example));
  if (range.prefix > LONGEST_SUBNET)
    return fail('is too small', `A prefix has at most ${LONGEST_SUBNET} bits. ${example}`);
  if (!COMPANY.some((other) => contains(other, range))) {
    return fail('is not a private network', `The run would hide public addresses there. ${example}`);
  }
  return cidrText(range);
}

/** What was meant by a network whose address is not its first. */
function networkHint(text: string, otherwise: string): string {
  const [address = '', prefix = ''] = text.split('/');
  const host = parseCidr(address);
  if (host?.family !== 4 || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return otherwise;
  const size = 1n << BigInt(32 - Number(prefix));
  const meant: Cidr = { family: 4, base: host.base - (host.base % size), prefix: Number(prefix) };
  return `Write "${cidrText(meant)}".`;
}
