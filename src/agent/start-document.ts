import { dirname } from 'node:path';
import type { Command } from '../config/config.ts';
import { UserError } from '../errors.ts';
import {
  AGENT_PLACES,
  CHECKS_VARIABLE,
  INPUT_VARIABLE,
  LIB_VARIABLE,
  MODEL_URLS_VARIABLE,
  SERVICES_VARIABLE,
  TRANSCRIPTS_VARIABLE,
  TRUST_VARIABLE,
} from '../shared/contract.ts';
import { quoteWord } from '../shared/shell.ts';

/** Everything that the entrypoint of the agent's container needs to know. */
export interface AgentStart {
  readonly environment: Readonly<Record<string, string>>;
  readonly command: Command;
  /** Where to ask the api-proxy for the variables that choose a model. */
  readonly modelUrls: readonly string[];
  /** The lines of the pre-flight check. */
  readonly checks: readonly string[];
  /** Files of the private home, with mode 600: paths below the home with contents. */
  readonly homeFiles: Readonly<Record<string, string>>;
  /** The octal modes of directories whose mode an image may have changed, by path. */
  readonly modes: Readonly<Record<string, string>>;
  /** The octal mask that takes modes from what the command creates. */
  readonly umask: string;
  /** Directories to create, which only the user can access. */
  readonly directories: readonly string[];
  /** Symbolic links of the private home: paths below the home with targets of the same name. */
  readonly homeLinks: Readonly<Record<string, string>>;
  /** What the entrypoint packs when the command has ended, as words; empty for nothing. */
  readonly transcripts: string;
  /** The arguments for joining an image's CA certificates with the run's own, as words; empty for nothing. */
  readonly trust: string;
  /** The arguments of the program that leads to services, as words; empty for none. */
  readonly services: string;
  /** How the command gets a standard input, as words; empty for none. */
  readonly input: string;
  /** Variables that an image may have set. They are unset, except those in `environment`. */
  readonly cleared: readonly string[];
}

/** The path at which the entrypoint writes the script. */
const SCRIPT_PATH = AGENT_PLACES.command;
/** The entrypoint's program for everything that a shell cannot do. */
const BUSYBOX = `"$${LIB_VARIABLE}/busybox"`;

/**
 * The document that the agent's entrypoint reads from standard input. It is a POSIX shell script that sets the
 * environment, writes the files, and makes the command the positional parameters. It goes through a pipe, so that
 * neither the environment nor the script appears in the engine's files, in `docker inspect` or in a file on the host.
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
    `${TRANSCRIPTS_VARIABLE}=${quote(start.transcripts)}`,
    `${TRUST_VARIABLE}=${quote(start.trust)}`,
    `${SERVICES_VARIABLE}=${quote(start.services)}`,
    `${INPUT_VARIABLE}=${quote(start.input)}`,
    ...Object.entries(start.modes).map(([path, mode]) => orStop(`${BUSYBOX} chmod ${mode} ${quote(path)}`)),
    'umask 077',
    ...(directories.size === 0 ? [] : [orStop(`${BUSYBOX} mkdir -p ${[...directories].map(quote).join(' ')}`)]),
    ...[...links].map(([directory, all]) =>
      orStop(
        link(
          directory,
          all.map(([, target]) => target),
        ),
      ),
    ),
    ...files.map(orStop),
    `umask ${start.umask}`,
    ...(cleared.length === 0 ? [] : [`unset ${cleared.join(' ')}`]),
    ...Object.entries(start.environment).map(([name, value]) => `export ${name}=${quote(value)}`),
    `${MODEL_URLS_VARIABLE}=${quote(start.modelUrls.join(' '))}`,
    `set -- ${argv.map(quote).join(' ')}`,
    '',
  ].join('\n');
}

/** What cannot be prepared stops the run: the program says why, and nothing that was asked for is missing silently. */
function orStop(line: string): string {
  return `${line} || exit 1`;
}

/** Creates all links of a directory with a single process. Each has the name of its target. */
function link(directory: string, targets: readonly string[]): string {
  return `${BUSYBOX} ln -s ${[...targets, directory].map(quote).join(' ')}`;
}

function writeFile(path: string, content: string): string {
  return `${BUSYBOX} mkdir -p ${quote(dirname(path))} && printf %s ${quote(content)} > ${quote(path)}`;
}

/** Like {@link quoteWord}. @throws UserError for a NUL, which the argument of a process cannot contain */
function quote(text: string): string {
  if (text.includes('\0')) throw new UserError('The command or a variable contains a NUL character.');
  return quoteWord(text);
}

function withNewline(script: string): string {
  return script.endsWith('\n') ? script : `${script}\n`;
}
