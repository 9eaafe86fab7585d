import { domainToUnicode } from 'node:url';
import type { OptionValues } from './options.ts';
import { placeOf, type Source } from './source.ts';

/** Letters of other scripts that look like Latin ones. */
const LOOK_ALIKES = /^[аеорсухіјѕһԁԛԝɡӏոօԍ\u0391-\u03A9οανρτυικχ0-9-]+$/u;
/**
 * Latin letters that look like another one: without a dot, with one below that an underline hides, small capitals, and
 * letters of phonetic writing. An umlaut or an accent is seen.
 */
const LATIN_LOOK_ALIKES = /[ıȷɑɡɩɪʀɢɴʏʜʟʙǀǃẠạẸẹỊịỌọỤụḅḍḥḳḷṃṇṛṣṭṿẉỵẓ\u1D00-\u1D2B]/u;
/** Scripts that are written beside Latin letters: https://www.unicode.org/reports/tr39/#Restriction_Level_Detection */
const OTHER_SCRIPT =
  /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/u;

/** Whether a label of an internationalised name can be taken for another one. */
function isLookAlike(label: string): boolean {
  const letters = label.replace(/[\d-]/g, '');
  if (/^\p{ASCII}*$/u.test(letters)) return false;
  const mixes = /\p{Script=Latin}/u.test(letters) && OTHER_SCRIPT.test(letters);
  return mixes || LATIN_LOOK_ALIKES.test(letters) || LOOK_ALIKES.test(label);
}

/**
 * What a reader may not see: the name that an internationalised one stands for, and letters that look like others.
 *
 * @param host in the form of `canonicalHost`
 * @param text as it is written; by default, as it is read
 */
function nameWarning(host: string, source: Source | string, text?: string): string | undefined {
  if (!/(^|\.)xn--/.test(host)) return undefined;
  const shown = domainToUnicode(host);
  if (!shown.split('.').some(isLookAlike)) return undefined;
  const place = typeof source === 'string' ? source : placeOf(source);
  return `${place}: "${text ?? shown}" is ${host}. It has letters that look like others: make sure that it is the name you mean.`;
}

/** A host as an option names it. */
interface NamedEntry {
  readonly name: string;
  readonly source: Source | string;
}

/** The warnings about the names that open something or get something: those that are allowed, and those of named hosts. */
export function nameWarnings(
  allow: readonly { readonly host: string; readonly text: string; readonly source: Source }[],
  named: readonly NamedEntry[],
): string[] {
  const hosts = named.filter(({ name }, index) => named.findIndex((one) => one.name === name) === index);
  return [
    ...allow.flatMap(({ host, text, source }) => nameWarning(host, source, text) ?? []),
    ...hosts.flatMap(({ name, source }) => nameWarning(name, source) ?? []),
  ];
}

/** The hosts that the options name one by one. */
export const namedIn = ({
  'host-credentials': credentials,
  'host-rules': rules,
}: Pick<OptionValues, 'host-credentials' | 'host-rules'>): NamedEntry[] => [
  ...credentials,
  ...rules.map(({ name, rule }) => ({ name, source: rule.source })),
];
