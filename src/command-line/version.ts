import { join } from 'node:path';
import { builtImageNames } from '../docker/images.ts';
import { commitOf, versionOf } from '../host/installation.ts';
import { ROLES } from '../shared/network.ts';
import type { Answer, Subcommand } from './subcommand.ts';

/** `awf version` and `awf --version`: what runs here, for a bug report. */
export const VERSION: Subcommand = {
  name: 'version',
  syntax: '',
  summary: 'shows version, commit and images; also --version',
  run: (_, { root, environment }): Answer => {
    const commit = commitOf(root, environment);
    const images = builtImageNames(join(root, 'dist'));
    const lines = [
      `awf ${versionOf(root)}${commit === undefined ? '' : ` (${commit})`}`,
      ...ROLES.map((role) => `${role}: ${images[role]}`),
    ];
    return { text: `${lines.join('\n')}\n`, exitCode: 0 };
  },
};
