import { describe, expect, test } from 'vitest';
import { cleanEvent } from '../../src/agent/event.ts';
import { given, NO_SECRETS, SENTINELS } from '../../testing/builders.ts';

/** The event as a program in the sandbox reads it. */
function clean(event: unknown, environment: NodeJS.ProcessEnv = {}, secrets = NO_SECRETS): unknown {
  const made = cleanEvent(JSON.stringify(event), secrets, environment);
  if ('problem' in made) throw new Error(made.problem);
  return JSON.parse(made.text);
}

const TOKEN = `ghs_${'a1B2'.repeat(9)}`;
const REPOSITORY = {
  id: 1296269,
  node_id: 'MDEwOlJlcG9zaXRvcnkxMjk2MjY5',
  full_name: 'octocat/hello-world',
  private: false,
  clone_url: 'https://github.com/octocat/hello-world.git',
  git_url: 'git://github.com/octocat/hello-world.git',
  ssh_url: 'git@github.com:octocat/hello-world.git',
  keys_url: 'https://api.github.com/repos/octocat/hello-world/keys{/key_id}',
  web_commit_signoff_required: false,
  security_and_analysis: { secret_scanning: { status: 'enabled' }, secret_scanning_push_protection: { status: 'x' } },
};
const SENDER = { login: 'octocat', id: 1, node_id: 'MDQ6VXNlcjE=', site_admin: false, type: 'User' };

/** The shapes of https://docs.github.com/webhooks/webhook-events-and-payloads, shortened. */
const ORDINARY = {
  pull_request: {
    action: 'synchronize',
    number: 7,
    pull_request: {
      title: 'Fix the parser',
      body: 'Closes #1.\r\n\r\n- [x] tests 😀\u0301',
      author_association: 'CONTRIBUTOR',
      auto_merge: null,
      draft: false,
      head: { sha: '0'.repeat(40), ref: 'fix', repo: REPOSITORY },
      base: { sha: 'a'.repeat(40), ref: 'main', repo: REPOSITORY },
      labels: [{ id: 208045946, name: 'bug', color: 'f29513', default: true }],
    },
    installation: { id: 1234567, node_id: 'MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9uMTIzNDU2Nw==' },
    ...{ repository: REPOSITORY, sender: SENDER },
  },
  issue_comment: {
    action: 'created',
    issue: { number: 3, title: 'Basic authentication fails', pull_request: { url: 'https://api.github.com/x' } },
    comment: { body: '/review the token handling, key by key', user: SENDER },
  },
  workflow_dispatch: {
    inputs: { model: 'claude-sonnet-4-5', max_tokens: '4000', dry: 'true', key: 'value' },
    ref: 'refs/heads/main',
    workflow: '.github/workflows/agent.yml',
  },
  personal_access_token_request: {
    personal_access_token_request: {
      id: 5,
      token_id: 9,
      token_name: 'ci',
      token_expired: false,
      token_last_used_at: null,
    },
  },
  empty: {},
};

describe('an ordinary event passes as it is', () => {
  test.each(Object.entries(ORDINARY))('%s', (_, event) => {
    expect(clean(event, { GITHUB_TOKEN: TOKEN, CI: 'true' }, SENTINELS)).toEqual(event);
  });
});

