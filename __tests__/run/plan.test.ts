import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMAND_FILE_VARIABLES } from '../../src/agent/command-files.ts';
import type { ContainerSpec } from '../../src/docker/spec.ts';
import type { RunPlan } from '../../src/run/plan.ts';
import { addressesIn, namesFor, squidUrl } from '../../src/shared/network.ts';
import type { SidecarConfig } from '../../src/shared/sidecar-config.ts';
import { aConfig, given, NO_SECRETS, SENTINELS, thrown, type ConfigOverrides } from '../../testing/builders.ts';
import { allowing } from '../../testing/options.ts';
import { configured } from '../../testing/sidecar/configured.ts';
import { CLAIMED, IMAGES, plan, PREPARED, RUN_ID } from './plan-data.ts';

const ROOT = join(import.meta.dirname, '..', '..');

const containersOf = ({ containers }: RunPlan): Partial<Record<string, ContainerSpec>> =>
  Object.fromEntries(Object.entries(containers).filter(([, spec]) => spec !== undefined));

/** The api-proxy's document, parsed as the api-proxy does. */
const sidecarConfig = (planned: RunPlan): SidecarConfig => JSON.parse(planned.documents.apiProxy) as SidecarConfig;

describe('the containers', () => {
  test.each<[string, ConfigOverrides, Readonly<Record<string, string>>]>([
    ['with the host’s toolchain', {}, { squid: IMAGES.squid, apiProxy: IMAGES['api-proxy'], agent: IMAGES.agent }],
    ['without the api-proxy', { apiProxy: false }, { squid: IMAGES.squid, agent: IMAGES.agent }],
    [
      'with an image of the user’s, which the agent’s image lends its files to',
      { agentImage: 'debian:13' },
      { squid: IMAGES.squid, apiProxy: IMAGES['api-proxy'], agent: 'debian:13', library: IMAGES.agent },
    ],
  ])('and their images, %s', (_, overrides, images) => {
    const containers = containersOf(plan(overrides));
    expect(Object.fromEntries(Object.entries(containers).map(([role, spec]) => [role, spec?.image]))).toEqual(images);
    for (const spec of Object.values(containers)) expect(spec?.runId).toBe(RUN_ID);
  });

  test.each([
    ['172.30.0.0/24', ''],
    ['10.213.7.0/24', `-${RUN_ID}`],
  ])('have addresses in the subnet %s, and their own names', (subnet, suffix) => {
    const { addresses, containers, documents } = plan({}, { subnet, names: namesFor(RUN_ID, subnet) });
    expect(addresses).toEqual(addressesIn(subnet));
    for (const [role, spec] of Object.entries({ squid: containers.squid, 'api-proxy': containers.apiProxy! })) {
      expect(spec).toMatchObject({ name: `awf-${role}${suffix}`, address: addressesIn(subnet)[role as 'squid'] });
    }
    expect(containers.agent).toMatchObject({ name: `awf-agent${suffix}`, address: addressesIn(subnet).agent });
    expect(documents.squid).toContain(addresses.agent);
    expect(documents.agent).toContain(squidUrl(addresses));
  });

  test('only the sidecars see the logs, each its own', () => {
    const { containers } = plan();
    const sources = (spec: ContainerSpec): unknown[] =>
      spec.mounts.map((mount) => (mount.kind === 'bind' ? mount.source : mount.kind));
    expect(sources(containers.squid)).toEqual([PREPARED.logs.squid]);
    expect(sources(containers.apiProxy!)).toEqual([PREPARED.logs.apiProxy]);
    expect(JSON.stringify(containers.agent)).not.toContain('-logs');
  });

  test('the agent sees the toolchain, system files, its own files, the workspace, and the guards over it', () => {
    const { mounts } = plan().containers.agent;
    const at = (target: string) => mounts.find((mount) => mount.target === target);
    expect(at('/usr')).toMatchObject({ writable: false });
    expect(at('/data')).toEqual(CLAIMED.userMounts[0]);
    for (const file of Object.values(COMMAND_FILE_VARIABLES)) {
      expect(at(file)).toMatchObject({
        source: expect.stringContaining(PREPARED.workDirectory) as string,
        writable: true,
      });
    }
    const targets = mounts.map(({ target }) => target);
    expect(targets.indexOf('/workspace/.git/hooks')).toBeGreaterThan(targets.indexOf('/workspace'));
    expect(targets).toEqual([...new Set(targets)]);
  });
});

describe('the system files', () => {
  test('are mounted from where they will be written', () => {
    const { systemFiles, systemFileDirectory, containers } = plan();
    expect(systemFileDirectory.startsWith(PREPARED.workDirectory)).toBe(true);
    for (const path of ['/etc/passwd', '/etc/group', '/etc/resolv.conf']) {
      expect(systemFiles).toHaveProperty([path]);
      expect(containers.agent.mounts).toContainEqual({
        ...{ kind: 'bind', source: join(systemFileDirectory, path), target: path, writable: false },
      });
    }
    expect(systemFiles['/etc/passwd']).toContain('runner:x:1001:1002::/home/runner:');
  });
});

