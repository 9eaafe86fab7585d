import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DockerEngine } from '../../src/docker/docker-engine.ts';
import type { Attachment } from '../../src/docker/engine.ts';
import type { ContainerSpec, NetworkSpec } from '../../src/docker/spec.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import {
  fakeSocket,
  frame,
  type FakeAnswer,
  type FakeRequest,
  type FakeSocket,
} from '../../testing/engine/fake-socket.ts';

const SPEC: ContainerSpec = {
  name: 'awf-agent',
  image: 'awf-agent:0123',
  runId: '0123abcd',
  network: 'none',
  user: '1001:1001',
  limits: { memory: '1g', pids: 10 },
  mounts: [],
  tmpfs: [],
  environment: {},
};
const NETWORK: NetworkSpec = { name: 'awf-internal-1', runId: '1', subnet: '172.30.0.0/24', internal: true };

let socket: FakeSocket | undefined;

/** What the engine answers, by method and path; an answer for a path without a query holds for all. */
type Answers = Readonly<Record<string, FakeAnswer | ((request: FakeRequest) => FakeAnswer)>>;

/** An engine behind a socket of the test. Everything that it does not know is 404. */
async function engineWith(
  answers: Answers,
  attached?: (stream: Duplex) => void,
  version?: string,
): Promise<DockerEngine> {
  const answer = (request: FakeRequest): FakeAnswer | undefined => {
    const call = `${request.method} ${request.path}`;
    const found = answers[call] ?? answers[call.replace(/\?.*/, '')];
    return typeof found === 'function' ? found(request) : found;
  };
  socket = await fakeSocket(answer, { ...(attached && { attached }), ...(version !== undefined && { version }) });
  vi.stubEnv('DOCKER_HOST', `unix://${socket.path}`);
  return new DockerEngine(() => undefined);
}

const refusing = (status: number, message: string): FakeAnswer => ({ status, body: { message } });

/** An attachment that collects both streams as text. */
function collecting(input = '', later?: Attachment['later']): { attachment: Attachment; text: () => string } {
  const chunks: Buffer[] = [];
  const keep = (chunk: Buffer): undefined => void chunks.push(chunk);
  return {
    attachment: { input, later, onStdout: keep, onStderr: keep },
    text: () => Buffer.concat(chunks).toString(),
  };
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await socket?.close();
  socket = undefined;
});

describe('the version of the API', () => {
  test.each([
    ['1.41', '/v1.41'],
    ['1.52', '/v1.52'],
    ['1.99', '/v1.52'],
    ['2.0', '/v1.52'],
    ['', '/v1.52'],
  ])('an engine with %s is asked in %s', async (version, prefix) => {
    const engine = await engineWith({ 'GET /info': { body: {} } }, undefined, version);
    await Promise.all([engine.info(), engine.info()]);
    expect([...(socket?.versions ?? [])]).toEqual([prefix]);
  });
});

describe('an engine that cannot be asked', () => {
  test('none is there', async () => {
    const path = join(temporaryDirectory(), 'missing.sock');
    vi.stubEnv('DOCKER_HOST', `unix://${path}`);
    await expect(new DockerEngine(() => undefined).info()).rejects.toMatchObject({
      message: 'No Docker engine answers.',
      hint: expect.stringContaining('systemctl start docker') as string,
      cause: { message: expect.stringContaining(path) as string },
    });
  });

  test('is asked again after it was away', async () => {
    const path = join(temporaryDirectory(), 'docker.sock');
    vi.stubEnv('DOCKER_HOST', `unix://${path}`);
    const engine = new DockerEngine(() => undefined);
    await expect(engine.info()).rejects.toThrow('No Docker engine answers.');
    socket = await fakeSocket(() => ({ body: { ServerVersion: '28' } }), { path });
    await expect(engine.info()).resolves.toEqual({ ServerVersion: '28' });
  });

  test('ends while it answers', async () => {
    const engine = await engineWith({
      'GET /info': () => {
        setImmediate(() => void socket?.close());
        return { body: 'x'.repeat(1 << 20) };
      },
    });
    await expect(engine.info()).rejects.toThrow();
    socket = undefined;
  });

  test('answers with what is no JSON', async () => {
    const engine = await engineWith({ 'GET /info': { status: 502, body: '<html>Bad gateway</html>\n' } });
    await expect(engine.info()).rejects.toThrow(
      'The Docker engine could not tell what it is: <html>Bad gateway</html>',
    );
  });
});

