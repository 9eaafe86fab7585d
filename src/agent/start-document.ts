import { dirname } from 'node:path';
import type { Command } from '../config/config.ts';
import { UserError } from '../errors.ts';
import { AGENT_PLACES, CHECKS_VARIABLE, LIB_VARIABLE } from '../shared/contract.ts';

/** What the agent container's entrypoint needs to know. */
export interface AgentStart {
  readonly environment: Readonly<Record<string, string>>;
  readonly command: Command;
  /** Lines for the pre-flight check. */
  readonly checks: readonly string[];
  /** Files of the private home: path within it, and content; mode 600. */
  readonly homeFiles: Readonly<Record<string, string>>;
  /** Directories of the user's whose mode an image may have changed: octal modes by path. */
  readonly modes: Readonly<Record<string, string>>;
  /** Directories to make, the user's alone. */
  readonly directories: readonly string[];
  /** Symbolic links of the private home: path within it, and what it leads to, which has the same name. */
  readonly homeLinks: Readonly<Record<string, string>>;
  /** Variables that an image or the engine's client may have set, and the command must not see unless `environment` has them. */
  readonly cleared: readonly string[];
}

/** Where the entrypoint puts the script. */
const SCRIPT_PATH = AGENT_PLACES.command;
/** The entrypoint's program for everything that a shell cannot do. */
const BUSYBOX = `"$${LIB_VARIABLE}/busybox"`;

/**
 * The document that the agent's entrypoint reads from standard input: POSIX shell that sets the environment, writes the
 * files and sets the command as the positional parameters. It goes through a pipe so that neither the environment nor
 * the script stands in the engine's files, in `docker inspect` or in a file on the host.
 */
export function startDocument(start: AgentStart): string {
  const { command } = start;
  const argv =
    command.kind === 'argv' ? command.argv : command.shell.map((word) => word.replaceAll('{0}', SCRIPT_PATH));
  const inHome = (path: string): string => `${start.environment['HOME'] ?? ''}/${path}`;
  const links = Map.groupBy(Object.entries(start.homeLinks), ([path]) => dirname(inHome(path)));
  const directories = new Set([...start.directories, ...links.keys()]);
  const files = Object.entries(start.homeFiles).map(([path, content]) => writeFile(inHome(path), content));
  const cleared = start.cleared.filter((name) => start.environment[name] === undefined);
  if (command.kind === 'script') files.push(writeFile(SCRIPT_PATH, withNewline(command.script)));
  return [
    `${CHECKS_VARIABLE}=${quote(start.checks.join('\n'))}`,
    ...Object.entries(start.modes).map(([path, mode]) => `${BUSYBOX} chmod ${mode} ${quote(path)}`),
    'umask 077',
    ...(directories.size === 0 ? [] : [`${BUSYBOX} mkdir -p ${[...directories].map(quote).join(' ')}`]),
    ...[...links].map(([directory, all]) =>
      link(
        directory,
        all.map(([, target]) => target),
      ),
    ),
    ...files,
    'umask 022',
    ...(cleared.length === 0 ? [] : [`unset ${cleared.join(' ')}`]),
    ...Object.entries(start.environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `set -- ${argv.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

/** One process for a whole directory of links, each with the name of what it leads to. */
function link(directory: string, targets: readonly string[]): string {
  return `${BUSYBOX} ln -s ${[...targets, directory].map(quote).join(' ')}`;
}

function writeFile(path: string, content: string): string {
  return `${BUSYBOX} mkdir -p ${quote(dirname(path))}; printf %s ${quote(content)} > ${quote(path)}`;
}

/** One shell word, whatever is in it. @throws UserError for a NUL, which no process argument can hold */
function quote(text: string): string {
  if (text.includes('\0')) throw new UserError('The command or a variable contains a NUL character.');
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function withNewline(script: string): string {
  return script.endsWith('\n') ? script : `${script}\n`;
}
