import { relative } from 'node:path';
import type { Config, PolicyOrigin } from '../config/config.ts';
import { memoryBytes } from '../config/memory.ts';
import { optionName } from '../config/options.ts';
import type { MountSpec } from '../docker/spec.ts';
import { printableText } from '../host/file-names.ts';
import { isBelow } from '../host/paths.ts';
import { counted } from '../report/numbers.ts';
import { isOwnHost, PROVIDERS } from '../shared/providers.ts';
import { listed, minutesText } from './amounts.ts';
import { rowLines, type Row } from './rows.ts';

/** A title with its lines. */
export interface Group {
  readonly title: string;
  readonly lines: readonly string[];
}

/** The names of the variables that the command gets from outside. */
export interface PassedVariables {
  /** Those that pass because of what they are, or because of `env-all`. */
  readonly fromHost: readonly string[];
  /** Those that `env` names. */
  readonly asked: readonly string[];
}

/** What is in force besides the configuration. */
export interface PolicyFacts {
  readonly passed: PassedVariables;
  /** What is mounted over the workspace. */
  readonly guards: readonly MountSpec[];
  /** What the user mounts. */
  readonly userMounts: readonly MountSpec[];
  /** The host's toolchain; empty where an image has one. */
  readonly toolchain: readonly MountSpec[];
  /** The command's limit, in the format of Docker's `--memory`. */
  readonly memory: string;
}

/** Items of a row. */
const MOST = 30;

/** What a run may do, before it does anything. */
export function policyGroup(config: Config, facts: PolicyFacts): Group {
  const rows: Row[] = [
    ...policyFileRows(config),
    ...reachRows(config),
    ...modelRows(config),
    ...hostRows(config),
    ['variables', variablesText(facts.passed)],
    ...workspaceRows(config, facts.guards),
    ...mountRows(config, facts),
    ['limits', limitsText(config, facts.memory)],
  ];
  return { title: titleOf(config, facts.memory), lines: rowLines(rows) };
}

function reachText({ egress }: Pick<Config, 'egress'>): string {
  return egress.mode === 'audit'
    ? 'audit, nothing public is refused'
    : counted(egress.allow.length, 'domain').replace(/^0 /, 'no ');
}

function titleOf(config: Config, memory: string): string {
  const { apiProxy, providers, timeoutMinutes, budget } = config;
  const reach = reachText(config);
  const models = providers.length === 0 ? 'no model' : providers.map(({ provider }) => provider.name).join(', ');
  const most = [
    ...(timeoutMinutes === undefined ? [] : [minutesText(timeoutMinutes)]),
    ...(budget.maxRequests === undefined ? [] : [counted(budget.maxRequests, 'request')]),
    ...(budget.maxTokens === undefined ? [] : [counted(budget.maxTokens, 'token')]),
    ...(budget.maxCostUsd === undefined ? [] : [`$${budget.maxCostUsd}`]),
  ];
  const parts = [reach, ...(apiProxy ? [models] : []), memoryText(memory)];
  return `policy: ${parts.join(', ')}${most.length === 0 ? '' : `, at most ${most.join(' and ')}`}`;
}

/** Which policy file a run has, and whose version of it. */
export function policyFileText({ file, commit, from }: PolicyOrigin): string {
  const version = commit === undefined ? 'as it is on disk' : `from ${from ?? 'commit'} (${commit.slice(0, 12)})`;
  return `${printableText(file)}, ${version}`;
}

/**
 * For a machine of one's own, where nothing else says that a policy counts: a repository that somebody has just cloned may
 * have a file that opens everything.
 *
 * @returns undefined without a policy file
 */
export function policyFileNote(
  config: Pick<Config, 'policy' | 'egress' | 'services' | 'namedHosts' | 'frontEnd'>,
): string | undefined {
  const { policy, services, namedHosts, frontEnd } = config;
  if (policy === undefined) return undefined;
  const opened = [
    reachText(config),
    ...services.map(({ name, port }) => `${name}:${String(port)}`),
    ...namedHosts.others.filter(({ option }) => option === undefined).map(({ name }) => `rules for ${name}`),
  ];
  return (
    `the policy file ${policyFileText(policy)}, counts: ${listed(opened, MOST)}. ` +
    `Without it: ${optionName(frontEnd, 'policy')}=none`
  );
}

