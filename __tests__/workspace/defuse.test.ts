import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { defuse, type Hazard } from '../../src/workspace/defuse.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

function directory(): string {
  const top = temporaryDirectory();
  mkdirSync(join(top, 'below'));
  for (const place of [top, join(top, 'below')]) {
    symlinkSync('/nonexistent', join(place, 'link'));
    expect(spawnSync('mkfifo', [join(place, 'pipe')]).status).toBe(0);
    writeFileSync(join(place, 'program'), '');
    chmodSync(join(place, 'program'), 0o4711);
  }
  chmodSync(join(top, 'below'), 0o500);
  return top;
}

test('whatever harms is made harmless, also in a directory that is locked', () => {
  const top = directory();
  const { isWhole, setIds } = defuse(top, () => true, Infinity);
  expect([isWhole, setIds.toSorted()]).toEqual([true, [join(top, 'below/program'), join(top, 'program')]]);
  for (const place of [top, join(top, 'below')]) {
    expect(readdirSync(place).filter((name) => name !== 'below')).toEqual(['link', 'program']);
    expect(readFileSync(join(place, 'link'), 'utf8')).toBe('/nonexistent');
    expect(lstatSync(join(place, 'program')).mode & 0o7777).toBe(0o711);
  }
});

test('what was there before stays, and what is below if only the directory itself is meant', () => {
  const top = directory();
  const asked: [string, Hazard][] = [];
  const isHazard = (path: string, hazard: Hazard): boolean => asked.push([path, hazard]) < 0;
  expect(defuse(top, isHazard, Infinity, false)).toEqual({ isWhole: true, setIds: [] });
  expect(asked.map(([path, hazard]) => `${path.slice(top.length)} ${hazard}`).sort()).toEqual([
    ...['/link link', '/pipe pipe', '/program set-id'],
  ]);
  expect(lstatSync(join(top, 'link')).isSymbolicLink()).toBe(true);
});

test('it says so if there is no time, or something cannot be looked at', () => {
  const top = directory();
  expect(defuse(top, () => true, 0).isWhole).toBe(false);
  expect(defuse(join(top, 'nothing'), () => true, Infinity).isWhole).toBe(false);
});
