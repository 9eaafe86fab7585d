import { createServer } from 'node:https';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addBridgeAddress } from '../../testing/engine/engine.ts';
import { startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { listen, type Listening } from '../../testing/listen.ts';
import { startParentProxy, type ParentProxy } from '../../testing/outside/parent-proxy.ts';
import { createTestCa } from '../../testing/tls.ts';

const LOGIN = { user: 'builder', password: 'over-tls-only-7' };
const SCRIPT = `
say() { echo "$1: $(shift; "$@" 2>&1 | tr '\\n' ' ')"; }
say tunnel curl -sS -k --max-time 30 https://allowed.example/tunnel
say plain curl -sS --max-time 30 http://allowed.example/plain
`;

interface World {
  readonly run: SandboxRun;
  readonly parent: ParentProxy;
}

let bridge: ReturnType<typeof addBridgeAddress>;
let web: Listening;
let proven: World;
let misnamed: World;
let untrusted: World;

beforeAll(async () => {
  const [ca, foreign] = await Promise.all([createTestCa(), createTestCa()]);
  bridge = addBridgeAddress();
  web = await listen(
    createServer(await ca.issue(['allowed.example']), (request, response) => {
      response.end(`from ${request.url ?? ''}`);
    }),
    '127.0.0.1',
    0,
  );
  const world = async (certificate: { key: string; cert: string }): Promise<World> => {
    const parent = await startParentProxy({
      ...{ host: bridge.address, login: LOGIN, certificate },
      places: { 'allowed.example:443': { host: '127.0.0.1', port: web.port } },
    });
    const url = `https://${LOGIN.user}:${LOGIN.password}@proxy.corp.example:${String(parent.port)}`;
    const run = startSandbox({
      options: {
        'allow-domains': 'allowed.example',
        'add-hosts': `proxy.corp.example:${bridge.address}`,
        'upstream-ca': 'ca.pem',
      },
      ...{ credentials: {}, resolver: bridge.address, script: SCRIPT },
      files: { 'ca.pem': ca.certPem },
      hostVariables: { HTTPS_PROXY: url },
    });
    const { error } = await run.done;
    if (error !== undefined) throw error as Error;
    return { run, parent };
  };
  proven = await world(await ca.issue(['proxy.corp.example']));
  misnamed = await world(await ca.issue(['other.corp.example']));
  untrusted = await world(await foreign.issue(['proxy.corp.example']));
});

afterAll(async () => {
  for (const { run, parent } of [proven, misnamed, untrusted]) {
    run.removeFiles();
    await parent.close();
  }
  await web.close();
  bridge.remove();
});

const said = ({ run }: World, what: string): string =>
  new RegExp(`^${what}: (.*?) *$`, 'm').exec(run.stdout())?.[1] ?? '';

describe('a proxy of the network that speaks TLS', () => {
  test('carries tunnels and plain requests, and gets the credential', () => {
    expect(said(proven, 'tunnel')).toBe('from /tunnel');
    expect(proven.parent.asked.map(({ target, status }) => [target, status])).toEqual([
      ['allowed.example:443', 200],
      // It knows no place for this one, and says so itself.
      ['http://allowed.example/plain', 403],
    ]);
    expect(said(proven, 'plain')).toBe('refused by the company');
  });

  // The control is the test above: the same run with the right certificate.
  test.each([
    ['has the certificate of another name', () => misnamed],
    ['has a certificate of nobody’s', () => untrusted],
  ])('gets nothing if it %s', (_, world) => {
    expect(world().parent.asked).toEqual([]);
    expect(said(world(), 'tunnel')).toMatch(/^curl: \(35\)/);
    expect(said(world(), 'plain')).toContain('ERR_SECURE_CONNECT_FAIL');
  });
});
