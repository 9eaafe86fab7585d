import { readFileSync, realpathSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { UserError, withHint } from '../errors.ts';
import { isInside } from '../host/paths.ts';
import { parseAuthHeader, type AuthHeader } from '../shared/injection.ts';
import { PROVIDER_TOOLS, type ProviderTool } from '../shared/provider-tools.ts';
import type { Target } from '../shared/sidecar-config.ts';
import { parseTarget } from '../shared/target.ts';
import { ValueError } from '../shared/value-error.ts';
import { looksLikeAddress } from './domain.ts';
import type { ParseContext } from './option.ts';
import { placeOf, type Given } from './source.ts';

/** Any text. */
export const anyText = ({ text }: Given): string => text;

/** What a reader counts as characters of a label, and how much text they may be made of. */
const MAX_LABEL = { characters: 80, units: 320 };

/**
 * A name that people read: one line of plain text. It may have somebody else's words in it, such as the title of a pull
 * request. So it is cleaned and cut, not refused: nobody may be able to stop a step with a title.
 *
 * @returns undefined if nothing is left of it
 */
export function label({ text }: Given): string | undefined {
  const plain = text
    .slice(0, 10_000)
    .replace(/\s+/g, ' ')
    .replace(/(?!\u200d)[\p{Cc}\p{Cf}\p{Cs}]/gu, '')
    .trim();
  const kept = Array.from(new Intl.Segmenter().segment(plain.slice(0, MAX_LABEL.units)), ({ segment }) => segment);
  const cut = kept.slice(0, MAX_LABEL.characters).join('').trim();
  return cut === '' ? undefined : cut === plain ? plain : `${cut}…`;
}

/** A path relative to the current directory. */
export const path = ({ text }: Given): string => resolve(text);

/** One of `choices`. */
export function choice<T extends string>({ text, source }: Given, choices: readonly T[]): T {
  const found = choices.find((known) => known === text);
  if (found !== undefined) return found;
  throw new UserError(`${placeOf(source)}: "${text}" is not one of its values.`, {
    hint: `Write one of: ${choices.join(', ')}.`,
  });
}

/** An entry of `allow-provider-tools`. */
export const providerTool = (given: Given): ProviderTool => choice(given, PROVIDER_TOOLS);

/** `true` or `false`, in any case. */
export function boolean({ text, source }: Given): boolean {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  throw new UserError(`${placeOf(source)}: "${text}" is not one of its values.`, {
    hint: 'Write one of: true, false.',
  });
}

/** A whole number from 1 to `max`. */
export function count({ text, source }: Given, max = Number.MAX_SAFE_INTEGER): number {
  if (/^[1-9]\d*$/.test(text) && Number(text) <= max) return Number(text);
  throw new UserError(`${placeOf(source)}: "${text}" is not a whole number from 1 to ${max}.`, {
    hint: countHint(text, max),
  });
}

const FACTORS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, '': 1 };

