import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { survey } from '../../src/workspace/survey.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { pathsIn, surveyAfter } from './survey-after.ts';

describe('directories in which a later program gets stuck', () => {
  /** A workspace with an open directory and one of each kind. */
  function workspace(): string {
    const top = temporaryDirectory();
    for (const [name, mode] of Object.entries({ open: 0o755, listed: 0o400, shut: 0o000, fixed: 0o555 })) {
      mkdirSync(join(top, name, 'below'), { recursive: true });
      writeFileSync(join(top, name, 'file'), '');
      if (name === 'fixed') chmodSync(join(top, name, 'below'), 0o555);
      chmodSync(join(top, name), mode);
    }
    return top;
  }

  test('are found, the outermost ones of those that are read-only', async () => {
    const top = workspace();
    const found = await surveyAfter(top);
    expect(pathsIn(found, 'shut').sort()).toEqual(['listed', 'shut'].map((name) => join(top, name)));
    expect(pathsIn(found, 'read-only')).toEqual([join(top, 'fixed')]);
    // They can be searched now, and removed.
    expect((await surveyAfter(top)).findings).toEqual([{ kind: 'read-only', path: join(top, 'fixed') }]);
    chmodSync(join(top, 'fixed'), 0o755);
    chmodSync(join(top, 'fixed/below'), 0o755);
  });

  test('are left alone if they were there before', async () => {
    const top = workspace();
    const before = await survey(top);
    const after = await surveyAfter(top, before);
    expect(after.findings).toEqual([]);
    expect((await survey(top)).findings).toEqual(before.findings);
    for (const name of ['listed', 'shut', 'fixed', 'fixed/below']) chmodSync(join(top, name), 0o755);
  });
});
