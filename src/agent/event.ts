import type { Secrets } from '../config/secrets.ts';
import { harmlessJson } from '../host/harmless-json.ts';
import { TOKEN_PREFIXES } from '../mounts/credential-text.ts';
import { isObject, isRecord, type JsonObject } from '../shared/json.ts';
import { words } from '../shared/words.ts';

/** What takes the place of a credential. */
const MASK = '***';

/** No event of GitHub's has half as many. */
const MAX_DEPTH = 64;

/** A value of a variable that is shorter is no secret that could be told from ordinary text. */
const MIN_SECRET = 8;

/** Words in names of credentials. */
const SECRET_WORDS = new Set(
  words(`
    token tokens secret secrets password passwords passwd pwd passphrase credential credentials authorization auth bearer
    jwt apikey apikeys pat cookie cookies
  `),
);
/** Words that make a credential's name of `key` behind them. */
const KEY_WORDS = new Set(words('api access private secret auth signing encryption account license deploy ssh client'));
/** Last words of names that tell something about a credential: `token_id`, `secret_type`, `secret_scanning`. */
const ABOUT = new Set(
  words(`
    id ids type types name names url urls at count expired expires status state enabled scanning protection request
    requests alert alerts resolution limit
  `),
);

/** True for the name of a member or a variable that holds a credential. */
function namesCredential(name: string): boolean {
  const parts = name
    .split(/[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])/)
    .map((part) => part.toLowerCase())
    .filter((part) => part !== '');
  if (ABOUT.has(parts.at(-1) ?? '')) return false;
  return parts.some(
    (part, index) => SECRET_WORDS.has(part) || (/^keys?$/.test(part) && KEY_WORDS.has(parts[index - 1] ?? '')),
  );
}

/*
 * Credentials in a text. Each expression takes time in proportion to the text: whoever opens an issue writes into the event.
 */
const FORMS: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----[^]*?(-----END [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----|$)/g,
  new RegExp(String.raw`\b(${TOKEN_PREFIXES})[A-Za-z0-9_-]{16,}`, 'g'),
  /\bAIza[\w-]{30,}/g,
  // JSON Web Tokens. (RFC 7519, section 3)
  /(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*/g,
  /\b(bearer|basic)\s{1,8}[\w.~+/=-]{16,}/gi,
];

/** A password in a URL. */
const USER_INFORMATION = /:\/\/[^\s/?#@:]{0,256}:[^\s/?#@]{1,1024}@/g;

/** What became of an event. */
export type CleanEvent = { readonly text: string } | { readonly problem: string };

/**
 * Composes the event of a job anew, without credentials. What is masked: the credentials of the run, the values of the step's
 * variables that are credentials by name, members that are credentials by name, and what looks like a credential in any text.
 *
 * @param text of the runner's file
 * @param environment of the step
 */
export function cleanEvent(text: string, secrets: Secrets, environment: NodeJS.ProcessEnv): CleanEvent {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return { problem: 'it is not JSON' };
  }
  if (!isRecord(event)) return { problem: 'it is not a JSON object' };
  if (isDeep(event)) return { problem: `it is nested more than ${MAX_DEPTH} levels deep` };
  const known = knownSecrets(secrets, environment);
  return { text: `${harmlessJson(cleanMembers(event, known, false), 2)}\n` };
}

/** Longest first: a shorter one may be a part of it. */
function knownSecrets(secrets: Secrets, environment: NodeJS.ProcessEnv): string[] {
  const variables = Object.entries(environment).flatMap(([name, value = '']) =>
    namesCredential(name) && value.trim().length >= MIN_SECRET ? [value.trim()] : [],
  );
  return [...new Set([...secrets.values(), ...variables])].sort((a, b) => b.length - a.length);
}

/** Without recursion, which a hostile depth would end. */
function isDeep(event: object): boolean {
  let level: unknown[] = [event];
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    level = level.flatMap((value): unknown[] => (isObject(value) ? Object.values(value) : []));
  }
  return level.some(isObject);
}

/** @param isCredential whether everything in the value belongs to a credential */
function clean(value: unknown, known: readonly string[], isCredential: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => clean(item, known, isCredential));
  if (isRecord(value)) return cleanMembers(value, known, isCredential);
  if (typeof value === 'string') return isCredential && value !== '' ? MASK : masked(value, known);
  return isCredential && typeof value === 'number' ? MASK : value;
}

function cleanMembers(members: JsonObject, known: readonly string[], isCredential: boolean): JsonObject {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      masked(name, known),
      clean(value, known, isCredential || (namesCredential(name) && !isAmount(name, value))),
    ]),
  );
}

/** `max_tokens: "4000"` is an input that many workflows for models have. */
const isAmount = (name: string, value: unknown): boolean => /tokens$/i.test(name) && /^\d{1,9}$/.test(String(value));

function masked(text: string, known: readonly string[]): string {
  const withoutKnown = known.reduce((rest, secret) => rest.replaceAll(secret, MASK), text);
  const withoutTokens = FORMS.reduce((rest, form) => rest.replace(form, MASK), withoutKnown);
  return withoutTokens.replace(USER_INFORMATION, `://${MASK}@`);
}
