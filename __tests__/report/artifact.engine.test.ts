import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROVIDERS } from '../../src/shared/providers.ts';
import { ROOT } from '../../testing/root.ts';
import { actionStep, startLocalProvider, type ActionStep, type LocalProvider } from '../../testing/runner/action.ts';
import { startArtifactService, type ArtifactService } from '../../testing/runner/artifact-service.ts';
import type { EntryResult } from '../../testing/runner/run-entry.ts';
import { readZip } from '../../testing/zip.ts';

const TOKEN = `ghs_${'a1B2'.repeat(9)}`;

/** A hostile day: odd names for hosts, models and files, an answer of a model, and things that later programs trip over. */
const COMMAND = `
post() { curl -s -o /dev/null -H 'content-type: application/json' -H 'anthropic-version: 2023-06-01' -d "$2" "$ANTHROPIC_BASE_URL$1"; }
post /v1/messages '{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}'
post /v1/messages "$(printf '{"model":"bad\\u202e\\u009b%s","max_tokens":5,"messages":[]}' "$(printf 'x%.0s' {1..2000})")"
post "/v1/$(printf 'p%.0s' {1..3000})" '{}'
curl -s -o /dev/null https://refused.example/ || true
curl -s -o /dev/null "http://$(printf '\\342\\200\\256')[31m.example/" || true
curl -s -o /dev/null -x "$http_proxy" "http://$(printf 'a%.0s' {1..60}).example/" || true
curl -s -o /dev/null https://named.example/delete-it -X DELETE || true
mkfifo "$(printf 'pipe\\342\\200\\256\\033[31m')"
ln -s /nonexistent "$(printf 'link\\n::error::x')"
git init -q nested && git -C nested config core.fsmonitor ./run-me
mkdir locked && chmod 000 locked
cp "$GITHUB_EVENT_PATH" event-copy.json
(: >> "$GITHUB_EVENT_PATH") 2> /dev/null && echo "the event is writable"
mkdir -p ~/.claude/projects && echo '{"a":1}' > ~/.claude/projects/one.jsonl
echo "Two findings; the key is \${ANTHROPIC_API_KEY:-none}." > out/review.md
`;

let provider: LocalProvider;
let service: ArtifactService;
let step: ActionStep;
let main: EntryResult;
let files: Map<string, Buffer>;

beforeAll(async () => {
  [provider, service] = await Promise.all([startLocalProvider(), startArtifactService()]);
  const inputs = {
    ...provider.inputs('anthropic'),
    ...{
      run: COMMAND,
      'allow-domains': 'idle.example',
      'host-rules': 'named.example GET /**',
      'result-file': 'out/review.md',
    },
  };
  const env = { ...service.env, DEPLOY_TOKEN: 'opaque-value-of-the-step' };
  step = actionStep(inputs, { ca: provider.ca, env });
  const event = {
    number: 7,
    inputs: { note: 'opaque-value-of-the-step' },
    installation: { id: 1, token: TOKEN },
    body: `x ${TOKEN}`,
  };
  writeFileSync(step.runner.main.env['GITHUB_EVENT_PATH']!, JSON.stringify(event));
  mkdirSync(join(step.runner.workspace, 'out'));
  main = await step.main();
  const post = await step.post();
  expect(post, post.stdout + post.stderr).toMatchObject({ code: 0, stderr: '' });
  files = readZip(service.artifacts[0]?.zip ?? Buffer.alloc(0));
}, 180_000);
afterAll(async () => {
  step.runner.remove();
  await Promise.all([provider.server.close(), service.close()]);
});

const ajv = new Ajv({
  allErrors: false,
  formats: { 'date-time': (text: string) => new Date(text).toISOString() === text },
});
const validator = (schema: string): ValidateFunction =>
  ajv.compile(JSON.parse(readFileSync(join(ROOT, 'schema', `${schema}.schema.json`), 'utf8')) as object);

/** The files of an artifact and their schemas. */
const SCHEMAS: Readonly<Record<string, string>> = {
  'squid/access.jsonl': 'access',
  'api-proxy/requests.jsonl': 'requests',
  'policy.json': 'policy-report',
  'usage.json': 'usage',
  'timings.json': 'timings',
  'workspace.json': 'workspace',
};

function documentsIn(name: string): unknown[] {
  const text = files.get(name)?.toString() ?? '';
  return name.endsWith('l')
    ? text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown)
    : [JSON.parse(text)];
}

type Spoiled = readonly [what: string, document: unknown];

