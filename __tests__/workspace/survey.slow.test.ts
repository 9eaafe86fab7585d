import { linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isHuge } from '../../src/workspace/git/files.ts';
import { survey, type Survey } from '../../src/workspace/survey.ts';
import { pathsIn, surveyAfter } from './survey-after.ts';

/** Every directory was searched, to its end. */
function expectWhole(found: Survey): void {
  expect(found.left).toBe(0);
  expect([...pathsIn(found, 'flooded'), ...pathsIn(found, 'unread')]).toEqual([]);
}

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
    expect(found.left).toBe(0);
    expect(pathsIn(found, 'flooded')).toEqual([huge]);
    expect(pathsIn(found, 'unread')).toEqual([]);
    expect(pathsIn(found, 'git-directory')).toEqual([]);
  });

  test('and that was there before is searched, before and afterwards', async () => {
    const before = await survey(top);
    expectWhole(before);
    expect(pathsIn(before, 'git-directory')).toEqual([repository]);
    const known = { ...before, findings: before.findings.filter(({ kind }) => kind === 'huge') };
    const after = await surveyAfter(top, known);
    expectWhole(after);
    expect(pathsIn(after, 'git-directory')).toEqual([repository]);
    expect((await surveyAfter(top, before)).findings).toEqual([]);
  });

  test('and that is the workspace is searched, because it cannot be moved aside', async () => {
    for (const found of [await survey(huge), await surveyAfter(huge)]) {
      expectWhole(found);
      expect(pathsIn(found, 'git-directory')).toEqual([repository]);
    }
  });

  test('and that takes too long is said to be searched in part', async () => {
    const found = await surveyAfter(huge, undefined, 10);
    expect(found.left).toBeGreaterThan(0);
    expect(pathsIn(found, 'flooded')).toEqual([]);
  });
});
