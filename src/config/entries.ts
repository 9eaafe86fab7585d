import { isIP } from 'node:net';
import { isAbsolute, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { HostEntry } from '../shared/network.ts';
import type { RequestedVariable, UserMount } from './config.ts';
import { canonicalHost } from './domain.ts';
import type { ParseContext } from './option.ts';
import { nearestPresets, presetNamed, type Preset } from './presets/names.ts';
import { placeOf, type Given } from './source.ts';

/** `name:address` */
export function hostEntry({ text, source }: Given): HostEntry {
  const colon = text.indexOf(':');
  const name = canonicalHost(text.slice(0, Math.max(colon, 0)));
  const address = text.slice(colon + 1).replace(/^\[|\]$/g, '');
  if (name !== undefined && isIP(address) === 4) return { name, address };
  throw new UserError(`${placeOf(source)}: "${text}" is not name:address.`, {
    hint: 'Write a domain name, a colon and an IPv4 address, for example "gateway.example.com:10.1.2.3".',
  });
}

/** A preset, or the wish for a proposal. */
export interface PresetEntry extends Pick<Given, 'source'> {
  readonly preset: Preset | 'auto';
}

/** The name or an alias of a preset, or `auto`. */
export function presetEntry({ text, source }: Given, { nameOf }: ParseContext): PresetEntry {
  const preset = text.toLowerCase() === 'auto' ? 'auto' : presetNamed(text);
  if (preset !== undefined) return { preset, source };
  const nearest = nearestPresets(text);
  const hint =
    nearest.length === 0
      ? `docs/presets.md lists the presets. Domains go into ${nameOf('allow-domains')}.`
      : `Did you mean ${nearest.join(' or ')}?`;
  throw new UserError(`${placeOf(source)}: "${text}" is no preset.`, { hint });
}

/** A variable for the command, with the place that requests it. */
export type VariableEntry = RequestedVariable & Pick<Given, 'source'>;

/** `NAME` or `NAME=value`. The value may be a secret, so no message quotes it. */
export function requestedVariable({ text, source }: Given, { nameOf }: ParseContext): VariableEntry {
  const place = placeOf(source);
  const { name, value } = /^(?<name>[A-Za-z_][A-Za-z0-9_]*)(?:=(?<value>.*))?$/s.exec(text)?.groups ?? {};
  if (name === undefined) {
    throw new UserError(`${place}: this is not a variable.`, {
      hint: 'Write NAME or NAME=value; a name has letters, digits and underscores. To pass a value with line breaks, set the variable in the environment of the step or of awf, and write only its NAME here.',
    });
  }
  if (value?.includes('\n') === true) {
    throw new UserError(`${place}: the value of ${name} has a line break.`, {
      hint: `Set ${name} in the environment of awf, and write ${nameOf('env')} ${name}.`,
    });
  }
  return { name, value, source };
}

/** `source[:target][:rw]` */
export function userMount({ text, source: given }: Given): UserMount {
  const origin = placeOf(given);
  const writable = text.endsWith(':rw');
  const [source = '', target = source, ...rest] = text.replace(/:(rw|ro)$/, '').split(':');
  if (rest.length === 0 && isAbsolute(source) && isAbsolute(target)) {
    return { source: resolve(source), target: resolve(target), writable, origin };
  }
  const tilde = [source, target].some((path) => path.startsWith('~')) ? ' A ~ is not expanded here.' : '';
  throw new UserError(`${origin}: "${text}" is not source[:target][:rw].`, {
    hint: `Write absolute paths, for example "/srv/models:/models" or "/srv/cache:/cache:rw".${tilde}`,
  });
}
