import { afterAll, beforeAll, expect, test } from 'vitest';
import { docker } from '../../testing/engine/engine.ts';
import { startSandbox, type SandboxRun } from '../../testing/engine/sandbox-run.ts';
import { startOutside, type Outside } from '../../testing/outside/outside.ts';
import { untilSaid } from '../../testing/runner/run-entry.ts';
import { createTestCa } from '../../testing/tls.ts';

const RESOLVER = '198.51.100.53';
const [OPEN, CLOSED, METADATA, PUBLIC] = ['10.20.7.7', '10.21.7.7', '100.100.100.200', '198.51.100.7'];

/** The second answer to a question is what the name has from then on. */
const NAMES: Readonly<Record<string, string[][]>> = {
  'open.corp.example': [[OPEN]],
  'closed.corp.example': [[CLOSED]],
  'both.corp.example': [[OPEN, CLOSED]],
  'metadata.corp.example': [[METADATA]],
  'own.corp.example': [['127.0.0.1']],
  'late.corp.example': [[], [PUBLIC]],
};

const SCRIPT = `
until [ -e go ]; do sleep 0.05; done
page() { curl -s -o /dev/null -w '%{http_code}' --max-time 30 "http://$1/"; }
for name in open closed both metadata own; do echo "$name: $(page $name.corp.example)"; done
echo "unlisted: $(page open.example)"
echo "late: $(page late.corp.example)"
sleep 3
echo "later: $(page late.corp.example)"
`;

let run: SandboxRun;
let outside: Outside;

beforeAll(async () => {
  run = startSandbox({
    options: {
      'allow-domains': 'corp.example',
      'allow-private-networks': '10.20.0.0/16, 100.64.0.0/10',
      'add-hosts': 'first.corp.example:10.20.7.7',
    },
    credentials: {},
    script: `echo started\n${SCRIPT}`,
    resolver: RESOLVER,
    files: {},
  });
  await untilSaid(run, 'started');
  const { squid } = run.containers();
  const issued = await (await createTestCa()).issue(['corp.example']);
  const world = { ...issued, resolver: RESOLVER, names: NAMES, pointer: 'corp.example' };
  outside = await startOutside(squid, run.images, world, [OPEN, CLOSED, METADATA, PUBLIC]);
  // Control: everything is within reach of Squid's container.
  const reach = 'for a; do (: > /dev/tcp/$a/80) 2> /dev/null && echo $a; done';
  const reached = docker(['exec', squid, 'bash', '-c', reach, '-', OPEN, CLOSED, METADATA, PUBLIC, '127.0.0.1']);
  expect(reached.split('\n')).toHaveLength(5);
  run.writeFile('go', '');
  const { error } = await run.done;
  if (error !== undefined) throw error as Error;
});

afterAll(async () => {
  await outside.stop();
  run.removeFiles();
});

const said = (what: string): string | undefined => new RegExp(`^${what}: (.*)$`, 'm').exec(run.stdout())?.[1];

test('a listed name reaches a private network that is permitted', () => {
  expect(said('open')).toBe('200');
});

test.each(['closed', 'both', 'metadata', 'own', 'unlisted'])('%s is refused', (name) => {
  expect(said(name)).toBe('403');
});

test('a name that had no address is found as soon as it has one', () => {
  expect([said('late'), said('later')]).toEqual(['503', '200']);
});
