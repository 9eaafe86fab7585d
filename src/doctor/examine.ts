import { buildConfig, type Built } from '../config/build.ts';
import type { FrontEnd } from '../config/read.ts';
import { ConfigError, UserError } from '../errors.ts';
import { loadPolicy } from '../policy/load.ts';
import { policyFileText } from '../log/policy.ts';
import { configWarnings } from '../run/messages.ts';
import { AGENTS, SANDBOX } from './agents.ts';
import type { Check, CheckContext } from './context.ts';
import { ENGINE, IMAGES, NETWORKS } from './engine.ts';
import { foreign, problemOf, words, type Finding, type Name } from './finding.ts';
import { DISK, MACHINE, OLD_LOGS } from './machine.ts';
import { KEYS, PROXY, REACH } from './providers.ts';
import { WORKSPACE } from './workspace.ts';

/** The findings of one check. */
export interface Examined {
  readonly id: string;
  readonly page: string;
  readonly findings: readonly Finding[];
}

/** These need the engine, one after the other: each makes sense only if those before it went well. */
const OF_ENGINE = [ENGINE, NETWORKS, IMAGES, SANDBOX] as const;
const OTHERS = [WORKSPACE, PROXY, REACH, KEYS, AGENTS, DISK, OLD_LOGS] as const;

/** Makes every check of a run, and of what a run expects. */
export async function examine(frontEnd: FrontEnd, context: Omit<CheckContext, 'built' | 'names'>): Promise<Examined[]> {
  const { environment, workspace, user } = context;
  const names: Name[] = [
    { value: workspace, as: '<path>' },
    { value: user.home, as: '<path>' },
    { value: user.name === 'root' ? '' : user.name, as: '<user>' },
  ];
  const { built, examined } = readConfig(frontEnd, environment, workspace, names);
  const whole: CheckContext = { ...context, built, names };
  const machine = await carryOut(MACHINE, whole);
  const [engine, others] = await Promise.all([
    inOrder(whole),
    Promise.all(OTHERS.map((check) => carryOut(check, whole))),
  ]);
  return [machine, ...engine, examined, ...others];
}

/** The options, the environment and the policy file, read as a run reads them. */
function readConfig(
  frontEnd: FrontEnd,
  environment: NodeJS.ProcessEnv,
  workspace: string,
  names: readonly Name[],
): { built: Built | undefined; examined: Examined } {
  const at = { id: 'configuration', page: 'docs/troubleshooting.md#before-any-container' };
  try {
    const policy = loadPolicy(frontEnd, environment, workspace);
    const built = buildConfig(frontEnd, { argv: ['true'], environment, workspace, policy });
    const { config } = built;
    const which =
      config.policy === undefined ? 'there is no policy file' : `the policy file is ${policyFileText(config.policy)}`;
    const ok: Finding = { status: 'ok', text: [...words`The options have no mistakes; `, ...foreign(which, names)] };
    // Without a key, a run may be a build; the check of keys tells what is there.
    const warnings = configWarnings(config).filter(
      (text) => config.providers.length > 0 || config.warnings.includes(text),
    );
    return {
      built,
      examined: {
        ...at,
        findings: [ok, ...warnings.map((text): Finding => ({ status: 'warning', text: foreign(text, names) }))],
      },
    };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const problems = error instanceof ConfigError ? error.problems : [error];
    return { built: undefined, examined: { ...at, findings: problems.map((problem) => problemOf(problem, names)) } };
  }
}

async function inOrder(context: CheckContext): Promise<Examined[]> {
  const all: Examined[] = [];
  for (const check of OF_ENGINE) {
    const examined = await carryOut(check, context);
    all.push(examined);
    if (examined.findings.some(({ status }) => status === 'problem')) break;
  }
  return all;
}

/** A check that fails costs itself, and one that hangs ends at its limit. */
async function carryOut(check: Check, context: CheckContext): Promise<Examined> {
  const { id, page, limitMs } = check;
  const { promise, resolve } = Promise.withResolvers<Finding[]>();
  const timer = setTimeout(() => {
    resolve([{ status: 'problem', text: words`The check "${id}" did not end within ${limitMs / 1000} seconds.` }]);
  }, limitMs);
  const finding = async (): Promise<Finding[]> => check.find(context);
  try {
    return { id, page, findings: await Promise.race([finding(), promise]) };
  } catch (error) {
    return { id, page, findings: [problemOf(error, context.names)] };
  } finally {
    clearTimeout(timer);
  }
}
