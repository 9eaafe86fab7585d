/** zizmor, the auditor of workflows, in its strictest persona. Without a network: it asks GitHub nothing. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAS_PYTHON, programFromPypi } from '../../testing/python.ts';
import { ROOT } from '../../testing/root.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { EXAMPLES } from './example-files.ts';
import { WORKFLOWS } from './workflow-files.ts';

/** Codes of a run that could check the files: nothing found, or findings of some severity. */
const isVerdict = (code: unknown): boolean => code === 0 || (typeof code === 'number' && code >= 10 && code <= 14);

interface Finding {
  readonly ident: string;
}

describe.skipIf(!HAS_PYTHON)('zizmor', () => {
  let zizmor: string;
  let scratch: string;

  beforeAll(async () => {
    zizmor = await programFromPypi(join(import.meta.dirname, 'zizmor'));
    scratch = mkdtempSync(join(tmpdir(), 'awf-zizmor-'));
  }, FETCH_LIMIT);
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  function audit(...files: string[]): Promise<string[]> {
    const options = ['--offline', '--no-progress', '--quiet', '--persona=pedantic', '--format=json'];
    const args = [...options, `--config=${join(ROOT, '.github/zizmor.yml')}`, ...files];
    return new Promise((resolve, reject) => {
      execFile(zizmor, args, { cwd: ROOT, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        if (!isVerdict(error?.code ?? 0)) reject(new Error(stderr, { cause: error }));
        else resolve((JSON.parse(stdout) as Finding[]).map(({ ident }) => ident));
      });
    });
  }

  test.each([...WORKFLOWS, ...EXAMPLES.map((file) => join('examples', file))])('finds nothing in %s', async (file) => {
    expect(await audit(file)).toEqual([]);
  });

  test('finds nothing in action.yml', async () => expect(await audit('action.yml')).toEqual([]));

  // This proves that it audits in the strict persona, and that its settings do not silence it.
  test.each([
    {
      what: 'an action pinned to a tag',
      from: /checkout@[0-9a-f]{40} # v\d\.\d\.\d/,
      to: 'checkout@v6',
      ident: 'unpinned-uses',
    },
    {
      what: 'a token left in the checkout',
      from: /with:\n +persist-credentials: false\n/,
      to: '\n',
      ident: 'artipacked',
    },
    {
      what: 'an expression in a script',
      from: 'run: npm ci',
      to: 'run: npm ci ${{ github.head_ref }}',
      ident: 'template-injection',
    },
    {
      what: 'permissions for everything',
      from: 'contents: read',
      to: 'contents: write',
      ident: 'excessive-permissions',
    },
    {
      what: 'a job without a name',
      from: '    name: dist/ is built from the sources\n',
      to: '',
      ident: 'anonymous-definition',
    },
  ])('finds $what', async ({ from, to, ident }) => {
    const original = '.github/workflows/check-dist.yml';
    const text = readFileSync(join(ROOT, original), 'utf8');
    const changed = text.replace(from, to);
    expect(changed).not.toBe(text);
    const file = join(scratch, basename(original));
    writeFileSync(file, changed);
    expect(await audit(file)).toContain(ident);
  });
});