describe('a container with its streams', () => {
  const started = (code: number): Answers => ({
    'POST /containers/create': { status: 201, body: { Id: 'x' } },
    'POST /containers/awf-agent/start': { status: 204 },
    'POST /containers/awf-agent/wait': { body: { StatusCode: code } },
  });

  test.each([0, 1, 125])('its exit code is the result of the run: %i', async (code) => {
    const engine = await engineWith(started(code), (stream) => stream.end(frame('stdout', 'hello\n')));
    const { attachment, text } = collecting();
    await expect(engine.run(SPEC, attachment)).resolves.toBe(code);
    expect(text()).toBe('hello\n');
    expect(socket?.asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /containers/create?name=awf-agent',
      'POST /containers/awf-agent/attach?stream=1&stdin=1&stdout=1&stderr=1',
      'POST /containers/awf-agent/start',
      'POST /containers/awf-agent/wait',
    ]);
  });

  test('nothing that it writes is taken for the engine’s words', async () => {
    const words = 'docker: Error response from daemon: no such network.\n';
    const engine = await engineWith(started(125), (stream) => stream.end(frame('stderr', words)));
    const { attachment, text } = collecting();
    await expect(engine.run(SPEC, attachment)).resolves.toBe(125);
    expect(text()).toBe(words);
  });

  /** Gives back what it has read once its input ends. */
  const echo = (stream: Duplex): void => {
    let input = '';
    stream.on('data', (chunk: Buffer) => (input += chunk.toString()));
    stream.on('end', () => stream.end(frame('stdout', `${input}.`)));
  };

  test.each([
    ['ends with its document', undefined, 'document.'],
    ['goes on with a later message', sleep(20, 'later'), 'documentlater.'],
  ])('its standard input %s', async (_, later, expected) => {
    const engine = await engineWith(started(0), echo);
    const { attachment, text } = collecting('document', later);
    await engine.run(SPEC, attachment);
    expect(text()).toBe(expected);
  });

  test('one that has ended takes no later message', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const engine = await engineWith(started(0), (stream) => stream.end());
    await expect(engine.run(SPEC, collecting('document', promise).attachment)).resolves.toBe(0);
    resolve('too late');
    await sleep(10);
  });

  test('one that was killed', async () => {
    const state = { 'GET /containers/awf-agent/json': { body: { State: { Status: 'exited' } } } };
    const engine = await engineWith({ ...started(137), ...state }, (stream) => stream.end());
    await expect(engine.run(SPEC, collecting().attachment)).resolves.toBe(137);
  });

  test.each<[string, Answers]>([
    ['is being removed', { 'GET /containers/awf-agent/json': { body: { State: { Status: 'removing' } } } }],
    ['was removed', {}],
    ['was removed before it could be asked', { 'POST /containers/awf-agent/wait': refusing(404, 'No such container') }],
  ])('one that %s by somebody else is no killed command', async (_, state) => {
    const engine = await engineWith({ ...started(137), ...state }, (stream) => stream.end());
    await expect(engine.run(SPEC, collecting().attachment)).rejects.toThrow(
      'The container awf-agent was removed during the run.',
    );
  });

  test.each([
    ['create', 'POST /containers/create', 'create the container awf-agent'],
    ['start', 'POST /containers/awf-agent/start', 'start the container awf-agent'],
  ])('one that the engine does not %s is an error with its words', async (_, call, goal) => {
    const answers = { ...started(0), [call]: refusing(500, 'no space left on device') };
    const engine = await engineWith(answers, () => undefined);
    await expect(engine.run(SPEC, collecting().attachment)).rejects.toThrow(
      `The Docker engine could not ${goal}: no space left on device`,
    );
  });

  test('an engine with other files than this machine’s is told as that', async () => {
    const words = 'invalid mount config for type "bind": bind source path does not exist: /x';
    const answers = { ...started(0), 'POST /containers/create': refusing(400, words) };
    const engine = await engineWith(answers, () => undefined);
    await expect(engine.run(SPEC, collecting().attachment)).rejects.toMatchObject({
      message: 'The Docker engine does not have a file or directory of this machine.',
      cause: { message: words },
    });
  });

  test('an engine that ends under it is an error', async () => {
    const engine = await engineWith(started(0), (stream) => stream.destroy(new Error('the engine ends')));
    await expect(engine.run(SPEC, collecting().attachment)).rejects.toThrow();
  });
});

