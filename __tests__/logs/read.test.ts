import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { followLogs } from '../../src/logs/follow.ts';
import { logJson } from '../../src/logs/json.ts';
import { openLogs } from '../../src/logs/open.ts';
import { readLogs } from '../../src/logs/read.ts';
import { parseRecord } from '../../src/logs/records.ts';
import { listText, logText } from '../../src/logs/text.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { ROOT } from '../../testing/root.ts';
import { writeZip } from '../../testing/zip.ts';

const START = 1_795_742_171_358;

const record = (host: string, fields: object = {}): string =>
  `${JSON.stringify({
    ...{ version: 1, time: new Date(START + 4100).toISOString(), durationMs: 3, source: 'agent', scheme: 'https' },
    ...{ host, port: 443, serverName: null, verdict: 'refused', reason: 'not-listed', rule: null, status: 403 },
    ...{ bytesSent: 1, bytesReceived: 1, ...fields },
  })}\n`;

const RULE = { entry: 'docs.example', from: 'allow-domains, line 1', preset: null };
const ACCESS =
  record('bad.example') +
  record('bad.example') +
  record('known.example') +
  record('docs.example', { verdict: 'allowed', reason: null, rule: RULE, status: 200 }) +
  record('proxy.example', { source: 'api-proxy' }) +
  'half a li';
const MODEL = {
  ...{ provider: 'anthropic', model: 'claude-x', requests: 12, failed: 0, costUsd: 0.1, inputTokens: 91_000 },
  ...{ outputTokens: 5_000, cachedInputTokens: 80_000, cacheWriteTokens: 0, hourCacheWriteTokens: 0 },
};
const USAGE = JSON.stringify({ models: [MODEL], refused: [], overBudget: 0, costUsd: 0.1 });
const POLICY = JSON.stringify({
  ...{ version: 1, mode: 'block', allow: [RULE] },
  proposal: { allowDomains: ['docs.example', 'npm', '# bad.example', 'evil\n  run: rm'], leftOut: 0 },
});
const RUN = JSON.stringify({
  outcome: 'failure',
  exitCode: 1,
  startedAt: new Date(START).toISOString(),
  durationMs: 72_000,
});

const NEW = {
  ...{ 'squid/access.jsonl': ACCESS, 'usage.json': USAGE, 'policy.json': POLICY, 'run.json': RUN },
  // What the command wrote must not pass for a log.
  'agent-logs/access.jsonl': record('forged.example'),
};
const OLD = {
  [`squid-logs-${String(START)}/access.jsonl`]: ACCESS,
  [`squid-logs-${String(START)}/policy.json`]: POLICY,
  [`api-proxy-logs-${String(START)}/usage.json`]: USAGE,
  [`squid-logs-${String(START - 9)}/access.jsonl`]: record('earlier.example'),
};

function directoryWith(files: Readonly<Record<string, string>>): string {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(directory, name, '..'), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
  return directory;
}

function zipWith(files: Readonly<Record<string, string>>): string {
  const path = join(temporaryDirectory(), 'artifact.zip');
  writeFileSync(path, writeZip(files));
  return path;
}

const presetsOf = (host: string): string[] => (host === 'known.example' ? ['npm'] : []);

async function read(path: string) {
  const source = await openLogs(path);
  try {
    return await readLogs(source, presetsOf);
  } finally {
    source.close();
  }
}

const around = (files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`awf-logs-1/${name}`, text]));

describe.each<[string, () => string]>([
  ['a directory of this version', () => directoryWith(NEW)],
  ['a directory of earlier versions, with an earlier run beside it', () => directoryWith(OLD)],
  ['Squid’s directory alone', () => join(directoryWith(OLD), `squid-logs-${String(START)}`)],
  ['an unpacked artifact with a folder around it', () => directoryWith(around(NEW))],
  ['an artifact of this version', () => zipWith(NEW)],
  ['an artifact of earlier versions', () => zipWith(OLD)],
  ['an artifact with a folder around everything', () => zipWith(around(OLD))],
])('%s', (_, place) => {
  test('is read whole, and only the run’s own files', async () => {
    const report = await read(place());
    expect(report.rows.map(({ verdict, host, requests }) => [verdict, host, requests])).toEqual([
      ['refused', 'bad.example', 2],
      ['refused', 'known.example', 1],
      ['allowed', 'docs.example', 1],
    ]);
    expect(report).toMatchObject({ isComplete: true, unreadableLines: 1, startedAt: START });
    expect(report.usage?.models).toEqual([MODEL]);
  });
});

