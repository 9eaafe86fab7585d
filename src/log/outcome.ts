import type { Config } from '../config/config.ts';
import { optionName, settingText } from '../config/options.ts';
import { describeError } from '../errors.ts';
import { printableText } from '../host/file-names.ts';
import { counted, countText } from '../report/numbers.ts';
import type { RunUsage } from '../report/usage.ts';
import { duration, listed, minutesText } from './amounts.ts';
import { memoryText } from './policy.ts';
import type { Paint } from './paint.ts';

/** A program that the command may have looked for in vain. */
export interface SoughtProgram {
  readonly name: string;
  /** Where the machine has it, if the sandbox does not see that; undefined if the machine has none. */
  readonly path: string | undefined;
}

/** How a run ended. */
export interface Ended {
  readonly outcome: 'success' | 'failure' | 'blocked' | 'timeout' | 'error';
  /** The command's own. */
  readonly exitCode: number;
  /** Why the run failed. */
  readonly error: unknown;
  /** What the command took; undefined if it was not started. */
  readonly commandMs: number | undefined;
  /** The memory limit of a command that was killed because memory ran out. */
  readonly outOfMemory: string | undefined;
  /** For a command that was not found. */
  readonly sought: readonly SoughtProgram[];
  /** Undefined if the api-proxy's log could not be read. */
  readonly usage: RunUsage | undefined;
}

/** A message that is shown apart from the log too. */
export interface Annotation {
  /** Begins with AWF. */
  readonly title: string;
  readonly text: string;
}

/** Exit codes that shells give a meaning to. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;
const KILLED = 137;

/** One line: how it ended, after what time, and what it used. */
export function statusLine(config: Config, ended: Ended, paint: Paint): string {
  const mark = ended.outcome === 'success' ? paint.good('✔') : paint.bad('✘');
  return [`${mark} ${verdict(config, ended)}`, ...usageText(config, ended)].join(' · ');
}

function verdict(config: Config, { outcome, exitCode, commandMs }: Ended): string {
  const after = commandMs === undefined ? '' : ` after ${duration(commandMs)}`;
  switch (outcome) {
    case 'timeout':
      return stoppedText(config);
    case 'error':
      return commandMs === undefined ? 'the command was not started' : `the run failed${after} of the command`;
    case 'blocked':
      return `exit code 0${after}, but requests were refused`;
    default:
      return `exit code ${exitCode}${after}`;
  }
}

function stoppedText({ frontEnd, timeoutMinutes = 0 }: Config): string {
  return `stopped after ${minutesText(timeoutMinutes)} (${settingText(frontEnd, 'timeout-minutes', timeoutMinutes)})`;
}

function usageText({ providers }: Config, { usage, commandMs }: Ended): string[] {
  if (usage === undefined) return ['what it used is unknown'];
  if (usage.requests === 0) return providers.length > 0 && commandMs !== undefined ? ['no model request'] : [];
  const tokens = `${countText(usage.inputTokens)} + ${countText(usage.outputTokens)} tokens`;
  return [[counted(usage.requests, 'model request'), tokens, costOf(usage)].join(', ')];
}

/** Of a run whose models have no known price. */
const UNKNOWN_COST = 'cost unknown';

/** List prices are an estimate, and a sum in which a price is missing must not pass for the whole. */
function costOf({ costUsd, pricedUsd }: RunUsage): string {
  const usd = costUsd ?? pricedUsd;
  const dollars = `$${usd.toFixed(usd !== 0 && usd < 0.1 ? 4 : 2)}`;
  if (costUsd !== null) return `about ${dollars}`;
  return pricedUsd === 0 ? UNKNOWN_COST : `at least ${dollars}`;
}

/**
 * The one message about a run that failed. A run that `fail-on-blocked` fails has another one.
 *
 * @returns undefined for a success
 */
export function failureOf(config: Config, ended: Ended): Annotation | undefined {
  const { outcome, exitCode, error, commandMs } = ended;
  switch (outcome) {
    case 'error': {
      // The command may have ended on its own before that.
      const title = commandMs === undefined ? 'AWF did not start the command' : 'AWF: the run failed';
      return { title, text: describeError(error) };
    }
    case 'timeout': {
      const text = stoppedText(config);
      const advice = `If the command needs more time, raise ${optionName(config.frontEnd, 'timeout-minutes')}.`;
      return { title: 'AWF stopped the command', text: `${text.replace('s', 'S')}. ${advice}` };
    }
    case 'failure':
      return { title: `AWF: exit code ${exitCode}`, text: exitText(config, ended) };
    default:
      return undefined;
  }
}

function exitText(config: Config, ended: Ended): string {
  const { exitCode, outOfMemory } = ended;
  if (exitCode === NOT_FOUND)
    return `Command not found (exit code ${NOT_FOUND}). ${notFoundHint(config, ended.sought)}`;
  if (exitCode === NOT_EXECUTABLE) {
    return (
      `A file could not be executed (exit code ${NOT_EXECUTABLE}). Make it executable (chmod +x, or git update-index ` +
      "--chmod=+x), and check that it is a script with an interpreter or a program for this machine's architecture."
    );
  }
  if (exitCode === KILLED && outOfMemory !== undefined) return outOfMemoryText(config, outOfMemory);
  if (exitCode === KILLED) {
    return (
      `The command was killed (exit code ${KILLED}, SIGKILL). Memory did not run out, by what the engine says: a program sent ` +
      'the signal, in the sandbox or from outside (docker kill).'
    );
  }
  return `The command ended with exit code ${exitCode}.`;
}

function outOfMemoryText({ frontEnd }: Config, limit: string): string {
  return (
    `Memory ran out, and the command was killed (exit code ${KILLED}): it needed more than its limit of ` +
    `${memoryText(limit)}, or more than the machine had left. Raise ${optionName(frontEnd, 'memory')}, or use a machine ` +
    'with more memory.'
  );
}

function notFoundHint({ frontEnd, agentImage }: Config, sought: readonly SoughtProgram[]): string {
  const mounts = optionName(frontEnd, 'mounts');
  if (agentImage !== undefined) {
    return `The command runs in ${printableText(agentImage)}, which has to have its programs. Use an image that has them.`;
  }
  const hidden = sought.flatMap(({ name, path }) => (path === undefined ? [] : [{ name, path }]));
  const absent = sought.filter(({ path }) => path === undefined).map(({ name }) => printableText(name));
  const where = hidden.map(
    ({ name, path }) =>
      `${printableText(name)} is at ${printableText(path)}, which the sandbox does not see: add ${printableText(directoryOf(path))} to ${mounts}.`,
  );
  if (absent.length === 0 && where.length > 0) return where.join(' ');
  const who = absent.length === 0 ? 'A program' : listed(absent, 3);
  const remedy = frontEnd === 'action' ? 'Install it in an earlier step' : 'Install it';
  return [
    ...where,
    `${who} is not installed, or is where the sandbox does not see it. ${remedy} (npm install -g …), or add its directory to ${mounts}.`,
  ].join(' ');
}

const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
