import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAgentHost } from '../../src/agent/host.ts';
import { atOnce } from '../../src/host/slices.ts';
import { createAuthority } from '../../src/authority/authority.ts';
import { planAgent, type AgentPlan } from '../../src/agent/plan.ts';
import type { MountSpec } from '../../src/docker/spec.ts';
import { UserError } from '../../src/errors.ts';
import type { User } from '../../src/host/user.ts';
import {
  ADDRESSES,
  aConfig,
  given,
  NO_SECRETS,
  SENTINELS,
  temporaryDirectory,
  thrown,
  USER,
  type ConfigOverrides,
  aHost,
} from '../../testing/builders.ts';
import { HAS_GIT } from '../../testing/git.ts';

interface Around {
  readonly mounts?: readonly MountSpec[];
  readonly host?: NodeJS.ProcessEnv;
  readonly claudeJson?: string;
  readonly uid?: number;
  readonly authority?: string;
}

function planWith(
  options: ConfigOverrides,
  user: User,
  directory: string,
  { host = {}, mounts = [], authority }: Around,
): AgentPlan {
  const config = aConfig(options);
  return planAgent(config, options.secrets ?? NO_SECRETS, {
    ...{ addresses: ADDRESSES, user, directory, userMounts: mounts, input: '', authority },
    host: atOnce(
      readAgentHost(config, user, aHost(user.home, host), {
        ...{ userMounts: mounts, hasAuthority: authority !== undefined },
      }),
    ),
  });
}

/** Plans an agent whose home and work directory belong to the test. */
function plan(options: ConfigOverrides, { claudeJson, uid = USER.uid, ...around }: Around = {}) {
  const directory = temporaryDirectory();
  const home = join(directory, 'home');
  const work = join(directory, 'work');
  mkdirSync(home);
  mkdirSync(work);
  if (claudeJson !== undefined) writeFileSync(join(home, '.claude.json'), claudeJson);
  const make = (): AgentPlan => planWith(options, { ...USER, uid, home }, work, around);
  return { make, home, work };
}

const targets = ({ mounts }: AgentPlan): string[] => mounts.map(({ target }) => target);

describe('mounts', () => {
  test('the host’s toolchain, the run’s own files, the user’s mounts', () => {
    const data = { kind: 'bind', source: '/usr/share', target: '/data', writable: false } as const;
    const { make, work } = plan({}, { mounts: [data] });
    const found = make();
    expect(targets(found)).toEqual(expect.arrayContaining(['/usr', '/etc', '/data']));
    expect(found.systemFiles).toHaveProperty(['/etc/passwd']);
    expect(found.mounts.find(({ target }) => target === '/etc')).toMatchObject({
      source: join(work, 'etc'),
      writable: false,
    });
  });

  test('what lies deep in the home is mounted elsewhere and linked to, because the engine would own the directories above', () => {
    const { make, home } = plan({});
    mkdirSync(join(home, '.cargo/bin'), { recursive: true });
    writeFileSync(join(home, '.cargo/bin/cargo'), '');
    mkdirSync(join(home, '.nvm'));
    const plain = make();
    expect(targets(plain)).toEqual(expect.arrayContaining(['/tmp/awf-home/.cargo/bin', join(home, '.nvm')]));
    expect(targets(plain).filter((target) => target.startsWith(join(home, '.cargo')))).toEqual([]);
    expect(plain.document).toContain(`ln -s '/tmp/awf-home/.cargo/bin/cargo' '${home}/.cargo/bin'`);
  });

  test('with an image, nothing from the host’s toolchain', () => {
    const found = targets(plan({ agentImage: 'debian:13' }).make());
    expect(found).toContain('/etc/passwd');
    expect(found.filter((target) => !target.startsWith('/etc/'))).toEqual([]);
  });

  test('the tool cache that the host names', () => {
    const cache = temporaryDirectory();
    expect(targets(plan({}, { host: { RUNNER_TOOL_CACHE: cache } }).make())).toContain(cache);
  });

  test('a directory of PATH that is missing is named, except the one that npx has put AWF in', () => {
    const top = temporaryDirectory();
    const [odd, npx] = [join(top, 'odd'), join(top, '.npm/_npx/8e5bc429157f0033/node_modules/.bin')];
    for (const directory of [odd, npx]) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, 'awf'), '');
    }
    const { warnings } = plan({}, { host: { PATH: `${npx}:${odd}:/usr/bin` } }).make();
    expect(warnings).toEqual([expect.stringContaining(`PATH names ${odd}, which`)]);
  });

  test('no target is named twice, which the engine would reject', () => {
    const found = targets(plan({ secrets: SENTINELS }).make());
    expect(found).toEqual([...new Set(found)]);
  });
});

