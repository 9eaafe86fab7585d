import { join } from 'node:path';
import {
  configHome,
  homesOfProgram,
  shownPath,
  textOf,
  variableOf,
  type Machine,
  type Setting,
  type Tool,
} from './machine.ts';
import { addressesIn, assignments, lastOf } from './settings-text.ts';

/** Go before 1.21 has no `go.env`; its sources have the default. */
const SOURCE = 'src/cmd/go/internal/cfg/cfg.go';

/** The module proxies, and the checksum database. (go.dev/ref/mod#environment-variables) */
export const go: Tool = (machine) => {
  const proxy = settingOf(machine, 'GOPROXY');
  const sums = settingOf(machine, 'GOSUMDB');
  const proxies = proxiesIn(proxy?.value ?? '').map((url) => ({ url, from: proxy?.from ?? '' }));
  const settings = [...proxies, ...(sums === undefined ? [] : sumDatabase(sums))];
  if (proxies.length > 0) return { settings };
  if (proxy === undefined) return { settings, gap: 'Go is not installed, and GOPROXY is not set' };
  return { settings, gap: `${proxy.from} has no module proxy, so that modules come from their own servers` };
};

interface Value {
  readonly value: string;
  readonly from: string;
}

function settingOf(machine: Machine, name: string): Value | undefined {
  const own = variableOf(machine, name);
  if (own !== undefined) return { value: own, from: name };
  const settings = variableOf(machine, 'GOENV') ?? join(configHome(machine), 'go/env');
  const roots = [
    variableOf(machine, 'GOROOT') ?? [],
    homesOfProgram(machine, 'go').map((path) => join(path, '..')),
  ].flat();
  const files = [settings, ...roots.map((root) => join(root, 'go.env'))];
  for (const path of files) {
    const value = lastOf(assignments(textOf(machine, path) ?? ''), name);
    if (value !== undefined && value !== '') return { value, from: shownPath(machine, path) };
  }
  for (const root of roots) {
    const text = textOf(machine, join(root, SOURCE)) ?? '';
    const [, value] = new RegExp(`envOr\\("${name}", "([^"]+)"\\)`).exec(text) ?? [];
    if (value !== undefined) return { value, from: "Go's own default" };
  }
  return undefined;
}

/** Go ignores what follows `off` or `direct`. */
function proxiesIn(text: string): string[] {
  const words = text.split(/[,|]/).map((word) => word.trim());
  const end = words.findIndex((word) => word === 'off' || word === 'direct');
  return words.slice(0, end < 0 ? words.length : end).flatMap((word) => addressesIn(withScheme(word)));
}

/** Go takes a host without a scheme for one over HTTPS. (cmd/go/internal/modfetch/proxy.go) */
const withScheme = (text: string): string =>
  /[.:/]/.test(text) && !text.includes(':/') && !text.startsWith('/') ? `https://${text}` : text;

/** `NAME`, `NAME+KEY`, with or without an address of its own, or `off`. */
function sumDatabase({ value, from }: Value): Setting[] {
  const [name = '', address] = value.trim().split(/\s+/);
  if (name === 'off') return [];
  return addressesIn(withScheme(address ?? name.replace(/\+.*$/, ''))).map((url) => ({ url, from }));
}
