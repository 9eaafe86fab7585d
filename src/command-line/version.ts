import { join } from 'node:path';
import { builtImageNames } from '../docker/images.ts';
import { commitOf, versionOf } from '../host/installation.ts';
import { ROLES } from '../shared/network.ts';
import { parse } from './parse.ts';
import type { Subcommand } from './subcommand.ts';

/** `awf version` and `awf --version`: what runs here, for a bug report. */
export const VERSION: Subcommand = {
  name: 'version',
  syntax: '',
  summary: 'shows version, commit and images; also --version',
  run: async (argv, { root, environment }) => {
    const described = await parse('version', argv, (program) =>
      program.description('Shows the version, the commit and the names of the images.'),
    );
    return described ?? { text: versionText(root, environment), exitCode: 0 };
  },
};

function versionText(root: string, environment: NodeJS.ProcessEnv): string {
  const commit = commitOf(root, environment);
  const images = builtImageNames(join(root, 'dist'));
  const lines = [
    `awf ${versionOf(root)}${commit === undefined ? '' : ` (${commit})`}`,
    ...ROLES.map((role) => `${role}: ${images[role]}`),
  ];
  return `${lines.join('\n')}\n`;
}