describe('with an authority', () => {
  const { rootPem: authority } = createAuthority(['named.example']);

  test('the sandbox has its root, and the variables lead there', () => {
    const { make, work } = plan({}, { authority });
    const found = make();
    expect(found.systemFiles['/tmp/awf-trust/root.pem']).toBe(authority);
    expect(found.mounts.find(({ target }) => target === '/tmp/awf-trust')).toMatchObject({
      source: join(work, 'tmp/awf-trust'),
      writable: false,
    });
    expect(found.document).toContain("export NODE_EXTRA_CA_CERTS='/tmp/awf-trust/root.pem'");
    expect(found.document).toContain('-Djavax.net.ssl.trustStore=/tmp/awf-trust/java.jks');
    expect(found.document).toContain("AWF_TRUST=''");
    expect(targets(found)).toEqual([...new Set(targets(found))]);
  });

  test('an image’s programs get it from the entrypoint', () => {
    const { document, mounts } = plan({ agentImage: 'debian:13' }, { authority }).make();
    expect(document).toContain("AWF_TRUST='/tmp/awf-trust /tmp/awf-joined-trust ");
    expect(document).not.toContain('export NODE_EXTRA_CA_CERTS');
    expect(mounts.map(({ target }) => target)).toContain('/tmp/awf-trust');
  });

  test('a file of certificates that the sandbox does not have is joined, not left out', () => {
    const { make, home } = plan({}, { authority });
    const file = join(home, 'ca.pem');
    writeFileSync(file, authority);
    const variables = (host: NodeJS.ProcessEnv, authority?: string) =>
      planWith({}, { ...USER, home }, home, { host, ...(authority === undefined ? {} : { authority }) });
    const [joined, without] = [variables({ SSL_CERT_FILE: file }, authority), variables({ SSL_CERT_FILE: file })];
    expect(joined.document).toContain("export SSL_CERT_FILE='/tmp/awf-trust/user-1.pem'");
    expect(joined.warnings).toEqual(make().warnings);
    expect(without.document).not.toContain('SSL_CERT_FILE');
    expect(without.warnings).toEqual([expect.stringContaining('Left out: SSL_CERT_FILE.')]);
  });
});

describe('the private home', () => {
  const mountAt = (target: string) => ({ kind: 'bind', source: '/usr/share', target, writable: true }) as const;

  test('has Maven’s settings, unless the user mounts them or a directory above', () => {
    const has = (target?: string): boolean => {
      const { home, work } = plan({});
      const mounts = target === undefined ? [] : [mountAt(join(home, target))];
      const { document } = planWith({}, { ...USER, home }, work, { mounts });
      return document.includes(`> '${join(home, '.m2/settings.xml')}'`);
    };
    expect([has(), has('.m2/repository'), has('.m2'), has('.m2/settings.xml')]).toEqual([true, true, false, false]);
  });

  test('has the user’s tools, but no links inside the user’s mounts', () => {
    const { home, work } = plan({});
    mkdirSync(join(home, '.cargo/bin'), { recursive: true });
    writeFileSync(join(home, '.cargo/bin/cargo'), '');
    const documentWith = (...targets: string[]): string => {
      const mounts = targets.map((target) => mountAt(join(home, target)));
      return planWith({}, { ...USER, home }, work, { mounts }).document;
    };
    expect(documentWith()).toContain('/tmp/awf-home/.cargo/bin/cargo');
    expect(documentWith('.cargo/registry')).toContain('/tmp/awf-home/.cargo/bin/cargo');
    expect(documentWith('.cargo')).not.toContain('awf-home');
  });

  test('the user’s own proxy for Java is kept, with a warning', () => {
    const env = [{ name: 'JAVA_TOOL_OPTIONS', value: '-Dhttps.proxyHost=localhost' }];
    expect(plan({ env }).make().warnings).toEqual([expect.stringContaining('JAVA_TOOL_OPTIONS sets https.proxyHost')]);
  });
});

describe('credentials', () => {
  const hostWithAll = { ...Object.fromEntries(SENTINELS), COPY: [...SENTINELS.values()].join(' ') };

  test.each([true, false])(
    'appear nowhere in the plan or its files, and nothing is written (env-all: %j)',
    (envAll) => {
      const { make, work } = plan({ secrets: SENTINELS, envAll }, { host: hostWithAll });
      const found = make();
      expect(Object.keys(found.systemFiles)).toContain('/etc/passwd');
      for (const secret of SENTINELS.values()) expect(JSON.stringify(found)).not.toContain(secret);
      expect(readdirSync(work)).toEqual([]);
    },
  );

  test.each([...SENTINELS])('%s in the command is rejected without being printed', (variable, secret) => {
    for (const command of [
      { kind: 'script', script: `curl -H "x-api-key: ${secret}"`, shell: ['sh', '{0}'] },
      { kind: 'argv', argv: ['curl', `--header=${secret}`] },
    ] as const) {
      const error = thrown(plan({ secrets: SENTINELS, command }).make);
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain(variable);
      expect(error.message + (error.hint ?? '')).not.toContain(secret);
    }
  });

  test('in the user’s own ~/.claude.json are rejected', () => {
    const secret = SENTINELS.get('ANTHROPIC_API_KEY')!;
    const error = thrown(plan({ secrets: SENTINELS }, { claudeJson: JSON.stringify({ theme: secret }) }).make);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain('.claude.json');
    expect(error.message).not.toContain(secret);
  });

  test('a withheld variable is named in a warning', () => {
    const host = { MY_COPY: SENTINELS.get('GEMINI_API_KEY')! };
    const { warnings } = plan({ secrets: SENTINELS, envAll: true }, { host }).make();
    expect(warnings).toEqual([expect.stringMatching(/^MY_COPY is withheld from the command: .*GEMINI_API_KEY/)]);
  });
});

