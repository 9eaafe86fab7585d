import { UserError } from '../errors.ts';
import { CLAUDE_KEY_HELPER } from '../shared/contract.ts';

/** The sandbox's `~/.claude.json`. */
export interface ClaudeJson {
  readonly content: string;
  /** What was left out of the user's own, as paths such as `mcpServers.github.env.TOKEN`. */
  readonly withheld: readonly string[];
}

/**
 * Claude Code's `~/.claude.json` with the key helper named, and without credentials. All other keys are kept.
 *
 * @param path for the error
 * @param present the file's content, undefined when there is none
 * @throws UserError when the file names another helper, or is not a JSON object
 */
export function claudeJson(path: string, present: string | undefined): ClaudeJson {
  let settings: Json = {};
  if (present !== undefined && present.trim() !== '') {
    try {
      settings = JSON.parse(present) as Json;
    } catch (cause) {
      throw new UserError(`${path} is not valid JSON.`, { hint: 'Mend or remove the file.', cause });
    }
  }
  if (!isObject(settings)) throw new UserError(`${path} is not a JSON object.`, { hint: 'Mend or remove the file.' });
  const other = settings['apiKeyHelper'];
  if (other !== undefined && other !== CLAUDE_KEY_HELPER) {
    throw new UserError(
      `${path} names ${JSON.stringify(other)} as apiKeyHelper; the sandbox needs ${CLAUDE_KEY_HELPER}.`,
      {
        hint: `Remove apiKeyHelper from ${path}, or set it to ${CLAUDE_KEY_HELPER}.`,
      },
    );
  }
  const withheld: string[] = [];
  const kept = membersOf(settings, [], withheld);
  return { content: `${JSON.stringify({ ...kept, apiKeyHelper: CLAUDE_KEY_HELPER }, null, 2)}\n`, withheld };
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

/** The last 20 characters of each key that its user was asked about. (Claude Code 2.1.330) */
const KEY_PARTS = 'customApiKeyResponses';

/** Members that hold a credential by their name: `primaryApiKey`. `oauthAccount` has none, it only names the account. */
const SECRET_NAME = /(api[-_]?key|token|secret|password|passphrase|authorization|credentials?)$/i;

/** Members whose own members are variables or headers, of MCP servers and of Claude Code itself. */
const SETTINGS_NAME = /^(env|headers)$/i;

/** What a credential looks like, in a command's arguments or an address. */
const SECRET_FORM =
  /\b(sk|rk|pk)-[\w-]{16,}|\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[a-z]-[\w-]{10,}|\bAIza[\w-]{20,}|\bAKIA[A-Z0-9]{12,}|\beyJ[\w-]{10,}\.[\w-]{10,}|\b(Bearer|Basic) [^\s$]{8,}|:\/\/[^/\s@$]+@|[?&-](api[-_]?key|key|(access[-_]?)?token|secret|password)[= ][^\s$&]{4,}/i;

/** No credential is so short. */
const SHORT = 8;

function membersOf(object: JsonObject, path: readonly string[], withheld: string[]): JsonObject {
  const isSettings = SETTINGS_NAME.test(path.at(-1) ?? '');
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]): [string, Json][] => {
      const at = [...path, name];
      if (name === 'apiKeyHelper' || !isSecret(name, value, isSettings)) return [[name, keptOf(value, at, withheld)]];
      withheld.push(at.join('.'));
      return [];
    }),
  );
}

function keptOf(value: Json, path: readonly string[], withheld: string[]): Json {
  if (isList(value)) return value.map((item, index) => keptOf(item, [...path, String(index)], withheld));
  return isObject(value) ? membersOf(value, path, withheld) : value;
}

/** A list is judged as a whole: a command with one argument less would be another one. */
function isSecret(name: string, value: Json, isSetting: boolean): boolean {
  if (isList(value)) return value.some((item) => typeof item === 'string' && SECRET_FORM.test(item));
  if (isObject(value)) return name === KEY_PARTS;
  if (typeof value !== 'string' || value === '') return false;
  // The value of a variable of the sandbox, which holds no credential.
  if (/^([\w ]*\$\{[^}]+\})+$/.test(value)) return false;
  return SECRET_NAME.test(name) || SECRET_FORM.test(value) || (isSetting && mayBeSecret(value));
}

/** Variables and headers of any name may hold a credential; an address, a path or a short word is none. */
function mayBeSecret(value: string): boolean {
  return value.length >= SHORT && !/^(https?:\/\/[^?]*|[~./].*)$/.test(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
