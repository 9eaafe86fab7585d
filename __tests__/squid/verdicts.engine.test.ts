import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asked, judged, type Judge } from '../../src/command-line/policy-test.ts';
import { decide, type EgressRules } from '../../src/config/egress-rules.ts';
import { NO_NAMED_HOSTS } from '../../src/config/named-hosts.ts';
import { domainToASCII } from 'node:url';
import { imageNames } from '../../src/docker/images.ts';
import { SQUID_PORT } from '../../src/shared/network.ts';
import { squidConfig } from '../../src/squid/config.ts';
import { docker } from '../../testing/engine/engine.ts';
import { imageWithTools } from '../../testing/engine/test-image.ts';
import { allowing } from '../../testing/options.ts';
import { ROOT } from '../../testing/root.ts';
import { clientHello, records, serverNames } from '../../testing/client-hello.ts';

/** Squid tells its callers apart by their addresses. These are all in one network namespace. */
const ADDRESSES = { agent: '127.0.0.20', squid: '127.0.0.1', 'api-proxy': '127.0.0.30', gateway: '127.0.0.1' };
/** Every name leads here, except for one. */
const SERVER = '127.0.0.40';
const PRIVATE = 'private.a.example';
const CLOSED = 'api.closed.example';

/** s: HTTPS at 443, h: HTTP at 80, p: HTTPS at 8443. */
const WAYS = { s: ['https', 443], h: ['http', 80], p: ['https', 8443] } as const;
type Way = keyof typeof WAYS;

interface Policy {
  readonly allow: string;
  readonly deny?: string;
  /** By name: the ways that are open. */
  readonly open: Readonly<Record<string, string>>;
  /** Names that an audit refuses too. */
  readonly denied?: readonly string[];
}

const POLICIES: readonly Policy[] = [
  { allow: '', open: { 'a.example': '', 'x.a.example': '' } },
  {
    allow: 'a.example',
    open: {
      'a.example': 'sh',
      'x.a.example': 'sh',
      'y.x.a.example': 'sh',
      'xa.example': '',
      'a.example.b.example': '',
    },
  },
  { allow: '*.a.example', open: { 'a.example': '', 'x.a.example': 'sh', 'y.x.a.example': 'sh', 'xa.example': '' } },
  { allow: '=a.example', open: { 'a.example': 'sh', 'x.a.example': '' } },
  { allow: '=a.example, *.a.example', open: { 'a.example': 'sh', 'x.a.example': 'sh' } },
  {
    allow: 'https://a.example, http://b.example',
    open: { 'a.example': 's', 'x.a.example': 's', 'b.example': 'h', 'x.b.example': 'h', 'c.example': '' },
  },
  { allow: 'https://a.example:8443', open: { 'a.example': 'p', 'x.a.example': 'p', 'b.example': '' } },
  { allow: 'https://*.a.example:8443, a.example', open: { 'a.example': 'sh', 'x.a.example': 'shp' } },
  {
    allow: 'a.example',
    deny: 'x.a.example',
    open: { 'a.example': 'sh', 'x.a.example': '', 'y.x.a.example': '', 'z.a.example': 'sh' },
    denied: ['x.a.example', 'y.x.a.example'],
  },
  { allow: 'a.example', deny: '=a.example', open: { 'a.example': '', 'x.a.example': 'sh' }, denied: ['a.example'] },
  {
    allow: 'https://a.example:8443, a.example',
    deny: '*.a.example',
    open: { 'a.example': 'shp', 'x.a.example': '' },
    denied: ['x.a.example'],
  },
  { allow: '*.github.io!', open: { 'u.github.io': 'sh', 'github.io': '' } },
  { allow: 'bücher.example', open: { 'xn--bcher-kva.example': 'sh', 'buecher.example': '' } },
  { allow: 'A.Example., http://*.A.example', open: { 'a.example': 'sh', 'x.a.example': 'sh' } },
];

/** What `awf policy test` decides by, for a run without keys. */
const judgeOf = (rules: EgressRules): Judge => ({
  ...{ rules, hosts: NO_NAMED_HOSTS, allowed: [], upstreams: [CLOSED], services: [], networks: [] },
});

const isDenied = ({ denied = [] }: Policy, host: string): boolean => denied.includes(host);

