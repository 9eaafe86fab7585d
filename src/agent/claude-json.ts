import { UserError } from '../errors.ts';
import { CLAUDE_KEY_HELPER } from '../shared/contract.ts';

/** The content of `~/.claude.json` in the sandbox. */
export interface ClaudeJson {
  readonly content: string;
  /** The members of the user's file that were left out, as paths such as `mcpServers.github.env.TOKEN`. */
  readonly withheld: readonly string[];
}

/**
 * Composes `~/.claude.json` of Claude Code: it names the key helper and has no credentials. All other keys are kept.
 *
 * @param path the path of the user's file, for errors
 * @param present the content of the user's file, or undefined if there is none
 * @throws UserError if the file names another helper, or is not a JSON object
 */
export function claudeJson(path: string, present: string | undefined): ClaudeJson {
  let settings: Json = {};
  if (present !== undefined && present.trim() !== '') {
    try {
      settings = JSON.parse(present) as Json;
    } catch (cause) {
      throw new UserError(`${path} is not valid JSON.`, { hint: 'Correct or remove the file.', cause });
    }
  }
  if (!isObject(settings))
    throw new UserError(`${path} is not a JSON object.`, { hint: 'Correct or remove the file.' });
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

/** The last 20 characters of each key that Claude Code has asked its user about. (Claude Code 2.1.330) */
const KEY_PARTS = 'customApiKeyResponses';

/** Names of members with a credential, such as `primaryApiKey`. `oauthAccount` has none: it only names the account. */
const SECRET_NAME = /(api[-_]?key|token|secret|password|passphrase|authorization|credentials?)$/i;

/** Members that contain variables or headers, for MCP servers or for Claude Code itself. */
const SETTINGS_NAME = /^(env|headers)$/i;

/** Credentials in the arguments of a command or in a URL. */
const SECRET_FORM =
  /\b(sk|rk|pk)-[\w-]{16,}|\bgh[a-z]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[a-z]-[\w-]{10,}|\bAIza[\w-]{20,}|\bAKIA[A-Z0-9]{12,}|\beyJ[\w-]{10,}\.[\w-]{10,}|\b(Bearer|Basic) [^\s$]{8,}|:\/\/[^/\s@$]+@|[?&-](api[-_]?key|key|(access[-_]?)?token|secret|password)[= ][^\s$&]{4,}/i;

/** A shorter value is no credential. */
const MIN_SECRET_LENGTH = 8;

function membersOf(object: JsonObject, path: readonly string[], withheld: string[]): JsonObject {
  const isSettings = SETTINGS_NAME.test(path.at(-1) ?? '');
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, value]): [string, Json][] => {
      const memberPath = [...path, name];
      if (name === 'apiKeyHelper' || !isSecret(name, value, isSettings))
        return [[name, keptOf(value, memberPath, withheld)]];
      withheld.push(memberPath.join('.'));
      return [];
    }),
  );
}

function keptOf(value: Json, path: readonly string[], withheld: string[]): Json {
  if (isList(value)) return value.map((item, index) => keptOf(item, [...path, String(index)], withheld));
  return isObject(value) ? membersOf(value, path, withheld) : value;
}

/** A list is judged as a whole: without one of its arguments, a command would do something else. */
function isSecret(name: string, value: Json, isSetting: boolean): boolean {
  if (isList(value)) return value.some((item) => typeof item === 'string' && SECRET_FORM.test(item));
  if (isObject(value)) return name === KEY_PARTS;
  if (typeof value !== 'string' || value === '') return false;
  // A reference to a variable of the sandbox, which holds no credential.
  if (/^([\w ]*\$\{[^}]+\})+$/.test(value)) return false;
  return SECRET_NAME.test(name) || SECRET_FORM.test(value) || (isSetting && mayBeSecret(value));
}

/** A variable or header of any name may hold a credential, unless it is a URL, a path or a short word. */
function mayBeSecret(value: string): boolean {
  return value.length >= MIN_SECRET_LENGTH && !/^(https?:\/\/[^?]*|[~./].*)$/.test(value);
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