const policyFileRows = ({ policy }: Config): Row[] => (policy === undefined ? [] : [['file', policyFileText(policy)]]);

/** One row for each text, the first one with the label. */
const labelled = (label: string, texts: readonly string[]): Row[] =>
  texts.map((text, index) => [index === 0 ? label : '', text]);

const unlessEmpty = (text: string): string[] => (text === '' ? [] : [text]);

function reachRows(config: Config): Row[] {
  const { egress, services, addHosts, network } = config;
  const own = egress.allow.filter(({ preset }) => preset === undefined).map(({ text }) => printableText(text));
  const denied = egress.deny.map(({ preset, text }) => preset ?? printableText(text));
  const reach = [
    ...(egress.mode === 'audit' ? ['every public name; what no entry allows is reported (audit)'] : []),
    ...presetTexts(config),
    ...unlessEmpty(listed(own, MOST)),
  ];
  return [
    ...labelled('reach', reach.length === 0 ? ['nothing'] : reach),
    ...labelled('never', unlessEmpty(listed([...new Set(denied)], MOST))),
    ...labelled('services', unlessEmpty(services.map(({ name, port }) => `${name}:${port}`).join(', '))),
    ...labelled(
      'names',
      unlessEmpty(
        listed(
          addHosts.map(({ name, address }) => `${name} is ${address}`),
          MOST,
        ),
      ),
    ),
    ...labelled('private', unlessEmpty(network.allowPrivate.join(', '))),
  ];
}

/** What the presets became on this machine. */
function presetTexts({ presets }: Pick<Config, 'presets'>): string[] {
  return presets.map(({ name, hosts }) => {
    const froms = [...new Set(hosts.map(({ from }) => from))];
    const parts = froms.map((from) => {
      const texts = hosts.filter((host) => host.from === from).map(({ text }) => printableText(text));
      return `${texts.join(', ')}${from === name ? '' : ` (from ${printableText(from)})`}`;
    });
    return `${name}: ${parts.join(', ')}`;
  });
}

/**
 * What the workspace's lockfiles suggest beyond the presets that are listed: the user asked for it, so it is a message of its
 * own and no part of a group.
 *
 * @returns undefined if the user did not ask
 */
export function proposalNote({
  proposedPresets,
  presets,
  frontEnd,
}: Pick<Config, 'proposedPresets' | 'presets' | 'frontEnd'>): string | undefined {
  if (proposedPresets === undefined) return undefined;
  const missing = proposedPresets.filter(({ name }) => !presets.some((listed) => listed.name === name));
  const found = missing.map(({ name, file }) => `${name} (${printableText(file)})`).join(', ');
  const [none, all] = [
    'the workspace has no lockfile that a preset is for.',
    'the list has all that the lockfiles suggest.',
  ];
  const some = `the lockfiles suggest ${found}. Nothing is added automatically: write those that the command needs.`;
  return `${optionName(frontEnd, 'presets')}: ${proposedPresets.length === 0 ? none : missing.length === 0 ? all : some}`;
}

function modelRows({ apiProxy, providers, frontEnd }: Config): Row[] {
  if (!apiProxy) return [['models', `none: the api-proxy is off (${optionName(frontEnd, 'enable-api-proxy')})`]];
  const used = providers.map(({ provider, given, target }) => {
    const label = provider.credentials.find(({ variable }) => variable === given[0])?.label ?? given[0];
    return `${provider.name} with ${label}${isOwnHost(provider, target.host) ? '' : `, at ${target.host}`}`;
  });
  const without = PROVIDERS.filter(({ id }) => !providers.some(({ provider }) => provider.id === id));
  const missing = without.map(({ name }) => name).join(', ');
  const answer = without.length === 1 ? 'it answers 503' : 'they answer 503';
  return labelled('models', [...used, ...(missing === '' ? [] : [`no key for ${missing}: ${answer}`])]);
}

