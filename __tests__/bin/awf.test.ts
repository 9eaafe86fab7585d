import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../testing/root.ts';

const FILE = join(ROOT, 'bin/awf.js');

/** Runs the command as if the version of Node.js were another one. */
function runWith(version: string) {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${version}'})`;
  return spawnSync(process.execPath, [`--import=${pretend}`, FILE, '--help'], { encoding: 'utf8' });
}

test.each(['18.20.8', '20.20.2', '22.21.0'])(
  'says under Node.js %s which one is needed, without a stack trace',
  (version) => {
    expect(runWith(version)).toMatchObject({
      status: 2,
      stdout: '',
      stderr:
        `awf: error: AWF needs Node.js 24 or later, and this is ${version}.\n` +
        'Install a newer one, or run npx --package=node@24 --package=awf awf.\n',
    });
  },
);

test.each(['24.0.0', '100.1.0'])('starts under Node.js %s', (version) => {
  expect(runWith(version)).toMatchObject({
    status: 0,
    stderr: '',
    stdout: expect.stringContaining('--allow-domains') as string,
  });
});

test('needs what package.json promises, and can be executed', () => {
  const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } };
  const [, needed] = /NEEDED = (\d+);/.exec(readFileSync(FILE, 'utf8')) ?? [];
  expect(engines.node).toBe(`>=${needed ?? ''}`);
  expect(statSync(FILE).mode & 0o111).toBe(0o111);
});
