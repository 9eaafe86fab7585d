/** Private registries and an API, with their credentials outside the sandbox: npm, pip, curl. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtImageNames } from '../../src/docker/images.ts';
import { bridgeAddress } from '../../testing/engine/engine.ts';
import { NOWHERE } from '../../testing/engine/named-world.ts';
import { runContainers } from '../../testing/engine/sandbox-run.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { listen } from '../../testing/listen.ts';
import { startGateway } from '../../testing/outside/outside.ts';
import { NPM } from '../../testing/packages/npm.ts';
import { PYTHON } from '../../testing/packages/python.ts';
import { ROOT } from '../../testing/root.ts';
import { actionStep, type ActionStep } from '../../testing/runner/action.ts';
import { untilSaid, type EntryResult } from '../../testing/runner/run-entry.ts';
import { createTestCa } from '../../testing/tls.ts';

const TOKEN = 'npm-token-3f9c5a7e21';
const PASSWORD = 'pip-password-8d2b6c4f90';
const API_KEY = 'api-key-5e7a1c3d9b';
/** What programs that insist on a credential get from their user. */
const PLACEHOLDER = 'placeholder-of-the-user';

/** Each host's credential, as it must arrive. */
const EXPECTED: Readonly<Record<string, readonly [header: string, value: string]>> = {
  'npm.example': ['authorization', `Bearer ${TOKEN}`],
  'publish.example': ['authorization', `Bearer ${TOKEN}`],
  'pypi.example': ['authorization', `Basic ${Buffer.from(`reader:${PASSWORD}`).toString('base64')}`],
  'api.example': ['x-example-key', API_KEY],
};
const HOSTS = Object.keys(EXPECTED);

const NPM_FLAGS = '--no-audit --no-fund --loglevel=error';
const PUBLISH = (host: string): string => `cd own
echo '//${host}/:_authToken=${PLACEHOLDER}' > .npmrc
npm publish ${NPM_FLAGS} --registry=https://${host}/ && echo published`;