type Outcome = 'reached' | 'refused' | 'cut';

interface Question {
  readonly from: string;
  readonly scheme: 'https' | 'http';
  readonly host: string;
  readonly port: number;
  /** What is sent inside the tunnel, in hexadecimal. */
  readonly inside: string;
}

const hex = (name: string): string => records(clientHello(serverNames(name))).toString('hex');
const question = (from: string, host: string, way: Way, inside = hex(host)): Question => {
  const [scheme, port] = WAYS[way];
  return { from, scheme, host, port, inside };
};

/** What is in a tunnel to an allowed name, and what becomes of it in each mode. */
const INSIDE: readonly [name: string, inside: string, blocking: Outcome, auditing: Outcome][] = [
  ['the tunnel’s own name', hex('a.example'), 'reached', 'reached'],
  ['another name', hex('other.example'), 'cut', 'reached'],
  ['no name', records(clientHello()).toString('hex'), 'cut', 'reached'],
  ['no TLS', Buffer.from('SSH-2.0-x\r\n').toString('hex'), 'cut', 'reached'],
  ['a denied name', hex('denied.example'), 'cut', 'cut'],
  ['a denied name with a dot', hex('denied.example.'), 'cut', 'cut'],
  ['a provider’s name', hex(CLOSED), 'cut', 'cut'],
  ['a provider’s name with a dot', hex(`${CLOSED}.`), 'cut', 'cut'],
];

/** Runs where Squid runs: a server that answers everything, and a client for each question. */
const PROGRAM = `
const net = require('node:net');
const { address, squid, questions } = JSON.parse(process.argv[1]);
const servers = [80, 443, 8443].map((port) => net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => socket.end('HTTP/1.1 200 OK\\r\\nContent-Length: 7\\r\\nConnection: close\\r\\n\\r\\nREACHED'));
}).listen(port, address));
const ask = ({ from, scheme, host, port, inside }) => new Promise((resolve) => {
  const socket = net.connect({ host: '127.0.0.1', port: squid, localAddress: from });
  const to = host + ':' + port;
  socket.write(scheme === 'https' ? 'CONNECT ' + to + ' HTTP/1.1\\r\\nHost: ' + to + '\\r\\n\\r\\n'
    : 'GET http://' + (port === 80 ? host : to) + '/ HTTP/1.1\\r\\nHost: ' + host + '\\r\\nConnection: close\\r\\n\\r\\n');
  let text = '';
  let sent = scheme === 'http';
  socket.setEncoding('latin1').setTimeout(5000, () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk;
    if (!sent && /^HTTP\\/1.1 200[^]*\\r\\n\\r\\n/.test(text)) { sent = true; socket.write(Buffer.from(inside, 'hex')); }
    if (!sent && /^HTTP\\/1.1 [345]/.test(text)) socket.destroy();
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(text.includes('REACHED') ? 'reached' : /^HTTP\\/1.1 403/.test(text) ? 'refused'
    : /^HTTP\\/1.1 200/.test(text) ? 'cut' : text.split('\\r')[0]));
});
(async () => {
  for (let tries = 0; tries < 400; tries++) {
    const isUp = await new Promise((resolve) => {
      const probe = net.connect(squid, '127.0.0.1', () => { probe.destroy(); resolve(true); });
      probe.on('error', () => resolve(false));
    });
    if (isUp) break;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  const outcomes = [];
  for (const question of questions) outcomes.push(await ask(question));
  console.log(JSON.stringify(outcomes));
  process.exit(0);
})();
`;

const containers: string[] = [];
const IMAGES = imageNames(ROOT);

