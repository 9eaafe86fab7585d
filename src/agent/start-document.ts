import { CLAUDE_KEY_HELPER } from '../shared/providers.ts';
import type { Command } from '../config/config.ts';
import { UserError } from '../errors.ts';

/** What the agent container's entrypoint needs to know. */
export interface AgentStart {
  readonly environment: Readonly<Record<string, string>>;
  readonly command: Command;
  /** Lines for the pre-flight check. */
  readonly checks: readonly string[];
  /** Files of the private home: path within it, and content; mode 600. */
  readonly homeFiles: Readonly<Record<string, string>>;
}

/** Where the entrypoint puts the script. */
const SCRIPT_PATH = '/tmp/awf-command';

/**
 * The document that the agent's entrypoint reads from standard input: POSIX shell that sets the environment, writes the
 * files and sets the command as the positional parameters. It goes through a pipe so that neither the environment nor
 * the script stands in the engine's files, in `docker inspect` or in a file on the host.
 */
export function startDocument(start: AgentStart): string {
  const { command } = start;
  const argv =
    command.kind === 'argv' ? command.argv : command.shell.map((word) => word.replaceAll('{0}', SCRIPT_PATH));
  const files = Object.entries(start.homeFiles).map(([path, content]) =>
    writeFile(`${start.environment['HOME'] ?? ''}/${path}`, content),
  );
  if (command.kind === 'script') files.push(writeFile(SCRIPT_PATH, withNewline(command.script)));
  return [
    `AWF_CHECKS=${quote(start.checks.join('\n'))}`,
    'umask 077',
    ...files,
    'umask 022',
    ...Object.entries(start.environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `set -- ${argv.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

/**
 * Claude Code's `~/.claude.json` with the key helper named.
 *
 * @param path for the error
 * @param present the file's content, undefined when there is none
 * @throws UserError when the file names another helper, or is not a JSON object
 */
export function claudeJson(path: string, present: string | undefined): string {
  let settings: Record<string, unknown> = {};
  if (present !== undefined && present.trim() !== '') {
    let parsed: unknown;
    try {
      parsed = JSON.parse(present);
    } catch (cause) {
      throw new UserError(`${path} is not valid JSON.`, { hint: 'Mend or remove the file.', cause });
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      throw new UserError(`${path} is not a JSON object.`, { hint: 'Mend or remove the file.' });
    }
    settings = parsed as Record<string, unknown>;
  }
  const other = settings['apiKeyHelper'];
  if (other !== undefined && other !== CLAUDE_KEY_HELPER) {
    throw new UserError(
      `${path} names ${JSON.stringify(other)} as apiKeyHelper; the sandbox needs ${CLAUDE_KEY_HELPER}.`,
      {
        hint: `Remove apiKeyHelper from ${path}, or set it to ${CLAUDE_KEY_HELPER}.`,
      },
    );
  }
  return `${JSON.stringify({ ...settings, apiKeyHelper: CLAUDE_KEY_HELPER }, null, 2)}\n`;
}

function writeFile(path: string, content: string): string {
  const directory = path.slice(0, path.lastIndexOf('/'));
  return `"$AWF_LIB/busybox" mkdir -p ${quote(directory)}; printf %s ${quote(content)} > ${quote(path)}`;
}

/** One shell word, whatever is in it. @throws UserError for a NUL, which no process argument can hold */
function quote(text: string): string {
  if (text.includes('\0')) throw new UserError('The command or a variable contains a NUL character.');
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function withNewline(script: string): string {
  return script.endsWith('\n') ? script : `${script}\n`;
}
