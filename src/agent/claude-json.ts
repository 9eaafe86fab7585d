import { UserError } from '../errors.ts';
import { CLAUDE_KEY_HELPER } from '../shared/contract.ts';
import { words } from '../shared/words.ts';

/** The content of `~/.claude.json` in the sandbox. */
export interface ClaudeJson {
  readonly content: string;
  /** MCP servers of the user's file, which are left out, as paths such as `mcpServers.github`. */
  readonly withheld: readonly string[];
}

/**
 * Composes `~/.claude.json` of Claude Code anew: it names the key helper, and takes over those settings of the user's file
 * that are known to hold no secret. Prompts, accounts, caches and settings of other projects stay outside.
 *
 * @param path the path of the user's file, for errors
 * @param present the content of the user's file, or undefined if there is none
 * @param workspace the project whose settings are taken over
 * @throws UserError if the file names another helper, or is not a JSON object
 */
export function claudeJson(path: string, present: string | undefined, workspace: string): ClaudeJson {
  const settings = settingsIn(path, present);
  const projects = objectIn(settings, 'projects');
  const project = objectIn(projects, workspace);
  const kept = {
    ...passing(settings, SETTINGS),
    ...(Object.keys(project).length === 0 ? {} : { projects: { [workspace]: passing(project, PROJECT_SETTINGS) } }),
    apiKeyHelper: CLAUDE_KEY_HELPER,
  };
  const servers = (object: JsonObject, above: readonly string[]): string[] =>
    Object.keys(objectIn(object, 'mcpServers')).map((name) => [...above, 'mcpServers', name].join('.'));
  return {
    content: `${JSON.stringify(kept, null, 2)}\n`,
    withheld: [...servers(settings, []), ...servers(project, ['projects', workspace])],
  };
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };
type JsonObject = Readonly<Record<string, Json>>;

/** Settings of Claude Code that hold a switch, a number or a single word. (Claude Code 2.1.330) */
const SETTINGS = words(`
  numStartups theme editorMode verbose diffTool autoUpdates autoUpdaterStatus autoUpdatesProtectedForNative installMethod
  preferredNotifChannel messageIdleNotifThresholdMs autoCompactEnabled autoConnectIde autoInstallIdeExtension
  respectGitignore fileCheckpointingEnabled todoFeatureEnabled showExpandedTodos spinnerTipsEnabled
  terminalProgressBarEnabled hasCompletedOnboarding lastOnboardingVersion lastReleaseNotesSeen
  bypassPermissionsModeAccepted hasUsedBackslashReturn shiftEnterKeyBindingInstalled optionAsMetaKeyInstalled
  codeDiffFooterEnabled prStatusFooterEnabled hasAcknowledgedCostThreshold
`);

/** The same for a project, with its lists of permitted tools and of servers from `.mcp.json`. */
const PROJECT_SETTINGS = words(`
  hasTrustDialogAccepted hasTrustDialogHooksAccepted hasCompletedProjectOnboarding projectOnboardingSeenCount
  hasClaudeMdExternalIncludesApproved hasClaudeMdExternalIncludesWarningShown
  allowedTools enabledMcpjsonServers disabledMcpjsonServers
`);

/**
 * A word such as `dark` or `2.1.330`, or a permission such as `Bash(git diff:*)`. What somebody permitted may be a command with a
 * token in it, so the words in a permission are short and have no digits.
 */
const WORD = /^[\w.-]{1,40}(\((?=.{1,60}\)$)[a-z]{1,15}([ ./:*_-]+[A-Za-z]{1,15})*[ ./:*-]*\))?$/;

function settingsIn(path: string, present: string | undefined): JsonObject {
  if (present === undefined || present.trim() === '') return {};
  let settings: Json;
  try {
    settings = JSON.parse(present) as Json;
  } catch (cause) {
    throw new UserError(`${path} is not valid JSON.`, { hint: 'Correct or remove the file.', cause });
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
  return settings;
}

/** The members of an object with these names, as far as their values are what the names promise. */
function passing(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.flatMap((name): [string, Json][] => {
      const value = Object.hasOwn(object, name) ? object[name] : undefined;
      if (value === undefined) return [];
      if (isList(value)) return [[name, value.filter(isPlain)]];
      return isPlain(value) ? [[name, value]] : [];
    }),
  );
}

function isPlain(value: Json): boolean {
  return typeof value === 'boolean' || typeof value === 'number' || (typeof value === 'string' && WORD.test(value));
}

function objectIn(object: JsonObject, name: string): JsonObject {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return value !== undefined && isObject(value) ? value : {};
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value);
}
