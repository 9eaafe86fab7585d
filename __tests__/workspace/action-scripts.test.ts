import { expect, test } from 'vitest';
import { programsIn } from '../../src/workspace/action-scripts.ts';

test.each([
  ['./scripts/x.sh --to y', ['/w/scripts/x.sh']],
  ['./a && ./b | ./c; ./d &', ['/w/a', '/w/b', '/w/c', '/w/d']],
  ['CI=1 FOO="a b" \'./x.sh\'', ['/w/x.sh']],
  [`bash -c "./x --to y; './z'"`, ['/w/x', '/w/z']],
  ['CI=1 ./x.sh', ['/w/x.sh']],
  ['if ! ./x; then sudo -E ./y; fi', ['/w/x', '/w/y']],
  ['timeout 5m ./x', ['/w/x']],
  ['echo $(./x) `./y`', ['/w/x', '/w/y']],
  ['bash -euo pipefail ci/x.sh', ['/w/pipefail']],
  ['bash -e ci/x.sh arg', ['/w/ci/x.sh']],
  ['/usr/bin/python3 -u tools/x.py data.csv', ['/usr/bin/python3', '/w/tools/x.py']],
  ['npx tsx tools/x.ts', ['/w/tools/x.ts']],
  ['uv run python x.py', ['/w/x.py']],
  ['go run ./cmd/x', ['/w/cmd/x']],
  ['. ./env.sh', ['/w', '/w/env.sh']],
  ['./a \\\n  --b', ['/w/a']],
])('a script starts: %s', (text, programs) => {
  expect(programsIn({ text, directory: '/w' })).toEqual(expect.arrayContaining(programs));
});

test('a script may have changed to any directory that it names', () => {
  const programs = programsIn({ text: 'cd a\n./x\ncd ../b && ./y', directory: '/w' });
  expect(programs).toEqual(expect.arrayContaining(['/w/a/x', '/w/b/y', '/w/y']));
});

test('what a program only reads is none', () => {
  const programs = programsIn({ text: 'cat src/x.ts > out; node build.js src/y.ts', directory: '/w' });
  expect(programs).toContain('/w/build.js');
  expect(programsIn({ text: 'test -f x && make', directory: '/w' })).toEqual([]);
  expect(programs.filter((path) => path.endsWith('.ts'))).toEqual([]);
});

test('a script that names ever more places costs little', () => {
  const lines = Array.from({ length: 5_000 }, (_, index) => `cd d${index} && ./x${index}`);
  expect(programsIn({ text: lines.join('\n'), directory: '/w' }).length).toBeLessThan(50_000);
});
