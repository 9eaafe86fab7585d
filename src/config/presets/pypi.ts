import type { Tool } from './machine.ts';
import { builtInIndex, pip } from './pip.ts';
import { uv } from './uv.ts';

/**
 * The index of pip, uv and Poetry, and the host of its files. pip and uv do not read each other's settings, so each one's
 * index counts, and the default if neither has one.
 */
export const pypi: Tool = (machine) => {
  const [ofPip, ofUv] = [pip(machine), uv(machine)];
  const defaults = builtInIndex(machine);
  const own = [...(ofPip.isAsked ? ofPip.index : []), ...ofUv.index];
  const index = own.length > 0 || !ofPip.isAsked ? own : defaults.slice(0, 1);
  const usesDefault = index.some(({ url }) => defaults[0] !== undefined && hostOf(url) === hostOf(defaults[0].url));
  const settings = [...index, ...(usesDefault ? defaults.slice(1) : []), ...ofPip.others, ...ofUv.others];
  const missing = ofPip.isAsked
    ? 'pip is not installed, and no setting names an index'
    : 'pip is set to ask no index (no-index)';
  const gap = ofUv.gap ?? (index.length > 0 || (!ofPip.isAsked && settings.length > 0) ? undefined : missing);
  return gap === undefined ? { settings } : { settings, gap };
};

const hostOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).host : undefined);