describe('networks', () => {
  test.each([
    [403, 'Pool overlaps with other one on this address space'],
    [409, 'network with name awf-internal-1 already exists'],
    [403, 'cannot create network x (br-x): conflicts with network y (br-y): networks have overlapping IPv4'],
    [400, 'invalid pool request: Pool overlaps with other one on this address space'],
  ])('%i %s: taken', async (status, message) => {
    const engine = await engineWith({ 'POST /networks/create': refusing(status, message) });
    await expect(engine.createNetwork(NETWORK)).resolves.toBe(false);
  });

  test('any other refusal is an error', async () => {
    const engine = await engineWith({ 'POST /networks/create': refusing(500, 'iptables failed') });
    await expect(engine.createNetwork(NETWORK)).rejects.toThrow(
      'The Docker engine could not create the network awf-internal-1: iptables failed',
    );
  });

  test('made', async () => {
    const engine = await engineWith({ 'POST /networks/create': { status: 201, body: { Id: 'x' } } });
    await expect(engine.createNetwork(NETWORK)).resolves.toBe(true);
  });
});

describe('what the engine has', () => {
  test('containers with their state, and the run that they belong to', async () => {
    const engine = await engineWith({
      'GET /containers/json?all=1': {
        body: [
          { Names: ['/web'], State: 'running', Labels: {} },
          { Names: ['/db'], State: 'created', Labels: null },
          { Names: ['/frozen'], State: 'paused', Labels: null },
          { Names: ['/awf-agent'], State: 'exited', Labels: { 'awf.run': '0123abcd', 'awf.owner': 'boot/pid' } },
          { Names: ['/awf-squid'], State: 'restarting', Labels: { 'awf.run': '0123abcd', 'awf.kept': 'true' } },
          { Names: null, State: 'dead' },
        ],
      },
    });
    expect(await engine.containers()).toEqual([
      { name: 'web', isRunning: true, mark: undefined },
      { name: 'db', isRunning: false, mark: undefined },
      { name: 'frozen', isRunning: true, mark: undefined },
      { name: 'awf-agent', isRunning: false, mark: { runId: '0123abcd', owner: 'boot/pid', isKept: false } },
      { name: 'awf-squid', isRunning: true, mark: { runId: '0123abcd', owner: undefined, isKept: true } },
      { name: '', isRunning: false, mark: undefined },
    ]);
  });

  test('containers on networks, even if one of them ends meanwhile', async () => {
    const Networks = { github_network_1: { IPAddress: '10.0.0.2', Aliases: ['db'] } };
    const engine = await engineWith({
      'GET /containers/json': { body: [{ Id: 'a' }, { Id: 'b' }] },
      'GET /containers/a/json': { body: { NetworkSettings: { Networks } } },
    });
    const found = await engine.neighbours('github_network_');
    expect(found).toEqual([{ network: 'github_network_1', names: ['db'], address: '10.0.0.2' }]);
  });

  test('networks and volumes of runs', async () => {
    const of = (runId: string) => ({ Labels: { 'awf.run': runId, 'awf.owner': 'b' } });
    const filters = `?${new URLSearchParams({ filters: '{"label":["awf.run"]}' }).toString()}`;
    const engine = await engineWith({
      [`GET /networks${filters}`]: { body: [of('a')] },
      [`GET /volumes${filters}`]: { body: { Volumes: [of('c')] } },
    });
    const mark = (runId: string) => ({ runId, owner: 'b', isKept: false });
    expect(await engine.objectMarks()).toEqual([mark('a'), mark('c')]);
  });

  test('everything of one run, by name', async () => {
    const engine = await engineWith({
      'GET /containers/json': { body: [{ Names: ['/awf-agent'] }] },
      'GET /networks': { body: [{ Name: 'awf-internal-1' }] },
      'GET /volumes': { body: { Volumes: null } },
    });
    const found = await engine.objectsOf('1');
    expect(found).toEqual({ containers: ['awf-agent'], networks: ['awf-internal-1'], volumes: [] });
    const label = encodeURIComponent('{"label":["awf.run=1"]}');
    for (const { path } of socket!.asked) expect(path).toContain(`filters=${label}`);
  });

  test('images, by names with slashes, ports and digests', async () => {
    const engine = await engineWith({
      'GET /images/registry.example%3A5000/a/b%3A1/json': { body: { Os: 'linux', Architecture: 'amd64' } },
      'GET /images/c%40sha256%3A0/json': { body: { Os: 'linux', Architecture: 'arm64' } },
    });
    const found = await engine.imagesOf(['registry.example:5000/a/b:1', 'missing', 'c@sha256:0']);
    expect([...found].map(([name, { platform }]) => [name, platform])).toEqual([
      ['registry.example:5000/a/b:1', 'linux/amd64'],
      ['c@sha256:0', 'linux/arm64'],
    ]);
  });

  test.each(['a/../../info?x=1#', '..'])('an image with a name like %j is none', async (name) => {
    const engine = await engineWith({ 'GET /info': { body: {} } });
    expect([...(await engine.imagesOf([name]))]).toEqual([]);
  });

  test.each([
    [{ State: { OOMKilled: true } }, true],
    [{ State: { OOMKilled: false } }, false],
    [undefined, false],
  ])('%j ran out of memory: %j', async (body, expected) => {
    const engine = await engineWith(body === undefined ? {} : { 'GET /containers/awf-agent/json': { body } });
    await expect(engine.ranOutOfMemory('awf-agent')).resolves.toBe(expected);
  });
});

