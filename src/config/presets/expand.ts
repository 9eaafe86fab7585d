import type { HostPreset } from './data.ts';
import type { Machine, Setting } from './machine.ts';
import { PRESET_NAMES, presetNamed, type Preset, type ToolPreset } from './names.ts';

/** A host of a preset. */
export interface PresetHost {
  /** As an entry of `allow-domains`: `https://=packages.example`. */
  readonly text: string;
  /** What names it: a setting of the machine's, or the preset itself. */
  readonly from: string;
}

/** What a preset is on a machine. */
export interface Expansion {
  readonly hosts: readonly PresetHost[];
  /** What the machine does not say, each a sentence without its dot; then the preset does not cover it. */
  readonly gaps: readonly string[];
}

/** The hosts of a preset on a machine. It reads files, and starts no program. */
export function expandPreset(preset: Preset, machine: Machine): Expansion {
  return 'tool' in preset ? ofTool(preset, machine) : ofHosts(preset, machine);
}

function ofHosts({ name, hosts, includes = [] }: HostPreset, machine: Machine): Expansion {
  const own = hosts.map((host) => ({ text: `https://=${host}`, from: name }));
  const others = includes.flatMap((word) => {
    const preset = presetNamed(word);
    return preset === undefined ? [] : [expandPreset(preset, machine)];
  });
  return {
    hosts: unique([...own, ...others.flatMap((one) => one.hosts)]),
    gaps: others.flatMap(({ gaps }) => gaps),
  };
}

function ofTool({ tool }: ToolPreset, machine: Machine): Expansion {
  const { settings, gap } = tool(machine);
  const hosts = settings.flatMap((setting) => {
    const text = entryOf(setting);
    return text === undefined ? [] : [{ text, from: setting.from }];
  });
  return { hosts: unique(hosts), gaps: gap === undefined ? [] : [gap] };
}

/** @returns undefined for what is not on the network, such as a directory */
function entryOf({ url, isBelow }: Setting): string | undefined {
  const text = url.replace(/^sparse\+/i, '');
  if (!URL.canParse(text)) return brokenEntryOf(text);
  // A name and a password are left behind here.
  const { protocol, host } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  return `${protocol}//${isBelow === true ? '*.' : '='}${host}`;
}

/** What is refused as no name, with the setting that it is from. A name and a password are left behind here, too. */
function brokenEntryOf(url: string): string | undefined {
  const [, scheme, host = ''] = /^(https?):\/\/(?:[^/?#]*@)?([^/?#]*)/i.exec(url) ?? [];
  return scheme === undefined ? undefined : `${scheme.toLowerCase()}://=${host}`;
}

/** Of several settings that name a host, the first. */
function unique(hosts: readonly PresetHost[]): PresetHost[] {
  return hosts.filter(({ text }, index) => hosts.findIndex((other) => other.text === text) === index);
}

/** The names of the presets that allow a host at a port: by `http` at that scheme's own, and by HTTPS at any other. */
export type PresetFinder = (host: string, port: number) => readonly string[];

/** The settings of all tools are read at the first question, and then remembered. */
export function presetFinder(machine: Machine): PresetFinder {
  let table: { readonly name: string; readonly hosts: readonly PresetHost[] }[] | undefined;
  return (host, port) => {
    table ??= PRESET_NAMES.map((name) => {
      const preset = presetNamed(name);
      return { name, hosts: preset === undefined ? [] : expandPreset(preset, machine).hosts };
    });
    return table.filter(({ hosts }) => hosts.some(({ text }) => allows(text, host, port))).map(({ name }) => name);
  };
}

function allows(text: string, host: string, port: number): boolean {
  const [, scheme, kind, name = '', own] = /^(\w+):\/\/(=|\*\.)([^:]*)(?::(\d+))?$/.exec(text) ?? [];
  if (port !== (own === undefined ? { https: 443, http: 80 }[scheme ?? ''] : Number(own))) return false;
  return kind === '=' ? name === host : host.endsWith(`.${name}`);
}