describe('~/.claude.json', () => {
  const secrets = given('ANTHROPIC_API_KEY');

  test('names the helper in the sandbox; the host’s own file is not changed', () => {
    const claudeJson = '{"theme":"dark"}';
    const { make, home } = plan({ secrets }, { claudeJson });
    const { document } = make();
    expect(document).toContain(`${home}/.claude.json`);
    expect(document).toContain('"theme": "dark"');
    expect(document).toContain('"apiKeyHelper": "/tmp/awf-lib/get-claude-key.sh"');
    expect(readFileSync(join(home, '.claude.json'), 'utf8')).toBe(claudeJson);
  });

  test('is created if there is none', () => {
    expect(plan({ secrets }).make().document).toContain('"apiKeyHelper"');
  });

  test('with another helper stops the run', () => {
    expect(plan({ secrets }, { claudeJson: '{"apiKeyHelper":"/other"}' }).make).toThrow(/\/other.*get-claude-key/);
  });

  test('leaves credentials and MCP servers out, and names the servers', () => {
    const claudeJson = '{"theme":"dark","primaryApiKey":"sk-ant-of-a-login","mcpServers":{"files":{"command":"x"}}}';
    const { document, warnings } = plan({ secrets }, { claudeJson }).make();
    expect(document).toContain('"theme": "dark"');
    expect(document).not.toContain('sk-ant-of-a-login');
    expect(document).not.toContain('files');
    expect(warnings).toEqual([
      expect.stringMatching(
        /^The command's copy of \S+\/\.claude\.json has no MCP servers, because their settings may be credentials: mcpServers\.files\. Put /,
      ),
    ]);
  });

  test('is left out without an Anthropic key, whatever it contains', () => {
    expect(plan({}, { claudeJson: 'no JSON' }).make().document).not.toContain('.claude.json');
  });
});

test.skipIf(!HAS_GIT)('~/.gitconfig names who commits, and a credential is no name', () => {
  const secret = SENTINELS.get('ANTHROPIC_API_KEY')!;
  const named = { GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: 'Ada' };
  const host = { PATH: process.env['PATH'], ...named, GIT_CONFIG_KEY_1: 'user.email', GIT_CONFIG_VALUE_1: secret };
  const { document } = plan({ secrets: SENTINELS, workspace: temporaryDirectory() }, { host }).make();
  expect(document).toContain('\tname = "Ada"');
  expect(document).not.toContain(secret);
  expect(document).not.toContain('email');
});

describe('a command that cannot work in the sandbox', () => {
  const warnings = (script: string, ...variables: string[]) =>
    plan({ command: { kind: 'script', script, shell: ['sh', '{0}'] }, secrets: given(...variables) }).make().warnings;

  test.each([
    "codex exec --sandbox workspace-write 'x'",
    'codex --sandbox=read-only exec x',
    'cd a && codex exec -s read-only x',
    'codex exec -c sandbox_mode=workspace-write x',
    `codex exec -c sandbox_mode='"read-only"' x`,
    `codex exec --config 'sandbox_mode="workspace-write"' x`,
  ])('%s', (script) => {
    expect(warnings(script, 'OPENAI_API_KEY').join()).toContain('Codex is asked for a sandbox of its own');
    expect(warnings(script, 'GEMINI_API_KEY').join()).not.toContain('Codex');
  });

  test.each([
    "codex exec 'x'",
    'codex exec -s danger-full-access x',
    'ls --sandbox read-only',
    'codex exec x\nls -s read-only',
  ])('and one that works: %j', (script) => {
    expect(warnings(script, 'OPENAI_API_KEY').join()).not.toContain('Codex');
  });

  test('as arguments', () => {
    const argv = ['codex', 'exec', '--sandbox', 'read-only', 'x'];
    const found = plan({ command: { kind: 'argv', argv }, secrets: given('OPENAI_API_KEY') }).make().warnings;
    expect(found.join()).toContain('Codex is asked for a sandbox of its own');
  });
});

test('warns about root, but not about an ordinary user', () => {
  expect(plan({}, { uid: 0 }).make().warnings).toEqual([expect.stringContaining('as root (without capabilities)')]);
  expect(plan({}).make().warnings).toEqual([]);
});

test.each([
  ['action', 'run the job as an ordinary user'],
  ['cli', 'run awf as an ordinary user'],
] as const)('tells how to avoid root: %s', (frontEnd, remedy) => {
  expect(plan({ frontEnd }, { uid: 0 }).make().warnings.join()).toContain(remedy);
});
