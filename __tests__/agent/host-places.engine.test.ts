import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { actionStep, mainAs } from '../../testing/runner/action.ts';
import { ordinaryUser } from '../../testing/runner/program.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';

const SCRIPT = sectionedScript({
  'a cache of a setup action': 'mkdir -p "$UV_CACHE_DIR/new" && touch "$UV_CACHE_DIR/new/file" && echo "$UV_CACHE_DIR"',
  'a cache that is read-only': 'mkdir -p "$PIP_CACHE_DIR" && touch "$PIP_CACHE_DIR/file" && echo "$PIP_CACHE_DIR"',
  'npm’s cache': 'cache=$(npm config get cache) && mkdir -p "$cache/x" && echo "$cache"',
  'programs elsewhere': 'echo "${JAVA_HOME-unset}"',
  'a file of the home': 'echo "${NPM_CONFIG_USERCONFIG-unset}"',
  'a list': 'echo "$PYTHONPATH"',
  'control: a place that is there': 'ls "$CERTIFICATES" > /dev/null && echo there',
});

/** As setup actions leave it. */
describe('env-all on a runner whose variables name places that the sandbox does not have', () => {
  let result: EntryResult;
  let sections: Record<string, string>;
  let top: string;
  beforeAll(async () => {
    const step = actionStep({ 'env-all': 'true', run: SCRIPT }, {});
    top = dirname(step.runner.workspace);
    mkdirSync(join(top, 'temp/uv'));
    writeFileSync(join(top, 'home/.npmrc'), 'cache=/nonexistent\n');
    Object.assign(step.runner.main.env, {
      UV_CACHE_DIR: join(top, 'temp/uv'),
      PIP_CACHE_DIR: '/usr/share',
      npm_config_cache: join(top, 'temp/npm'),
      JAVA_HOME: '/var/log',
      NPM_CONFIG_USERCONFIG: join(top, 'home/.npmrc'),
      PYTHONPATH: '/var/log:/usr/lib/python3',
      CERTIFICATES: '/etc/ssl/certs',
    });
    result = await mainAs(ordinaryUser(), step);
    sections = sectionsOf(result.stdout);
    step.runner.remove();
  });

  test('caches can be written: in /tmp for those of RUNNER_TEMP, else in the private home', () => {
    expect(sections['a cache of a setup action']).toBe('/tmp/uv');
    expect(sections['a cache that is read-only']).toBe(join(top, 'home/.cache/pip_cache_dir'));
    expect(sections['npm’s cache']).toBe('/tmp/npm');
  });

  test('other places are left out, and what is there stays', () => {
    expect(sections['programs elsewhere']).toBe('unset');
    expect(sections['a file of the home']).toBe('unset');
    expect(sections['a list']).toBe('/usr/lib/python3');
    expect(sections['control: a place that is there']).toBe('there');
  });

  test('one warning names them all', () => {
    const warnings = result.stdout
      .split('\n')
      .filter((line) => line.startsWith('::warning') && line.includes('name places'));
    expect(warnings).toHaveLength(1);
    for (const name of [
      'UV_CACHE_DIR',
      'PIP_CACHE_DIR',
      'npm_config_cache',
      'JAVA_HOME',
      'NPM_CONFIG_USERCONFIG',
      'PYTHONPATH',
    ])
      expect(warnings[0]).toContain(name);
    expect(warnings[0]).not.toContain('CERTIFICATES');
  });
});
