import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { builtImageNames } from '../docker/images.ts';
import { findProgram } from '../host/programs.ts';
import { ROLES } from '../shared/network.ts';
import type { Check, CheckContext } from './context.ts';
import { path, problemOf, words, type Finding } from './finding.ts';
import { probe } from './probe.ts';

/** Agent programs, and what somebody should know who runs them in the sandbox. */
const PROGRAMS: Readonly<Record<string, string | undefined>> = {
  claude: undefined,
  codex: 'Its own sandbox cannot start in this one: AWF switches it off, so leave --sandbox out.',
  gemini: 'It runs no tool without --yolo, which AWF makes reasonable.',
  copilot: 'It runs no tool without --allow-all-tools, which AWF makes reasonable.',
  opencode: undefined,
  aider: undefined,
  qwen: undefined,
  cline: undefined,
};

/** Milliseconds for a program to say its version. */
const VERSION_LIMIT_MS = 8_000;

/** The programs that are installed, by name. */
function installed(environment: NodeJS.ProcessEnv): Map<string, string> {
  return new Map(
    Object.keys(PROGRAMS).flatMap((name): [string, string][] => {
      const file = findProgram(name, environment);
      return file === undefined ? [] : [[name, file]];
    }),
  );
}

/** A run of nothing, which also tells which programs are there. */
export const SANDBOX: Check = {
  id: 'sandbox',
  page: 'docs/troubleshooting.md#the-pre-flight-check',
  limitMs: 90_000,
  find: async (context) => {
    const { built, engine, root, environment, names } = context;
    if (built === undefined) return [];
    const images = builtImageNames(`${root}/dist`);
    const wanted = [...ROLES.map((role) => images[role]), built.config.agentImage ?? images.agent];
    const present = await engine.imagesOf([...new Set(wanted)]);
    if (!wanted.every((name) => present.has(name))) {
      return [{ status: 'skipped', text: words`A sandbox was not tried, because it has no images yet: awf pull` }];
    }
    const programs = [...installed(environment).keys()];
    const script = `for p in ${programs.join(' ')}; do command -v "$p" > /dev/null && echo "$p"; done; true`;
    const limit = AbortSignal.any([context.signal, AbortSignal.timeout(SANDBOX.limitMs - 10_000)]);
    const { result, output } = await probe(script, context, built.config, limit);
    if (result.outcome !== 'success')
      return [problemOf(result.error ?? new Error('The sandbox did not start.'), names)];
    const seen = output.split('\n');
    const unseen = programs.filter((name) => !seen.includes(name));
    const seconds = ((result.timings.startupMs ?? 0) / 1000 - startOf(result.timings.phases)).toFixed(1);
    return [
      {
        status: 'ok',
        text: words`A sandbox starts in ${seconds} s, and its network isolates (pre-flight check passed)`,
      },
      ...unseen.map((name) => hiddenProgram(name, environment)),
    ];
  },
};

/** The phases count from the start of this process. */
const startOf = (phases: readonly { readonly startMs: number }[]): number => (phases[0]?.startMs ?? 0) / 1000;

function hiddenProgram(name: string, environment: NodeJS.ProcessEnv): Finding {
  const file = findProgram(name, environment) ?? name;
  return {
    status: 'warning',
    text: words`${name} is installed where the sandbox does not see it: ${path(file)}.`,
    hint: words`Install it with npm install -g, or mount its directory: --mount DIRECTORY`,
  };
}

export const AGENTS: Check = {
  id: 'agents',
  page: 'docs/agents.md',
  limitMs: VERSION_LIMIT_MS + 2_000,
  find: async ({ environment }: CheckContext) => {
    const found = await Promise.all(
      [...installed(environment)].map(async ([name, file]): Promise<Finding> => {
        const version = await versionOf(file, environment);
        const note = PROGRAMS[name];
        return {
          status: 'ok',
          text: words`${name}${version === '' ? '' : ` ${version}`} is installed`,
          ...(note !== undefined && { hint: words`${note}` }),
        };
      }),
    );
    return found.length > 0
      ? found
      : [
          {
            status: 'skipped',
            text: words`None of the known agent programs is in PATH (${Object.keys(PROGRAMS).join(', ')})`,
          },
        ];
  },
};

/** Empty if the program does not say it in time. */
async function versionOf(file: string, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const running = promisify(execFile)(file, ['--version'], {
      env,
      timeout: VERSION_LIMIT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 1 << 20,
    });
    running.child.stdin?.end();
    return /\b\d+(?:\.\d+)+\b/.exec((await running).stdout)?.[0] ?? '';
  } catch {
    return '';
  }
}