/** Guesses what was meant by `1k`, `1.5M`, `10_000` or `1,000`. */
function countHint(text: string, max: number): string {
  const [, digits = '', unit = ''] = /^(\d[\d_,']*(?:\.\d+)?)\s*([km]?)$/i.exec(text) ?? [];
  const meant = Number(digits.replace(/[_,']/g, '')) * (FACTORS[unit.toLowerCase()] ?? 1);
  return Number.isSafeInteger(meant) && meant > 0 && meant <= max
    ? `Write ${String(meant)}.`
    : 'Write digits only, for example 100.';
}

/** Close to the longest time that a timer of Node.js can wait. */
const MAX_MINUTES = 30_000;

/** A number above 0. It need not be whole. */
export function minutes({ text, source }: Given): number {
  const number = /^\d{1,5}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (number > 0 && number <= MAX_MINUTES) return number;
  throw new UserError(`${placeOf(source)}: "${text}" is not a number of minutes.`, {
    hint: `Write a number above 0 and up to ${MAX_MINUTES}, for example "30" or "0.5".`,
  });
}

/** Nobody means to spend more in one run, and larger numbers lose their cents. */
const MAX_DOLLARS = 1_000_000;

/** An amount above 0. It need not be whole. */
export function dollars({ text, source }: Given): number {
  const amount = /^\d{1,7}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  if (amount > 0 && amount <= MAX_DOLLARS) return amount;
  throw new UserError(`${placeOf(source)}: "${text}" is not an amount of US dollars.`, {
    hint: `Write a number above 0 and up to ${MAX_DOLLARS}, without a currency, for example "5" or "0.25".`,
  });
}

/** A word of a template, in which a part may stand in double quotes, as in a workflow's own `shell`. */
const SHELL_WORD = /(?:[^\s"]|"[^"]*")+/g;

/** An argv in which `{0}` is replaced with the script's path. */
export function shell({ text, source }: Given): readonly string[] {
  if (text === 'bash') return ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '{0}'];
  if (text === 'sh') return ['sh', '-e', '{0}'];
  if (text.split('"').length % 2 === 0) {
    throw new UserError(`${placeOf(source)}: "${text}" has a double quote without its other one.`, {
      hint: 'Write them in pairs, for example: bash -c "source {0}"',
    });
  }
  if (text.includes('{0}')) return (text.match(SHELL_WORD) ?? []).map((word) => word.replaceAll('"', ''));
  throw new UserError(`${placeOf(source)}: "${text}" is not one of its values.`, {
    hint: 'Write bash, sh, or a command with {0} where the path of the script goes, for example "python3 {0}".',
  });
}

/** `host[:port][/base/path]` */
export function target({ text, source }: Given, { nameOf }: ParseContext): Target {
  const place = placeOf(source);
  const refuse = (problem: string, hint: string): never => {
    throw new UserError(`${place}: "${text}" ${problem}`, { hint });
  };
  const found = targetIn(place, text);
  const bare = text.replace(/^https:\/\//i, '');
  if (found === undefined && bare !== text && targetIn(place, bare) !== undefined)
    return refuse('has a scheme.', `Write "${bare}": https is implied.`);
  // Squid denies addresses, and a certificate is for a name.
  if (found === undefined || looksLikeAddress(found.host)) {
    return refuse(
      'is not an upstream.',
      'Write host[:port][/base/path] without a scheme, for example "gateway.example.com/openai"; https is implied. ' +
        `An address needs a name: see ${nameOf('add-hosts')}.`,
    );
  }
  if (!/^(.*\.)?localhost$/.test(found.host)) return found;
  return refuse(
    'leads to loopback, where the api-proxy finds only itself.',
    `Let the gateway speak https at another address of this machine, and give that address a name with ${nameOf('add-hosts')}.`,
  );
}

function targetIn(place: string, text: string): Target | undefined {
  try {
    return parseTarget(place, text);
  } catch (error) {
    if (error instanceof ValueError) return undefined;
    throw error;
  }
}

/** A header's name with an optional scheme. */
export function authHeader({ text, source }: Given): AuthHeader {
  const hint = 'Write a name such as "api-key", or a name and a scheme such as "Authorization: Bearer".';
  return withHint(hint, () => parseAuthHeader(placeOf(source), text));
}

/** A directory in the workspace. @returns its path without links */
export function workingDirectory({ text, source }: Given, { workspace }: ParseContext): string {
  const place = placeOf(source);
  const directory = realDirectory(
    `${place}: ${text}`,
    resolve(workspace, text),
    `Name a directory of the workspace ${workspace}. What is made in a later step is not there yet.`,
  );
  if (isInside(directory, workspace)) return directory;
  throw new UserError(`${place}: ${text} is outside the workspace ${workspace}.`, {
    hint: 'The sandbox sees the workspace only; name a directory inside it.',
  });
}

/** A file in the workspace, which need not exist. @returns its path relative to the workspace */
export function workspaceFile({ text, source }: Given, { workspace }: ParseContext): string {
  const place = placeOf(source);
  const file = relative(workspace, resolve(workspace, text));
  if (file === '' || /^\.\.(\/|$)/.test(file) || text.endsWith('/')) {
    throw new UserError(`${place}: ${text} is not a file in the workspace ${workspace}.`, {
      hint: 'Write a path that starts at the workspace, such as "review.md".',
    });
  }
  // The sandbox has a .git of its own, and the one on the host may hold a credential.
  if (file.toLowerCase().split('/').includes('.git')) {
    throw new UserError(`${place}: ${text} is one of git's own files.`, {
      hint: 'Let the command write its result to another file in the workspace.',
    });
  }
  return file;
}

/**
 * @param what names the directory in messages
 * @param hint the remedy
 * @returns `path` without links
 * @throws UserError if it is not a directory
 */
export function realDirectory(what: string, path: string, hint?: string): string {
  const remedy = hint === undefined ? {} : { hint };
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing) throw new UserError(`${what} does not exist.`, remedy);
    throw new UserError(`${what} cannot be read.`, { ...remedy, cause });
  }
  throw new UserError(`${what} is not a directory.`, remedy);
}

/** The content of a PEM file. A relative path starts at the workspace. */
export function certificates({ text, source }: Given, { workspace }: ParseContext): string {
  const place = placeOf(source);
  let pem: string;
  try {
    pem = readFileSync(resolve(workspace, text), 'utf8');
  } catch (cause) {
    throw new UserError(`${place}: ${text} cannot be read.`, { hint: 'Name a PEM file that exists.', cause });
  }
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new UserError(`${place}: ${text} has no PEM certificate.`, {
    hint: 'It must hold one or more "-----BEGIN CERTIFICATE-----" blocks.',
  });
}
