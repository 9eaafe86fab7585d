import { OPTIONS } from '../config/options.ts';
import type { Option } from '../config/option.ts';
import { editDistance } from '../shared/edit-distance.ts';

/** A key of a policy file, and the option that it stands for. */
export interface PolicyKey {
  /** `egress` and `mode` for `egress.mode`. */
  readonly path: readonly [string] | readonly [string, string];
  readonly option: Option;
  /** `hosts` has a list of rules for each name; every other key has what its option has. */
  readonly form: 'plain' | 'hosts';
}

/** The keys and the names of their options. A key exists as soon as its option does. */
const TABLE: readonly (readonly [path: PolicyKey['path'], option: string])[] = [
  [['egress', 'mode'], 'egress-policy'],
  [['egress', 'allow'], 'allow-domains'],
  [['egress', 'deny'], 'deny-domains'],
  [['egress', 'presets'], 'presets'],
  [['hosts'], 'host-rules'],
  [['limits', 'timeout-minutes'], 'timeout-minutes'],
  [['limits', 'memory'], 'memory'],
  [['limits', 'pids'], 'pids'],
  [['limits', 'max-requests'], 'max-requests'],
  [['limits', 'max-tokens'], 'max-tokens'],
  [['limits', 'max-cost-usd'], 'max-cost-usd'],
  [['known-blocked'], 'known-blocked'],
  [['protect-paths'], 'protect-paths'],
  [['allow-services'], 'allow-services'],
];

/** Versions of the format. */
export const VERSION = 1;

/** The keys that a policy can have, given the options that AWF has. */
export function policyKeys(options: readonly Option[] = OPTIONS): PolicyKey[] {
  return TABLE.flatMap(([path, name]) => {
    const option = options.find((candidate) => candidate.name === name);
    return option === undefined ? [] : [{ path, option, form: path[0] === 'hosts' ? 'hosts' : 'plain' }];
  });
}

/** The keys below a path, as a reader writes them. */
export function keysBelow(keys: readonly PolicyKey[], path: readonly PropertyKey[]): string[] {
  if (path.length === 0) return ['version', ...new Set(keys.map((key) => key.path[0]))];
  if (path.length === 2 && path[0] === 'hosts') return ['rules'];
  return keys.flatMap((key) => (key.path[0] === path[0] && key.path[1] !== undefined ? [key.path[1]] : []));
}

/** What to write instead of a key that does not exist there. */
export function keyHint(keys: readonly PolicyKey[], path: readonly PropertyKey[], key: string): string {
  const elsewhere = keys.find((known) => known.path.at(-1) === key || known.option.name === key);
  if (elsewhere !== undefined) return `Write it as ${elsewhere.path.join('.')}.`;
  if (key === '$schema') return 'Write it as a comment: "# yaml-language-server: $schema=...".';
  const known = keysBelow(keys, path);
  const near = known
    .map((name) => ({ name, distance: editDistance(name, key.toLowerCase().slice(0, 40)) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)[0];
  if (near !== undefined) return `Did you mean "${near.name}"?`;
  if (/(key|token|secret|credential|password)s?$/i.test(key)) {
    return 'A policy has no secrets: a credential is an input, such as host-credentials.';
  }
  if (OPTIONS.some(({ name }) => name === key)) return `It is an input, and no key of a policy. ${oneOf(known)}`;
  return oneOf(known);
}

const oneOf = (names: readonly string[]): string => `Write one of: ${names.join(', ')}.`;