test('an image gets a further name', async () => {
  const engine = await engineWith({
    'POST /images/r.example/a%40sha256%3A0/tag?repo=awf-squid&tag=0123': { status: 201 },
  });
  await expect(engine.tag('r.example/a@sha256:0', 'awf-squid:0123')).resolves.toBeUndefined();
});

describe('the end of containers', () => {
  test('all are asked at once, and those that are gone or have ended are no failure', async () => {
    const engine = await engineWith({
      'POST /containers/a/stop?t=1': { status: 204 },
      'POST /containers/b/stop?t=1': { status: 304 },
    });
    await expect(engine.stop(['a', 'b', 'gone'], 1)).resolves.toBeUndefined();
  });

  test('a signal that cannot be sent is an error', async () => {
    const engine = await engineWith({ 'POST /containers/a/kill?signal=TERM': refusing(409, 'a is not running') });
    await expect(engine.terminate('a')).rejects.toThrow(
      'The Docker engine could not kill the container a: a is not running',
    );
  });
});

describe('the removal of containers', () => {
  const BUSY = refusing(409, 'removal of container awf-api-proxy is already in progress');

  test('ends when the names are free, no matter who removes the containers', async () => {
    let looks = 0;
    const engine = await engineWith({
      'DELETE /containers/awf-api-proxy?force=1&v=1': BUSY,
      'GET /containers/awf-api-proxy/json': () =>
        (looks += 1) < 3 ? { body: {} } : refusing(404, 'No such container'),
    });
    expect(await engine.removeContainers(['awf-api-proxy'])).toBe(false);
    expect(looks).toBe(3);
  });

  test('says whether one of them was gone', async () => {
    const engine = await engineWith({
      'DELETE /containers/a': { status: 204 },
      'DELETE /containers/b': { status: 204 },
    });
    expect(await engine.removeContainers(['a', 'b'])).toBe(true);
    expect(await engine.removeContainers(['a', 'gone', 'b'])).toBe(false);
  });

  test('fails with the engine’s message', async () => {
    const words = 'driver failed to remove root filesystem';
    const engine = await engineWith({ 'DELETE /containers/awf-agent': refusing(500, words) });
    await expect(engine.removeContainers(['awf-agent'])).rejects.toThrow(words);
  });

  test('networks and volumes that are gone already are no failure, and those in use are', async () => {
    const engine = await engineWith({
      'DELETE /networks/used': refusing(403, 'network used has active endpoints'),
      'DELETE /volumes/used': refusing(409, 'volume is in use'),
    });
    await engine.removeNetworks(['gone']);
    await engine.removeVolumes(['gone']);
    await expect(engine.removeNetworks(['used'])).rejects.toThrow('network used has active endpoints');
    await expect(engine.removeVolumes(['used'])).rejects.toThrow('volume is in use');
  });
});
