/**
 * Each package manager fetches a real package through the firewall, and all that it is given is the name of its preset.
 * Git hosts are not among them: the tests reach package registries only.
 */

import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DockerEngine } from '../../../src/docker/docker-engine.ts';
import type { RunResult } from '../../../src/run/report.ts';
import { startSandbox } from '../../../testing/engine/sandbox-run.ts';
import { sectionedScript, sectionsOf } from '../../../testing/engine/sections.ts';
import { HAS_PYTHON, UV, virtualEnvironment } from '../../../testing/python.ts';
import { FETCH_LIMIT, installLocked } from '../../../testing/scratch.ts';
import { packageManagers, type PackageManager } from './package-managers.ts';

/** Milliseconds. Eleven programs fetch something, one after the other. */
const LIMIT = FETCH_LIMIT + 600_000;

const folder = join(import.meta.dirname, 'managers');
const npm = await installLocked(folder);
const python = HAS_PYTHON ? await virtualEnvironment(UV) : undefined;
const MANAGERS = packageManagers({ npm, uv: python && join(python.bin, 'uv') });

const APT_DIRECTORY = '/etc/apt';

/** The sources of the machine, below the workspace. */
function aptSources(): Record<string, string> {
  const names = readdirSync(APT_DIRECTORY, { recursive: true }).map(String);
  const kept = names.filter((name) => /^sources\.list$|^sources\.list\.d\/.*\.(list|sources)$/.test(name));
  return Object.fromEntries(
    kept.map((name) => [join('apt-sources', name), readFileSync(join(APT_DIRECTORY, name), 'utf8')]),
  );
}

/** What a machine sets for everybody, its mirrors included, but nothing about the network beside them. */
const yarnRegistry = `YARN_REGISTRY=${execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()}`;

/** A machine can have a CA of its own for its registries. AWF passes on what such a variable names. */
const TRUST = { NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'] ?? '/etc/ssl/certs/ca-certificates.crt' };

async function runWith(allowDomains: string, managers: readonly PackageManager[]) {
  const scripts = managers.map(({ name, script }) => [
    name,
    `(mkdir ${name} && cd ${name} && timeout 90 bash -e -o pipefail -c '${script.replaceAll("'", `'\\''`)}') 2>&1 && echo fetched`,
  ]);
  const run = startSandbox({
    ...{ credentials: {}, resolver: '', engine: new DockerEngine(() => undefined) },
    files: managers.some(({ name }) => name === 'apt') ? aptSources() : {},
    environment: { ...TRUST, PATH: `${join(npm, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}` },
    options: {
      'allow-domains': allowDomains,
      env: yarnRegistry,
      mounts: [npm, ...(python?.mounts ?? [])].join('\n'),
    },
    script: sectionedScript(Object.fromEntries(scripts) as Record<string, string>),
  });
  try {
    const result: RunResult = await run.done;
    return { result, sections: sectionsOf(run.stdout()), stdout: run.stdout() };
  } finally {
    run.removeFiles();
  }
}

describe('with nothing but presets in allow-domains', () => {
  let world: Awaited<ReturnType<typeof runWith>>;
  beforeAll(async () => {
    const tried = MANAGERS.filter(({ missing }) => missing === undefined);
    world = await runWith([...new Set(tried.map(({ preset }) => preset))].join('\n'), tried);
  }, LIMIT);

  for (const { name, preset, missing } of MANAGERS) {
    test.skipIf(missing !== undefined)(missing === undefined ? `${name}: ${preset}` : `${name} (${missing})`, () => {
      expect(world.sections[name] ?? world.stdout).toMatch(/^fetched$/m);
    });
  }

  test('nothing that they need is refused', () => {
    expect(world.result.traffic.domains?.blocked).toEqual([]);
    expect(world.result.traffic.domains?.allowed).not.toEqual([]);
  });
});

test(
  'control: with another preset, npm fetches nothing',
  async () => {
    const control = await runWith(
      'nuget',
      MANAGERS.filter(({ name }) => name === 'npm'),
    );
    expect(control.sections['npm']).not.toMatch(/^fetched$/m);
    expect(control.result.traffic.domains?.allowed).toEqual([]);
    expect(control.result.traffic.domains?.blocked).not.toEqual([]);
  },
  LIMIT,
);