describe('the documents', () => {
  test('Squid’s contains the allow-list and the upstreams', () => {
    const { documents } = plan({ egress: allowing('example.org'), secrets: given('ANTHROPIC_API_KEY') });
    expect(documents.squid).toContain('example.org');
    expect(documents.squid).toContain('api.anthropic.com');
  });

  test('the api-proxy’s contains its configuration and nothing else', () => {
    const config = sidecarConfig(
      plan({
        ...{ secrets: given('OPENAI_API_KEY'), budget: { maxRequests: 3 }, logLevel: 'debug', upstreamCa: 'PEM' },
        allowEndpoints: [{ provider: 'openai', method: 'POST', path: '/v1/files' }],
      }),
    );
    expect(config).toMatchObject({
      proxyUrl: squidUrl(addressesIn(CLAIMED.subnet)),
      providers: { openai: { target: { host: 'api.openai.com', port: 443, basePath: '' } } },
      ...{ budget: { maxRequests: 3 }, logLevel: 'debug', upstreamCa: 'PEM' },
      allowEndpoints: [{ provider: 'openai', method: 'POST', path: '/v1/files' }],
    });
    expect(Object.keys(config.providers)).toEqual(['openai']);
  });

  test('the api-proxy’s contains the names that lead to it', () => {
    const carried = (overrides: ConfigOverrides) => sidecarConfig(plan(overrides)).transparent;
    const [address, proxyUrl] = ['172.30.0.30', 'http://172.30.0.10:3130'];
    expect(carried({ egress: allowing('example.org\n*.wild.example\nhttps://port.example:8443') })).toEqual({
      ...{ address, proxyUrl, deny: [] },
      allow: [
        { host: 'example.org', match: 'domain' },
        { host: 'wild.example', match: 'subdomains' },
        { host: 'port.example', match: 'domain' },
      ],
      tlsPorts: [8443],
    });
    const { allow, deny } = allowing('example.org');
    expect(carried({ egress: { mode: 'audit', allow, deny } })).toEqual({ address, proxyUrl, deny: [], tlsPorts: [] });
    expect(carried({ transparent: false })).toBeUndefined();
  });

  test('the api-proxy’s leaves out ports that are taken, or that its user may not listen on', () => {
    const entries = [7, 22, 53, 10_000, 10_443, 9443].map((port) => `https://port.example:${port}`);
    expect(sidecarConfig(plan({ egress: allowing(entries.join('\n')) })).transparent?.tlsPorts).toEqual([9443]);
  });

  test('the agent’s contains the command, and where to find the model', () => {
    const command = { kind: 'argv', argv: ['agent-program', '--flag'] } as const;
    const { documents, addresses } = plan({ command, secrets: given('OPENAI_API_KEY') });
    expect(documents.agent).toContain('agent-program');
    expect(documents.agent).toContain(addresses['api-proxy']);
  });
});

describe('the secrets', () => {
  const environment = { ...Object.fromEntries(SENTINELS), COPY: [...SENTINELS.values()].join(), OTHER: 'x' };

  test.each<[string, ConfigOverrides]>([
    ['all of them', { secrets: SENTINELS }],
    ['with the whole environment', { secrets: SENTINELS, envAll: true }],
    ['with an image', { secrets: SENTINELS, agentImage: 'debian:13', envAll: true }],
    ['one by one', { secrets: given('OPENAI_API_KEY') }],
    ['none', { secrets: NO_SECRETS }],
  ])('are only in the api-proxy’s document: %s', (_, overrides) => {
    const host = { ...CLAIMED.host, environment };
    const planned = plan(overrides, { host });
    const secrets = overrides.secrets ?? NO_SECRETS;
    const injected = Object.entries(sidecarConfig(planned).providers).map(([id, { credential }]) => [id, credential]);
    expect(injected).toEqual(
      aConfig(overrides).providers.map(({ provider, given: [first] }) => [provider.id, secrets.get(first)]),
    );
    const elsewhere = JSON.stringify({ ...planned, documents: { ...planned.documents, apiProxy: '' } });
    for (const value of secrets.values()) expect(elsewhere).not.toContain(value);
  });

  test('are passed on as given: a provider’s second credential is left out', () => {
    const { providers } = sidecarConfig(plan({ secrets: given('COPILOT_GITHUB_TOKEN', 'COPILOT_API_KEY') }));
    expect(providers).toEqual({
      copilot: { ...configured('copilot', SENTINELS.get('COPILOT_GITHUB_TOKEN')!), checksKey: true, model: {} },
    });
  });

  test('in the command stop the run, without being printed', () => {
    const secret = SENTINELS.get('OPENAI_API_KEY')!;
    const command = { kind: 'argv', argv: ['curl', '-H', `x: ${secret}`] } as const;
    const error = thrown(() => plan({ command, secrets: given('OPENAI_API_KEY') }));
    expect(error.message).toContain('OPENAI_API_KEY');
    expect(`${error.message} ${error.hint ?? ''}`).not.toContain(secret);
  });
});

test('an image with a volume at one of the sandbox’s own file systems is rejected', () => {
  const agentImage = { platform: 'linux/amd64', volumes: ['/tmp'], builtAt: 0, isStandIn: false };
  expect(thrown(() => plan({ agentImage: 'debian:13' }, { agentImage })).message).toContain(
    'agent-image: debian:13 has a volume at /tmp',
  );
});

test('planning reads and writes no files', () => {
  const flags = ['--permission', `--allow-fs-read=${ROOT}`, '--disable-warning=ExperimentalWarning'];
  const output = execFileSync(process.execPath, [...flags, join(import.meta.dirname, 'fixtures', 'plan.ts')]);
  expect(JSON.parse(output.toString())).toEqual({
    refused: { reading: true, writing: true },
    plan: JSON.parse(JSON.stringify(plan({ secrets: SENTINELS }))) as unknown,
  });
});
