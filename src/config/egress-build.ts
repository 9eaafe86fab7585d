import { collectProblems, UserError } from '../errors.ts';
import { caller } from '../host/user.ts';
import type { RequestedVariable } from './config.ts';
import { optionName, type OptionValues } from './options.ts';
import { expandPreset, presetFinder, type Expansion, type PresetFinder, type PresetHost } from './presets/expand.ts';
import type { Machine } from './presets/machine.ts';
import { nearestPresets, PRESET_NAMES, presetNamed, type Preset } from './presets/names.ts';
import { placeOf, type FrontEndKind, type Source } from './source.ts';
import { allowEntry, isBareWord, isWord, SCHEMES, type EgressEntry, type UsedPreset } from './egress-entry.ts';
import type { EgressRules } from './egress-rules.ts';

export type { PresetFinder };

/** What the options say about the command's network. */
export interface Egress {
  readonly rules: EgressRules;
  /** Those that allow something. */
  readonly presets: readonly UsedPreset[];
  readonly warnings: readonly string[];
  /** Words that are no presets, and presets about which the machine says nothing. */
  readonly problems: readonly UserError[];
}

/**
 * The machine whose tools decide what a preset is. What the command gets with `env` counts more than what it replaces.
 *
 * @param root where the settings of tools are looked for
 */
export function thisMachine(
  env: readonly RequestedVariable[],
  environment: NodeJS.ProcessEnv,
  workspace: string,
  root = '/',
): Machine {
  const given = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
  return { environment: { ...environment, ...Object.fromEntries(given) }, home: caller().home, workspace, root };
}

/** Finds the presets that allow a host at a port on this machine. */
export const presetsOn = (machine: Machine): PresetFinder => presetFinder(machine);

/** What the command may reach, as the options and the presets that they name say it. */
export function egressOf(values: OptionValues, machine: Machine, frontEnd: FrontEndKind): Egress {
  const expander = new Expander(machine, frontEnd);
  const names = new Set(values['add-hosts'].map(({ name }) => name));
  const allow = [
    ...values['allow-domains'].flatMap((entry) => expander.allowed(entry, names)),
    ...values.presets.flatMap(({ preset, source }) => (preset === 'auto' ? [] : expander.use(preset, source))),
  ];
  const deny = values['deny-domains'].flatMap((entry) => expander.denied(entry));
  const { used: presets, warnings, problems } = expander;
  return { rules: { mode: values['egress-policy'], allow, deny }, presets, warnings, problems };
}

/**
 * The words of `allow-domains` that are nothing: whatever tools a machine has, they are mistakes.
 *
 * @param addHosts the front end's name for that option
 */
export function unknownWords(values: Pick<OptionValues, 'allow-domains' | 'add-hosts'>, addHosts: string): UserError[] {
  const names = values['add-hosts'].map(({ name }) => name);
  return values['allow-domains']
    .filter((entry) => isWord(entry) && !names.includes(entry.host) && presetOf(entry) === undefined)
    .map((entry) => unknownWord(entry, addHosts));
}

/** A preset stands alone: it has no scheme, no `=` and no dot. */
const presetOf = (entry: EgressEntry): Preset | undefined => (isBareWord(entry) ? presetNamed(entry.host) : undefined);

function unknownWord({ text, host, source }: EgressEntry, addHosts: string): UserError {
  const nearest = nearestPresets(host);
  const meant = nearest.length === 0 ? 'docs/presets.md lists the presets.' : `Did you mean ${nearest.join(' or ')}?`;
  const hint = `${meant} A name without a dot needs its address in ${addHosts}.`;
  return new UserError(`${placeOf(source)}: "${text}" is neither a domain nor a preset.`, { hint });
}

/** What every preset is on a machine: its hosts, or why it has none. */
export function allPresets(machine: Machine): { readonly name: string; readonly expansion: Expansion }[] {
  return PRESET_NAMES.flatMap((name) => {
    const preset = presetNamed(name);
    return preset === undefined ? [] : [{ name, expansion: expandPreset(preset, machine) }];
  });
}

/** The names of all presets, for what only names them. */
export const presetNames = (): readonly string[] => PRESET_NAMES;

/** Turns words into entries, and collects what there is to say about them. */
class Expander {
  readonly problems: UserError[] = [];
  readonly used: UsedPreset[] = [];
  readonly warnings: string[] = [];
  readonly #machine: Machine;
  readonly #nameOf: (option: 'allow-domains' | 'add-hosts') => string;

  constructor(machine: Machine, frontEnd: FrontEndKind) {
    this.#machine = machine;
    this.#nameOf = (option) => optionName(frontEnd, option);
  }

  allowed(entry: EgressEntry, ownNames: ReadonlySet<string>): EgressEntry[] {
    if (!isWord(entry) || ownNames.has(entry.host)) return [entry];
    const preset = presetOf(entry);
    if (preset !== undefined) return this.use(preset, entry.source);
    this.problems.push(unknownWord(entry, this.#nameOf('add-hosts')));
    return [];
  }

  /** A top-level domain can be denied as a whole, so any other word is taken as it is. */
  denied(entry: EgressEntry): EgressEntry[] {
    const preset = presetOf(entry);
    if (preset === undefined) return [entry];
    const { hosts } = this.#expand(preset, entry.source);
    return this.#entries(preset, entry.source, hosts).map((one) => ({ ...one, schemes: SCHEMES, port: undefined }));
  }

  use(preset: Preset, source: Source): EgressEntry[] {
    if (this.used.some(({ name }) => name === preset.name)) return [];
    const { hosts, gaps } = this.#expand(preset, source);
    const notes = [
      ...('warning' in preset ? [preset.warning] : []),
      ...(hosts.length === 0 ? [] : gaps.map((gap) => `${gap}. What comes from there stays closed.`)),
    ];
    this.warnings.push(...notes.map((note) => `${placeOf(source)}: ${preset.name}: ${note}`));
    this.used.push({ name: preset.name, source, hosts });
    return this.#entries(preset, source, hosts);
  }

  #expand(preset: Preset, source: Source): Expansion {
    const expansion = expandPreset(preset, this.#machine);
    if (expansion.hosts.length === 0) {
      const asks = 'asks' in preset ? ` "${preset.asks}" shows it where the tool is.` : '';
      const hint = `Name the host in ${this.#nameOf('allow-domains')}.${asks}`;
      this.problems.push(
        new UserError(`${placeOf(source)}: ${preset.name} has no hosts here: ${expansion.gaps.join(', ')}.`, { hint }),
      );
    }
    return expansion;
  }

  #entries(preset: Preset, source: Source, hosts: readonly PresetHost[]): EgressEntry[] {
    return hosts.flatMap((host) => this.#entry(preset, source, host));
  }

  #entry(preset: Preset, source: Source, { text, from }: PresetHost): EgressEntry[] {
    const context = { nameOf: () => this.#nameOf('add-hosts') };
    const problems: UserError[] = [];
    const entry = collectProblems(problems, () => allowEntry({ text, source }, context));
    for (const { message, hint } of problems) {
      const problem = `${message.replace(/\.$/, '')}. ${preset.name} stands for it because of ${from}.`;
      this.problems.push(new UserError(problem, hint === undefined ? {} : { hint }));
    }
    return entry === undefined ? [] : [{ ...entry, preset: preset.name }];
  }
}