/** The document with one member missing, renamed or added, in each place. */
function spoiled(value: unknown, at = ''): Spoiled[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) =>
      spoiled(item, `${at}/${String(index)}`).map(([what, one]): Spoiled => [what, value.with(index, one)]),
    );
  }
  const entries = Object.entries(value);
  return [
    [`${at} with more`, { ...value, more: 1 }],
    ...entries.flatMap(([name, inner], index): Spoiled[] => [
      [`${at} without ${name}`, Object.fromEntries(entries.toSpliced(index, 1))],
      [`${at} with another name for ${name}`, Object.fromEntries(entries.with(index, [`${name}s`, inner]))],
      ...spoiled(inner, `${at}/${name}`).map(([what, one]): Spoiled => [
        what,
        Object.fromEntries(entries.with(index, [name, one])),
      ]),
    ]),
  ];
}

test('the artifact has the logs by subject', () => {
  expect(main.code, main.stdout + main.stderr).toBe(0);
  const names = [...files.keys()].sort();
  expect(names).toEqual([
    ...['agent-logs/.claude/projects/one.jsonl', 'api-proxy/api-proxy.log', 'api-proxy/requests.jsonl', 'policy.json'],
    ...[
      'squid/access.jsonl',
      'squid/access.log',
      'squid/cache.log',
      'summary.md',
      'timings.json',
      'usage.json',
      'workspace.json',
    ],
  ]);
});

describe.each(Object.entries(SCHEMAS))('%s', (name, schema) => {
  test(`is what ${schema}.schema.json says, which is strict`, () => {
    const validate = validator(schema);
    const documents = documentsIn(name);
    expect(documents.length).toBeGreaterThan(0);
    for (const document of documents) {
      expect(validate(document), JSON.stringify([document, validate.errors], null, 1)).toBe(true);
      expect(Object.keys(document as object)[0]).toBe('version');
      expect(validate({ ...(document as object), version: 2 })).toBe(false);
      const passing = spoiled(document).filter(([, spoilt]) => validate(spoilt));
      expect(passing.map(([what]) => what)).toEqual([]);
    }
  });

  test('is short, and harmless in a terminal', () => {
    const text = files.get(name)?.toString() ?? '';
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Cf}\u2028\u2029]/u);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(4_000);
  });
});

test('the hostile day left something in each list that has a schema', () => {
  const [usage] = documentsIn('usage.json') as [{ models: unknown[]; refused: unknown[] }];
  const [workspace] = documentsIn('workspace.json') as [Record<string, unknown[]>];
  const [policy] = documentsIn('policy.json') as [Record<string, unknown[]>];
  expect(usage.models.length).toBeGreaterThan(0);
  expect(usage.refused.length).toBeGreaterThan(0);
  for (const list of ['disarmed', 'pipes', 'links', 'shut']) expect(workspace[list], list).not.toEqual([]);
  for (const list of ['allow', 'unused', 'refused']) expect(policy[list], list).not.toEqual([]);
});

test('the providers of the schemas are those that AWF has', () => {
  const ids = PROVIDERS.map(({ id }) => id as string).sort();
  for (const schema of ['usage', 'requests']) {
    const text = readFileSync(join(ROOT, 'schema', `${schema}.schema.json`), 'utf8');
    const [, list = ''] = /"provider": \{\s*"enum": \[([^\]]*)\]/.exec(text) ?? [];
    const named = [...list.matchAll(/"(\w+)"/g)].map(([, id]) => id).sort();
    expect(named).toEqual(ids);
  }
});

/** What users write, and what commands print. */
const ELSEWHERE = ['policy', 'logs', 'doctor'];

test('each schema belongs to a file that a test reads', () => {
  const schemas = readdirSync(join(ROOT, 'schema')).map((file) => file.replace('.schema.json', ''));
  expect(schemas.sort()).toEqual([...Object.values(SCHEMAS), ...ELSEWHERE].sort());
});

test('the result is an output, and holds no key', () => {
  expect(step.runner.main.outputs()['result']).toMatch(/^Two findings; the key is .*\.\n?$/);
  expect(step.runner.main.outputs()['result']).not.toContain('sentinel');
});

test('the command’s event is a copy without credentials, which it cannot change', () => {
  const copy = JSON.parse(readFileSync(join(step.runner.workspace, 'event-copy.json'), 'utf8')) as unknown;
  expect(copy).toEqual({
    ...{ number: 7, inputs: { note: '***' }, installation: { id: 1, token: '***' } },
    body: 'x ***',
  });
  expect(main.stdout).not.toContain('the event is writable');
  expect(readFileSync(step.runner.main.env['GITHUB_EVENT_PATH']!, 'utf8')).toContain(TOKEN);
});
