import { allPresets, thisMachine } from '../config/egress-build.ts';
import type { Answer } from './subcommand.ts';

/** `awf policy presets`: what each preset is on this machine. */
export function listPresets(environment: NodeJS.ProcessEnv, workspace: string, asJson: boolean, root?: string): Answer {
  const presets = allPresets(thisMachine([], environment, workspace, root)).map(({ name, expansion }) => ({
    name,
    hosts: expansion.hosts,
    gaps: expansion.gaps,
  }));
  if (asJson) return { text: `${JSON.stringify(presets)}\n`, exitCode: 0 };
  const lines = presets.flatMap(({ name, hosts, gaps }) => [
    name,
    ...hosts.map(({ text, from }) => `  ${text}${from === name ? '' : ` (from ${from})`}`),
    ...gaps.map((gap) => `  ${gap}.`),
  ]);
  return { text: `${lines.join('\n')}\n`, exitCode: 0 };
}