/** Squid's own answers to the questions. */
function outcomes(policy: Policy, mode: 'block' | 'audit', questions: readonly Question[]): Outcome[] {
  const names = [...new Set([...questions.map(({ host }) => host), 'other.example', 'denied.example', CLOSED])];
  const options = { 'egress-policy': mode, 'deny-domains': policy.deny ?? '' };
  const configuration = squidConfig({
    addresses: ADDRESSES,
    egress: allowing(policy.allow, options),
    targets: [{ host: CLOSED, port: 443, permitted: true }],
    hosts: names.filter((name) => name !== PRIVATE).map((name) => ({ name, address: SERVER })),
    hostAddresses: [],
    modelPorts: [],
    namedHosts: [],
    transparent: false,
  });
  const hosts = names.map((name) => `${name === PRIVATE ? '10.1.2.3' : SERVER} ${name}`).join('\n');
  const script = `printf '%s\\n' "$HOSTS" >> /etc/hosts; printf '%s' "$CONFIGURATION" > /tmp/squid.conf
    mkdir -p /var/log/squid; chown proxy /var/log/squid; exec squid -N -f /tmp/squid.conf`;
  const id = docker([
    ...['run', '--detach', '--rm', '--network=none', '--user=0:0', '--env', `HOSTS=${hosts}`],
    ...['--env', `CONFIGURATION=${configuration}`, '--entrypoint=bash', imageWithTools('squid'), '-c', script],
  ]);
  containers.push(id);
  const input = JSON.stringify({ address: SERVER, squid: SQUID_PORT, questions });
  const asker = ['run', '--rm', `--network=container:${id}`, '--user=0:0', '--entrypoint=node', IMAGES['api-proxy']];
  const answers = JSON.parse(docker([...asker, '-e', PROGRAM, input])) as Outcome[];
  docker(['kill', id]);
  containers.pop();
  return answers;
}

afterAll(() => {
  for (const id of containers) docker(['kill', id]);
});

const MODES = ['block', 'audit'] as const;

describe.each(
  POLICIES.flatMap((policy) => MODES.map((mode) => ({ policy, mode, title: JSON.stringify(policy.allow) }))),
)('$mode $title', ({ policy, mode }) => {
  const cases = Object.entries(policy.open).flatMap(([host, open]) =>
    (['s', 'h', 'p'] as const).flatMap((way) => [
      { source: 'agent', host, way, isOpen: open.includes(way) },
      { source: 'api-proxy', host, way, isOpen: false },
    ]),
  );
  let answers: Outcome[];

  beforeAll(() => {
    answers = outcomes(
      policy,
      mode,
      cases.map(({ source, host, way }) => question(ADDRESSES[source as 'agent'], host, way)),
    );
  });

  test.each(cases.map((one, index) => ({ ...one, index })))(
    'for the $source, $way to $host',
    ({ source, host, way, isOpen, index }) => {
      const passes = source === 'agent' && (isOpen || (mode === 'audit' && !isDenied(policy, host)));
      expect(answers[index]).toBe(passes ? 'reached' : 'refused');
      if (source !== 'agent') return;
      const [scheme, port] = WAYS[way];
      const rules = allowing(policy.allow, { 'deny-domains': policy.deny ?? '' });
      expect(decide(rules, { scheme, host: domainToASCII(host), port }).isAllowed).toBe(isOpen);
      const told = judged(asked(`${scheme}://${host}:${String(port)}/`), judgeOf({ ...rules, mode }));
      expect(told.verdict).toBe(passes ? 'allowed' : 'refused');
    },
  );
});

describe.each(MODES)('%s: inside a tunnel to an allowed name', (mode) => {
  const policy = { allow: 'a.example', deny: 'denied.example', open: {} };
  let answers: Outcome[];
  beforeAll(() => {
    const { agent } = ADDRESSES;
    answers = outcomes(policy, mode, [
      ...INSIDE.map(([, inside]) => question(agent, 'a.example', 's', inside)),
      question(agent, PRIVATE, 's'),
      question(agent, PRIVATE, 'h'),
      question(agent, CLOSED, 's'),
      question(agent, SERVER, 's'),
      question(agent, SERVER, 'h'),
    ]);
  });

  test.each(INSIDE.map(([name, , block, audit], index) => ({ name, block, audit, index })))(
    '$name',
    ({ block, audit, index }) => {
      expect(answers[index]).toBe(mode === 'block' ? block : audit);
    },
  );

  test('a private destination, a provider’s host and a private address stay closed', () => {
    expect(answers.slice(INSIDE.length)).toEqual(['refused', 'refused', 'refused', 'refused', 'refused']);
    const judge = judgeOf({ ...allowing(policy.allow, { 'deny-domains': policy.deny }), mode });
    for (const url of [`https://${CLOSED}`, `https://${SERVER}`, `http://${SERVER}`]) {
      expect(judged(asked(url), judge).verdict, url).toBe('refused');
    }
  });
});
