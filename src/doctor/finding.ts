/** What a check found, in words of which some are names: those are left out of a report for strangers. */

import { printableText } from '../host/file-names.ts';
import { UserError } from '../errors.ts';

/** A name of this machine's or its user's, and what stands for it in a report. */
export interface Name {
  readonly value: string;
  readonly as: string;
}

export type Words = readonly (string | Name)[];

/**
 * - `ok`: a run passes this.
 * - `warning`: a run starts, and may not do what the user expects.
 * - `problem`: a run fails.
 * - `skipped`: it could not be checked.
 */
export type Status = 'ok' | 'warning' | 'problem' | 'skipped';

export interface Finding {
  readonly status: Status;
  readonly text: Words;
  /** What to do. */
  readonly hint?: Words;
}

/** Says something with names in it. */
export function words(texts: TemplateStringsArray, ...values: readonly (string | number | Name)[]): Words {
  return texts.flatMap((text, index): (string | Name)[] => {
    const value = values[index];
    if (value === undefined) return [text];
    return [text, typeof value === 'number' ? String(value) : value];
  });
}

export const path = (value: string): Name => ({ value, as: '<path>' });
export const host = (value: string): Name => ({ value, as: '<host>' });
export const user = (value: string): Name => ({ value, as: '<user>' });

/** Words for a person at this machine: one line that a terminal only shows. */
export const plain = (text: Words): string =>
  oneLine(text.map((part) => (typeof part === 'string' ? part : part.value)));

/** Words for a stranger. */
export const nameless = (text: Words): string =>
  oneLine(text.map((part) => (typeof part === 'string' ? part : part.as)));

const oneLine = (parts: readonly string[]): string =>
  parts
    .join('')
    .split(/\s*\n\s*/)
    .map((line) => printableText(line))
    .join(' ')
    .trim();

/**
 * A URL, an absolute path, an address, a text in quotes, or a name with a dot, in that order. Names of documents and of the
 * files of a repository are nobody's secret.
 */
const NAMES =
  /(?<url>\b[a-z+]+:\/\/[^\s"',;]+)|(?<path>(?<![\w.~/-])~?\/[^\s"',;:]+)|(?<address>\b\d{1,3}(?:\.\d{1,3}){3}(?:\/\d+)?\b|(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:]))|"(?<quoted>[^"]*)"|(?<host>\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+\b)/gi;
const NO_HOST = /\.(?:md|ya?ml|json|js|ts|txt|log)$/i;

/** The words of a message that comes from elsewhere: whatever could be a name counts as one. */
export function foreign(text: string, names: readonly Name[] = []): Words {
  const parts: (string | Name)[] = [];
  let end = 0;
  for (const match of text.matchAll(NAMES)) {
    const { url, path: file, address, quoted, host: name } = match.groups ?? {};
    if (name !== undefined && NO_HOST.test(name)) continue;
    const kinds = { url, path: file, address, text: quoted, host: name };
    const kind = Object.entries(kinds).find(([, value]) => value !== undefined)?.[0] ?? 'text';
    parts.push(text.slice(end, match.index), { value: match[0], as: `<${kind}>` });
    end = match.index + match[0].length;
  }
  parts.push(text.slice(end));
  return parts.flatMap((part) => (typeof part === 'string' ? withNames(part, names) : [part]));
}

function withNames(text: string, names: readonly Name[]): (string | Name)[] {
  return names
    .filter(({ value }) => value.length > 1)
    .reduce<(string | Name)[]>(
      (parts, name) =>
        parts.flatMap((part) => {
          if (typeof part !== 'string') return [part];
          return part.split(name.value).flatMap((piece, index) => (index === 0 ? [piece] : [name, piece]));
        }),
      [text],
    );
}

/** The finding for an error of the code that a run uses. */
export function problemOf(error: unknown, names: readonly Name[] = [], status: Status = 'problem'): Finding {
  if (!(error instanceof Error)) return { status, text: foreign(String(error), names) };
  const hint = error instanceof UserError ? error.hint : undefined;
  const cause = error.cause instanceof Error && !error.message.includes(error.cause.message) ? error.cause.message : '';
  return {
    status,
    text: foreign(cause === '' ? error.message : `${error.message} Cause: ${cause.replace(/[.?!]+$/, '')}.`, names),
    ...(hint !== undefined && { hint: foreign(hint, names) }),
  };
}
