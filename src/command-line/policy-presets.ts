import { isInside } from '../host/paths.ts';
import { allPresets, thisMachine } from '../config/egress-build.ts';
import type { Answer } from './subcommand.ts';

/** `awf policy presets`: what each preset is on this machine. */
export function listPresets(environment: NodeJS.ProcessEnv, workspace: string, asJson: boolean, root?: string): Answer {
  const machine = thisMachine([], environment, workspace, root);
  const presets = allPresets(machine).map(({ name, expansion }) => ({
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
  // A run does not work there, so nobody asks for what it would read.
  const note = isInside(machine.home, workspace)
    ? [`The settings in ${machine.home} are left out, because it is in this directory. Ask in that of your project.`]
    : [];
  return { text: `${[...lines, ...note].join('\n')}\n`, exitCode: 0 };
}