test('a refused lookup is a row of its own, unless the name was asked for', async () => {
  const lookup = { scheme: 'dns', port: 53 };
  const access =
    record('bad.example') +
    record('bad.example', lookup) +
    record('secret.evil.example', { ...lookup, time: new Date(START).toISOString() });
  const directory = directoryWith({ 'squid/access.jsonl': access });
  const report = await read(directory);
  expect(report.rows.map(({ scheme, host }) => [scheme, host])).toEqual([
    ['dns', 'secret.evil.example'],
    ['https', 'bad.example'],
  ]);
  expect(report.unreadableLines).toBe(0);
  expect(report.proposal?.lines).toEqual(['# secret.evil.example', '# bad.example']);
  expect(logText(report, 'all', presetsOf, true)).toContain('dns :53');
});

test('every record that the schema describes is read, and has a place in the JSON', () => {
  interface Schema {
    readonly properties: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
  }
  const schemaOf = (name: string): unknown => JSON.parse(readFileSync(join(ROOT, 'schema', name), 'utf8'));
  const { properties } = schemaOf('access.schema.json') as Schema;
  const { properties: ofLogs } = schemaOf('logs.schema.json') as Schema;
  const rows = (ofLogs['requests'] as unknown as { items: Schema }).items.properties;
  for (const name of ['source', 'scheme', 'verdict', 'reason']) {
    for (const value of properties[name]?.enum ?? []) {
      expect(parseRecord(record('a.example', { [name]: value })), `${name}: ${value}`).toBeDefined();
    }
  }
  expect(rows['scheme']?.enum).toEqual(properties['scheme']?.enum);
  expect(rows['verdict']?.enum).toEqual(properties['verdict']?.enum);
});

test('the report for people', async () => {
  const directory = directoryWith(NEW);
  const text = logText(await read(directory), 'all', presetsOf, true);
  expect(text).toContain(`ago, ${directory} · failure, exit code 1, 1 min 12 s`);
  expect(text).toContain(' 0:04.1  ⛔ bad.example    https :443  not in allow-domains  unknown to AWF ×2\n');
  expect(text).toContain(' 0:04.1  ⛔ known.example  https :443  not in allow-domains  (npm)\n');
  expect(text).toContain(' 0:04.1  ✔  docs.example   https :443  allowed by docs.example\n');
  expect(text).toContain('🤖 anthropic  claude-x  12 requests, none failed  91 k in (80 k cached), 5 k out\n');
  expect(text).toContain('1 line could not be read.');
  expect(logText(await read(directory), 'refused', presetsOf, false)).not.toMatch(/docs\.example|claude-x/);
  expect(logText(await read(directory), 'models', presetsOf, false)).not.toContain('bad.example');
});

test('the list to paste has nothing that ends it', async () => {
  expect(listText(await read(directoryWith(NEW)))).toBe(
    'allow-domains: |\n  docs.example\n  npm\n  # bad.example\n  # 1 more name: awf logs --json\n',
  );
});

test('the JSON has the fields of its schema', async () => {
  const document = JSON.parse(logJson(await read(directoryWith(NEW)), 'all')) as Record<string, unknown>;
  const schema = JSON.parse(readFileSync(join(ROOT, 'schema/logs.schema.json'), 'utf8')) as {
    required: string[];
    properties: { requests: { items: { required: string[] } } };
  };
  expect(Object.keys(document)).toEqual(schema.required);
  const [row] = document['requests'] as object[];
  expect(Object.keys(row ?? {})).toEqual(schema.properties.requests.items.required);
});