describe('credentials are masked', () => {
  test('those of the run, in values and names, whatever is around them', () => {
    const key = SENTINELS.get('OPENAI_API_KEY')!;
    const event = { inputs: { note: `use ${key}!`, [key]: 'x' }, client_payload: { deep: [{ a: [key] }] } };
    expect(clean(event, {}, given('OPENAI_API_KEY'))).toEqual({
      inputs: { note: 'use ***!', '***': 'x' },
      client_payload: { deep: [{ a: ['***'] }] },
    });
  });

  test('values that a variable of the step has under the name of a credential', () => {
    const environment = { DEPLOY_TOKEN: ' opaque-value-of-the-step\n', PIN_SECRET: 'true', GREETING: 'hello world' };
    const event = { client_payload: { a: 'opaque-value-of-the-step', b: 'true', c: 'hello world' } };
    expect(clean(event, environment)).toEqual({ client_payload: { a: '***', b: 'true', c: 'hello world' } });
  });

  test.each([
    ...['token', 'access_token', 'accessToken', 'GITHUB_TOKEN', 'token_prod', 'secret', 'client-secret', 'SECRET_1'],
    ...['password', 'db_passwd', 'passphrase', 'credentials', 'authorization', 'api_key', 'apiKey', 'apikey'],
    ...['private_key', 'ssh-key', 'auth', 'cookie', 'secret_text'],
  ])('the member %s, with everything in it', (name) => {
    expect(clean({ inputs: { [name]: 'opaque' } })).toEqual({ inputs: { [name]: '***' } });
    expect(clean({ [name]: { a: ['opaque', 12345, true, null, ''], b: { c: 'x' } } })).toEqual({
      [name]: { a: ['***', '***', true, null, ''], b: { c: '***' } },
    });
  });

  test('a token of an installation', () => {
    expect(clean({ installation: { id: 1, access_token: TOKEN, note: TOKEN } })).toEqual({
      installation: { id: 1, access_token: '***', note: '***' },
    });
  });

  test.each([
    ['a token of GitHub', `x ${TOKEN} y`, 'x *** y'],
    ['a fine-grained token', `github_pat_${'a'.repeat(40)}`, '***'],
    ['a key of a provider', `sk-ant-api03-${'a'.repeat(30)}.`, '***.'],
    ['a key of Google', `AIza${'b'.repeat(35)}`, '***'],
    ['a JSON Web Token', `t=eyJ${'a'.repeat(20)}.eyJ${'b'.repeat(20)}.c-_d`, 't=***'],
    ['a header', `curl -H "Authorization: Bearer ${'c'.repeat(20)}"`, 'curl -H "Authorization: ***"'],
    ['a password in a URL', 'postgres://me:hunter2@db.example/x', 'postgres://***@db.example/x'],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\nend', '***\nend'],
    ['half a private key', 'a -----BEGIN PRIVATE KEY-----\nAAAA', 'a ***'],
  ])('%s in a text', (_, body, expected) => {
    expect(clean({ comment: { body } })).toEqual({ comment: { body: expected } });
  });
});

describe('a hostile event', () => {
  test.each([
    ['no JSON', '{"a":', 'it is not JSON'],
    ['nothing', '', 'it is not JSON'],
    ['a list', '[]', 'it is not a JSON object'],
    ['null', 'null', 'it is not a JSON object'],
    ['depth', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'it is nested more than 64 levels deep'],
  ])('is no event: %s', (_, text, problem) => {
    expect(cleanEvent(text, NO_SECRETS, {})).toEqual({ problem });
  });

  test('changes nothing outside itself, and keeps its odd names', () => {
    const made = cleanEvent('{"__proto__":{"x":"y"},"constructor":"z","":"e"}', NO_SECRETS, {});
    expect(made).toEqual({ text: '{\n  "__proto__": {\n    "x": "y"\n  },\n  "constructor": "z",\n  "": "e"\n}\n' });
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  test('shows what nobody could see, and means the same', () => {
    const body = 'a\u202eb\u200bc\u{e0041}d\u009b';
    const made = cleanEvent(JSON.stringify({ body }), NO_SECRETS, {}) as { text: string };
    expect(made.text).toBe('{\n  "body": "a\\u202eb\\u200bc\\udb40\\udc41d\\u009b"\n}\n');
    expect(JSON.parse(made.text)).toEqual({ body });
  });

  test.each([
    ['-eyJ', '-eyJaaaaaaaa'],
    ['eyJ.', 'eyJaaaaaaaa.'],
    ['keys', '-----BEGIN PRIVATE KEY '],
    ['addresses', '://a:b'],
    ['schemes', 'bearer     '],
    ['prefixes', 'ghp_a-'],
  ])('takes no long time: %s', (_, piece) => {
    const text = JSON.stringify({ body: piece.repeat(1_000_000 / piece.length) });
    const from = process.cpuUsage();
    cleanEvent(text, NO_SECRETS, {});
    expect(process.cpuUsage(from).user / 1000).toBeLessThan(2_000);
  });
});
