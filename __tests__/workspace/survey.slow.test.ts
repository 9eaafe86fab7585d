import { linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isHuge } from '../../src/workspace/git/files.ts';
import { survey } from '../../src/workspace/survey.ts';
import { pathsIn, surveyAfter } from './survey-after.ts';

describe('a directory with more names in it than fit into memory', () => {
  let top: string;
  let huge: string;
  /** What must be found. */
  let repository: string;
  beforeAll(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-huge-')));
    huge = join(top, 'huge');
    repository = join(huge, 'sub/n/.git');
    mkdirSync(repository, { recursive: true });
    // Long names, most of which are links to a file, fill a directory soonest.
    for (let i = 0; !isHuge(huge); i++) {
      const file = join(huge, String(i).padStart(250, 'x'));
      if (i % 50_000 === 0) writeFileSync(file, '');
      else linkSync(join(huge, String(i - (i % 50_000)).padStart(250, 'x')), file);
    }
  }, 60_000);
  afterAll(() => {
    rmSync(top, { recursive: true });
  });

  test('and that is new is not searched, and is left to be moved aside', async () => {
    const found = await surveyAfter(top);
    expect(found).toMatchObject({ flooded: [huge], unread: [], left: 0 });
    expect(pathsIn(found, 'git-directory')).toEqual([]);
  });

  test('and that was there before is searched, before and afterwards', async () => {
    const before = await survey(top);
    expect(before).toMatchObject({ flooded: [], unread: [], left: 0 });
    expect(pathsIn(before, 'git-directory')).toEqual([repository]);
    const known = { ...before, findings: before.findings.filter(({ kind }) => kind === 'huge') };
    const after = await surveyAfter(top, known);
    expect(after).toMatchObject({ flooded: [], unread: [], left: 0 });
    expect(pathsIn(after, 'git-directory')).toEqual([repository]);
    expect((await surveyAfter(top, before)).findings).toEqual([]);
  });

  test('and that is the workspace is searched, because it cannot be moved aside', async () => {
    for (const found of [await survey(huge), await surveyAfter(huge)]) {
      expect(found).toMatchObject({ flooded: [], unread: [], left: 0 });
      expect(pathsIn(found, 'git-directory')).toEqual([repository]);
    }
  });

  test('and that takes too long is said to be searched in part', async () => {
    const found = await surveyAfter(huge, undefined, 10);
    expect(found.left).toBeGreaterThan(0);
    expect(found.flooded).toEqual([]);
  });
});