describe('hostile logs', () => {
  const HOSTILE = [
    '\u001b[31mred\u0007',
    'a\u202etxt.example',
    '\u200b\ufeffx',
    'y\u2028z',
    `${'w'.repeat(5_000)}.example`,
    '\ud800',
  ];

  test('a name leaves a terminal and a document harmless', async () => {
    const access = HOSTILE.map((host) => record(host, { serverName: `${host}s` })).join('');
    const run = JSON.stringify({ outcome: '\u001b]0;x\u0007', exitCode: -1, startedAt: 'no', program: 7 });
    const usage = JSON.stringify({ models: [{ ...MODEL, model: '\u001b[2J' }, { provider: 'x' }, null] });
    const report = await read(directoryWith({ 'squid/access.jsonl': access, 'run.json': run, 'usage.json': usage }));
    const text = logText(report, 'all', presetsOf, true);
    expect(text.replaceAll(/[⛔✔⚠🤖×·]/gu, '')).toMatch(/^[\n -~]*$/);
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(250);
    expect(logJson(report, 'all')).toMatch(/^[\n -~]*$/);
    expect(listText(report)).toMatch(/^[\n -~]*$/);
    expect(report.rows).toHaveLength(HOSTILE.length);
    expect(report.usage?.models).toHaveLength(1);
  });

  test('so does a request in a log that nobody has added up', async () => {
    const time = new Date(START).toISOString();
    const request = { event: 'request', time, provider: 'anthropic', status: 200, requests: 1, usage: null };
    const odd = [{ provider: '\u001b]52;c;eA==\u0007' }, { model: 7 }, { error: {} }, { path: ['\u001b'] }];
    const requests = [{}, ...odd].map((fields) => JSON.stringify({ ...request, ...fields }));
    const directory = directoryWith({ 'api-proxy/requests.jsonl': `${requests.join('\n')}\n`, 'run.json': '{}' });
    const report = await read(directory);
    expect(logText(report, 'all', presetsOf, true)).not.toContain('\u001b');
    expect(report.usage?.models.map(({ provider }) => provider)).toEqual(['anthropic']);
    let text = '';
    await followLogs(directory, 'all', (piece) => (text += piece), new AbortController().signal);
    expect(text).toContain('anthropic');
    expect(text).not.toContain('\u001b');
  });

  test('many names leave the report short', async () => {
    const access = Array.from({ length: 12_000 }, (_, index) => record(`n${String(index)}.example`)).join('');
    const report = await read(directoryWith({ 'squid/access.jsonl': access }));
    expect(report.others.refused).toBe(2_000);
    expect(logText(report, 'all', presetsOf, true).split('\n').length).toBeLessThan(70);
    expect(listText(report).split('\n').length).toBeLessThan(60);
  });

  test('records of another form are counted, not believed', async () => {
    const broken = [{ verdict: 'fine' }, { host: 7 }, { version: 2 }, { rule: 'x' }, { time: 'never' }];
    const access = `${broken.map((fields) => record('a.example', fields)).join('')}[]\nnull\n`;
    const report = await read(directoryWith({ 'squid/access.jsonl': access }));
    expect(report).toMatchObject({ rows: [], unreadableLines: broken.length + 2 });
  });

  test('no link is followed', async () => {
    const directory = directoryWith({ 'squid/access.log': '' });
    writeFileSync(join(directory, 'secret'), record('linked.example'));
    symlinkSync(join(directory, 'secret'), join(directory, 'squid/access.jsonl'));
    expect((await read(directory)).rows).toEqual([]);
  });
});

test('a run that was killed is read from Squid’s log', async () => {
  const log = readFileSync(join(import.meta.dirname, 'fixtures/access-log.txt'), 'utf8');
  const report = await read(directoryWith({ 'squid/access.log': log }));
  expect(report.isComplete).toBe(false);
  expect(report.rows.map(({ verdict, host, requests }) => [verdict, host, requests])).toEqual([
    ['refused', 'evil.example', 2],
    ['refused', 'rubygems.org', 1],
    ['unresolvable', 'docs.python.org', 1],
  ]);
  expect(report.proposal?.lines).toEqual(['# evil.example', '# rubygems.org']);
});

test.each<[string, () => string, string]>([
  ['what is not there', () => '/nonexistent/logs', 'does not exist'],
  ['what is below a file', () => join(directoryWith({ x: 'y' }), 'x/logs'), 'does not exist'],
  ['what has too long a name', () => `/${'x'.repeat(300)}`, 'cannot be opened'],
  ['a directory with something else', () => directoryWith({ 'a/b': '' }), 'has no logs of AWF'],
  ['a file that is no archive', () => join(directoryWith({ x: 'y' }), 'x'), 'neither a directory nor a zip archive'],
  ['an archive of something else', () => zipWith({ 'a/b': '' }), 'has no logs of AWF'],
  ['an archive that leads out', () => zipWith({ '../squid/access.jsonl': '' }), 'not an artifact'],
])('%s is refused', async (_, place, message) => {
  await expect(openLogs(place())).rejects.toThrow(message);
});