/** Hosts that the api-proxy answers for, and what the command may ask of them. */
function hostRows({ namedHosts, github, hostVariables }: Config): Row[] {
  const repositories = github?.repositories.map(({ name }) => name) ?? [];
  const others = namedHosts.others
    .filter(({ option }) => option === undefined)
    .map(({ name, credential }) => `${name}${credential === undefined ? ' by rules' : ' with a credential of AWF'}`);
  return [
    ...labelled('GitHub', github === undefined ? [] : [`${github.access}: ${listed(repositories, MOST)}`]),
    ...labelled('hosts', unlessEmpty(listed(others, MOST))),
    ...labelled(
      '',
      unlessEmpty(Object.keys(hostVariables).join(', ')).map((names) => `placeholders in ${names}`),
    ),
  ];
}

/** Names that share a beginning are told as one from so many on. */
const FOLDED_FROM = 4;

function variablesText({ fromHost, asked }: PassedVariables): string {
  const groups = Map.groupBy([...fromHost].sort(), (name) => /^[A-Z]+_/.exec(name)?.[0] ?? name);
  const names = [...groups].flatMap(([prefix, members]) =>
    members.length >= FOLDED_FROM ? [`${prefix}* (${String(members.length)})`] : members,
  );
  const passed = names.length === 0 ? 'none' : listed(names.map(printableText), MOST);
  return asked.length === 0 ? passed : `${passed} · asked for: ${listed(asked.map(printableText), MOST)}`;
}

/** Git's own files are guarded too, and nobody asks what became of each. */
function workspaceRows({ workspace, protectPaths }: Config, guards: readonly MountSpec[]): Row[] {
  const paths = guards.flatMap((mount) => (mount.kind === 'bind' && !mount.writable ? [mount.target] : []));
  const inside = paths.filter((path) => isBelow(path, workspace)).map((path) => relative(workspace, path));
  const readOnly = inside.filter((path) => !/(^|\/)\.git(\/|$)/.test(path));
  const missing = protectPaths.filter(({ mode, path }) => mode === 'report' || !readOnly.includes(path)).length;
  const watched = missing === 0 ? '' : ` · compared before and after: ${counted(missing, 'more path')}`;
  const text = readOnly.length === 0 ? 'nothing but the settings of git' : listed(readOnly.map(printableText), MOST);
  return [['read-only', text + watched]];
}

function mountRows({ agentImage, workspace }: Config, { userMounts, toolchain }: PolicyFacts): Row[] {
  const tools =
    agentImage === undefined
      ? `this machine's tools, read-only: ${listed(
          toolchain.map(({ target }) => printableText(target)),
          12,
        )}`
      : `the image ${printableText(agentImage)}`;
  const mounts = userMounts.map((mount) => {
    const source = mount.kind === 'bind' ? printableText(mount.source) : mount.target;
    const place = source === mount.target ? source : `${source} as ${printableText(mount.target)}`;
    return `${place} (${mount.kind === 'bind' && mount.writable ? 'writable' : 'read-only'})`;
  });
  return labelled('mounted', [`${printableText(workspace)} (writable)`, ...mounts, tools]);
}

function limitsText({ pids, timeoutMinutes, budget, agentLogs }: Config, memory: string): string {
  return [
    memoryText(memory),
    `${pids} processes`,
    timeoutMinutes === undefined ? 'no time limit' : minutesText(timeoutMinutes),
    ...(budget.maxRequests === undefined ? [] : [counted(budget.maxRequests, 'model request')]),
    ...(budget.maxTokens === undefined ? [] : [counted(budget.maxTokens, 'token')]),
    ...(budget.maxCostUsd === undefined ? [] : [`$${budget.maxCostUsd}`]),
    ...(Object.keys(budget).length === 0 ? ['no budget'] : []),
    ...(agentLogs ? [] : ['agent-logs off']),
  ].join(', ');
}

/** `6g` as `6 GB`. */
export function memoryText(limit: string): string {
  const bytes = memoryBytes(limit);
  const gigabytes = Math.round((bytes / 2 ** 30) * 10) / 10;
  return gigabytes >= 1 ? `${gigabytes} GB` : `${Math.round(bytes / 2 ** 20)} MB`;
}