const SCRIPT = `echo waiting
until [ -e ready ]; do sleep 0.05; done
${sectionedScript({
  npm: `cd npm; npm ci ${NPM_FLAGS} --registry=https://npm.example/ && npm run --silent build`,
  pip: `cd python; python3 -m venv environment
    environment/bin/python -m pip install --quiet --retries=0 --disable-pip-version-check --index-url=https://pypi.example/simple/ awf-greeting
    environment/bin/python build.py x`,
  rest: `curl -sS -H 'X-Example-Key: ${PLACEHOLDER}' https://api.example/v1/items`,
  'rest, refused': 'curl -sS -X DELETE https://api.example/v1/items',
  'publish, refused': PUBLISH('npm.example'),
  publish: PUBLISH('publish.example'),
  environment: 'env; cat ~/.npmrc; cat /proc/[0-9]*/environ | tr "\\0" "\\n"',
})}`;

interface Arrived {
  readonly line: string;
  /** Names and values of its headers. */
  readonly rawHeaders: readonly string[];
  readonly isAccepted: boolean;
}

const arrived: Arrived[] = [];
let step: ActionStep;
let result: EntryResult;
let sections: Record<string, string>;
let close: (() => Promise<void> | void)[] = [];

function registry(files: Readonly<Record<string, Readonly<Record<string, string | Buffer>>>>): RequestListener {
  return (request, response) => {
    const { method = '', url = '', headers, rawHeaders } = request;
    request.resume();
    const host = headers.host ?? '';
    const [name = '', value] = EXPECTED[host] ?? [];
    const isAccepted = headers[name] === value;
    arrived.push({ line: `${method} ${host}${url}`, rawHeaders, isAccepted });
    const content = method === 'PUT' ? '{"ok":true}' : files[host]?.[url];
    const status = isAccepted ? (content === undefined ? 404 : 200) : 401;
    response.writeHead(status, { 'content-type': url.endsWith('/') ? 'text/html' : 'application/json' });
    response.end(status === 200 ? content : '');
  };
}

beforeAll(async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'test-awf-private-'));
  close.push(() => {
    rmSync(scratch, { recursive: true });
  });
  const ca = await createTestCa();
  const files = {
    'npm.example': NPM.registry('https://npm.example', scratch),
    'pypi.example': PYTHON.registry('https://pypi.example', scratch),
    'api.example': { '/v1/items': '{"items":["first"]}' },
  };
  const address = bridgeAddress();
  const server = await listen(createServer(await ca.issue(HOSTS), registry(files)), address, 0);
  close.push(server.close);
  step = actionStep(
    {
      run: SCRIPT,
      'add-hosts': HOSTS.map((host) => `${host}:${NOWHERE}`).join('\n'),
      'upstream-ca': 'upstream-ca.pem',
      'host-credentials': [
        `npm.example bearer ${TOKEN}`,
        `publish.example bearer ${TOKEN}`,
        `pypi.example basic reader:${PASSWORD}`,
        `api.example header X-Example-Key ${API_KEY}`,
      ].join('\n'),
      'host-rules': 'publish.example GET /**\npublish.example PUT /awf-own',
    },
    { ca },
  );
  const projects = {
    npm: NPM.project(scratch),
    python: PYTHON.project(scratch),
    own: { 'package.json': JSON.stringify({ name: 'awf-own', version: '1.0.0' }) },
  };
  for (const [folder, contents] of Object.entries(projects)) {
    for (const [name, content] of Object.entries(contents)) {
      const path = join(step.runner.workspace, folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
  }
  const entry = await step.start();
  await untilSaid(entry, /^waiting$/m, { limitMs: 30_000 });
  const { runId } = JSON.parse(step.runner.main.state()['awf'] ?? '{}') as { runId: string };
  const gateway = startGateway(
    runContainers(runId).squid,
    builtImageNames(join(ROOT, 'dist')),
    `${address}:${server.port}`,
  );
  close.push(gateway.stop);
  await gateway.set({ port: 443, mode: 'open' });
  writeFileSync(join(step.runner.workspace, 'ready'), '');
  result = await entry.done;
  sections = sectionsOf(result.stdout);
});
afterAll(async () => {
  for (const end of close.reverse()) await end();
  close = [];
  step.runner.remove();
});

const linesTo = (host: string): string[] => arrived.flatMap(({ line }) => (line.includes(` ${host}/`) ? [line] : []));

describe('private registries', () => {
  test('npm installs from one with a token', () => {
    expect(sections['npm'], result.stdout).toContain(NPM.built);
    expect(linesTo('npm.example').length).toBeGreaterThanOrEqual(3);
  });

  test.skipIf(PYTHON.missing !== undefined)('pip installs from one with a password', () => {
    expect(sections['pip']).toContain('built: python');
    expect(linesTo('pypi.example')).toHaveLength(2);
  });

  test('a call of an API with a header of its own', () => {
    expect(sections['rest']).toBe('{"items":["first"]}');
    expect(linesTo('api.example')).toEqual(['GET api.example/v1/items']);
  });

  test('what no rule allows is refused, and the summary has the lines that would allow it', () => {
    expect(sections['publish, refused']).toContain('npm.example PUT /awf-own');
    expect(sections['publish, refused']).not.toContain('published');
    expect(sections['rest, refused']).toContain('api.example DELETE /v1/items');
    expect(linesTo('npm.example').filter((line) => !line.startsWith('GET '))).toEqual([]);
    const block = /```yaml\nhost-rules: \|\n([^`]*)```/.exec(step.runner.main.summary())?.[1] ?? '';
    expect(block.split('\n').map((line) => line.trim())).toEqual(
      expect.arrayContaining(['npm.example PUT /awf-own', 'api.example DELETE /v1/items']),
    );
  });

  test('with the rule, npm publishes', () => {
    expect(sections['publish']).toContain('published');
    expect(linesTo('publish.example')).toContain('PUT publish.example/awf-own');
  });

  test('every request has the real credential, and none has the user’s placeholder', () => {
    expect(arrived.filter(({ isAccepted }) => !isAccepted)).toEqual([]);
    expect(JSON.stringify(arrived)).not.toContain(PLACEHOLDER);
  });

  test('the sandbox and the log have none of the credentials', () => {
    expect(result.code, result.stderr).toBe(0);
    const shown = result.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    expect(shown.join('\n')).not.toMatch(new RegExp([TOKEN, PASSWORD, API_KEY].join('|')));
    expect(sections['environment']).toContain('AWF_API_PROXY_IP');
  });
});
