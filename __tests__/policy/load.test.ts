import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { FrontEndKind } from '../../src/config/source.ts';
import { ConfigError } from '../../src/errors.ts';
import { temporaryDirectory, thrown } from '../../testing/builders.ts';
import { LOAD } from '../config/front-ends.ts';

const KINDS: readonly FrontEndKind[] = ['action', 'cli'];

beforeEach(() => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  return () => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  };
});

function aWorkspace(policy: string): string {
  const workspace = temporaryDirectory();
  mkdirSync(join(workspace, '.github'));
  writeFileSync(join(workspace, '.github/awf.yml'), policy);
  return workspace;
}

describe.each(KINDS)('in the %s', (kind) => {
  test('a policy file decides what no option says, and defaults of the front end do not hide it', () => {
    const workspace = aWorkspace(`version: 1
egress: { mode: audit, allow: [a.example], deny: [b.example] }
hosts: { r.example: { rules: [GET /x/**] } }
limits: { timeout-minutes: 5, memory: 1g, pids: 7, max-requests: 1, max-tokens: 2, max-cost-usd: 0.5 }
protect-paths: [src]
`);
    expect(LOAD[kind]({}, workspace)).toMatchObject({
      policy: { file: '.github/awf.yml', commit: undefined },
      egress: { mode: 'audit', allow: [{ host: 'a.example' }], deny: [{ host: 'b.example' }] },
      namedHosts: { others: expect.arrayContaining([expect.objectContaining({ name: 'r.example' })]) as object },
      timeoutMinutes: 5,
      memory: '1g',
      pids: 7,
      budget: { maxRequests: 1, maxTokens: 2, maxCostUsd: 0.5 },
      protectPaths: [
        { path: 'src', mode: 'read-only' },
        { path: '.github/awf.yml', mode: 'read-only', isPolicy: true },
      ],
    });
  });

  test('the command cannot write the policy of the next run, unless an entry of its own says so', () => {
    const workspace = aWorkspace('version: 1\n');
    writeFileSync(join(workspace, 'team.yml'), 'version: 1\n');
    const guarded = (options: Readonly<Record<string, readonly string[]>>) =>
      LOAD[kind](options, workspace).protectPaths.filter(({ path }) =>
        ['.github/awf.yml', 'team.yml', '.github'].includes(path),
      );
    const [awf, team] = ['.github/awf.yml', 'team.yml'].map((path) => ({ path, mode: 'read-only', isPolicy: true }));
    const without = guarded({});
    expect(without).toContainEqual(awf);
    expect(guarded({ 'protect-paths': ['src'] })).toEqual([awf]);
    expect(guarded({ 'protect-paths': ['none'] })).toEqual([awf]);
    expect(guarded({ 'protect-paths': ['src'], policy: ['team.yml'] })).toEqual([team]);
    expect(guarded({ 'protect-paths': ['.github'] })).toEqual([{ path: '.github', mode: 'read-only' }, awf]);
    expect(guarded({ 'protect-paths': ['report:.github'] })).toEqual([{ path: '.github', mode: 'report' }, awf]);
    const report = { path: '.github/awf.yml', mode: 'report' };
    expect(guarded({ 'protect-paths': ['report:.github/awf.yml'] })).toEqual([report]);
    expect(guarded({ 'protect-paths': ['src'], policy: ['none'] })).toEqual([]);
  });

  test('options add to its lists, and come before its other values', () => {
    const workspace = aWorkspace('version: 1\negress: {mode: audit, allow: [a.example]}\nlimits: {pids: 7}\n');
    const given = { 'allow-domains': ['c.example'], 'egress-policy': ['block'], pids: ['8'] };
    const config = LOAD[kind](given, workspace);
    expect(config.egress.allow.map(({ host }) => host)).toEqual(['a.example', 'c.example']);
    expect(config.egress.mode).toBe('block');
    expect(config.pids).toBe(8);
  });

  test('its mistakes are told with those of the options, each with its place', () => {
    const workspace = aWorkspace('version: 1\negress: {allow: [10.0.0.1], alow: []}\n');
    const error = thrown(() => LOAD[kind]({ memory: ['much'] }, workspace));
    if (!(error instanceof ConfigError)) throw error;
    expect(error.problems.map(({ message }) => message)).toEqual([
      '.github/awf.yml, line 2, column 29: "alow" is not a key of egress.',
      '.github/awf.yml, line 2, column 18: "10.0.0.1" is an IP address.',
      expect.stringMatching(/memory: "much" is not a size/),
    ]);
  });

  test('none is no file', () => {
    const config = LOAD[kind]({ policy: ['none'] }, aWorkspace('nonsense'));
    expect(config.policy).toBeUndefined();
  });
});
