import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hostCredential } from '../../src/config/host-credentials.ts';
import { HOST_TEMPLATES } from '../../src/config/host-templates.ts';
import { UserError } from '../../src/errors.ts';
import { HostRules } from '../../src/shared/rule-matcher.ts';
import { ROOT } from '../../testing/root.ts';
import { thrown } from '../../testing/builders.ts';

const read = (text: string) => hostCredential({ text, source: { kind: 'input', name: 'host-credentials', line: 3 } });
const PLACE = 'host-credentials, line 3';

describe('host-credentials', () => {
  test.each([
    ['a.example bearer s3cret', { header: 'authorization', prefix: 'Bearer ' }, 's3cret'],
    ['a.example BEARER Bearer s3cret', { header: 'authorization', prefix: 'Bearer ' }, 's3cret'],
    ['A.Example. basic me:s3:cret', { header: 'authorization', prefix: 'Basic ', user: 'me' }, 's3:cret'],
    ['a.example basic :s3cret', { header: 'authorization', prefix: 'Basic ', user: '' }, 's3cret'],
    ['a.example header X-Api-Key s3cret', { header: 'x-api-key', prefix: '' }, 's3cret'],
    ['a.example header X-Api-Key: s3cret', { header: 'x-api-key', prefix: '' }, 's3cret'],
    ['a.example header Authorization token s3cret', { header: 'authorization', prefix: 'token ' }, 's3cret'],
    ['a.example pypi s3cret', { header: 'authorization', prefix: 'Basic ', user: '__token__' }, 's3cret'],
    ['a.example pypi me:s3cret', { header: 'authorization', prefix: 'Basic ', user: 'me' }, 's3cret'],
    ['a.example slack-webhook T0/B0/x', { header: '', prefix: '', pathBelow: '/services/' }, 'T0/B0/x'],
  ])('%s', (text, use, secret) => {
    const { entry, ...rest } = read(text);
    expect(rest).toEqual({ name: PLACE, secret });
    expect(entry).toMatchObject({ name: 'a.example', use: { name: PLACE, ...use }, source: PLACE });
    expect(JSON.stringify(entry)).not.toContain(secret);
  });

  test('without a template, everything may be read', () => {
    const { entry } = read('a.example bearer s3cret');
    expect(entry.rules).toEqual([{ method: 'GET', path: '/**', credential: entry.use, source: PLACE }]);
    expect(entry.variables).toEqual({});
  });

  test('a template has rules, forms for some of them, and placeholders', () => {
    const { entry } = read('gitlab.example gitlab s3cret');
    expect(entry.rules).toContainEqual({
      ...{ method: 'GET', path: '/api/v4/**', credential: entry.use, source: `${PLACE} (gitlab)` },
    });
    expect(entry.rules).toContainEqual({
      ...{ method: 'GET', path: '/*/*/info/refs', query: 'service=git-upload-pack', source: `${PLACE} (gitlab)` },
      credential: { name: PLACE, header: 'authorization', prefix: 'Basic ', user: 'oauth2' },
    });
    expect(entry.variables).toEqual({ GITLAB_TOKEN: 'placeholder' });
    expect(read('hooks.slack.com slack-webhook T0/B0/x').entry.variables).toEqual({
      SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/placeholder',
    });
  });

  test.each([
    ['a.example', 'is not a credential of a host'],
    ['a.example s3cret', 'is not a credential of a host'],
    ['a.example s3cret s3cret', 'has another form than bearer, basic, header, npm'],
    ['a.example basic s3cret', 'has no user in front of its password'],
    ['a.example basic m\u00fc:s3cret', 'has a user with a character that is not allowed'],
    ['a.example header s3cret', 'has no name of a header'],
    ['a.example header Host s3cret', 'a credential cannot go in the header Host'],
    ['a.example bearer s3cret\u00fc', 'contains a character outside ASCII'],
    ['https://a.example bearer s3cret', 'has a scheme'],
    ['*.a.example bearer s3cret', 'has a wildcard'],
    ['a.example slack-webhook https://hooks.slack.com/services/s3cret', 'is not the part of a path'],
    ['a.example nexus s3cret', 'has no user in front of its password'],
  ])('refuses %s, and quotes no credential', (text, problem) => {
    const error = thrown(() => read(text));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(problem);
    expect(error.message.startsWith(PLACE)).toBe(true);
    expect(`${error.message} ${error.hint ?? ''}`).not.toContain('s3cret');
  });
});

test('the documents have a row for each template', () => {
  const rows = readFileSync(join(ROOT, 'docs', 'hosts.md'), 'utf8')
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  for (const { name, services, variables } of HOST_TEMPLATES) {
    const row = rows.find((cells) => cells[1] === `\`${name}\``);
    expect(row?.[2]).toBe(services);
    expect(row?.[5]).toBe(
      Object.keys(variables)
        .map((variable) => `\`${variable}\``)
        .join(', '),
    );
  }
});

const rulesOf = (template: string) => new HostRules(read(`a.example ${template} me:s3cret`).entry.rules);
const isAllowed = (template: string, path: string) =>
  rulesOf(template).find({ method: 'GET', path, query: '' }) !== undefined;

describe('a template that lets GET pass', () => {
  // What a client asks for, and where the same server would answer with a credential.
  test.each([
    ['artifactory', '/artifactory/api/npm/npm-virtual/@scope%2Fname', '/artifactory/api/npm/auth'],
    ['artifactory', '/artifactory/api/npm/npm-virtual/auth', '/artifactory/api/npm/npm-virtual/auth/scope'],
    ['artifactory', '/artifactory/api/pypi/pypi/simple/six/', '/artifactory/api/npm/auth/'],
    ['artifactory', '/artifactory/libs-release/org/a/1/a-1.jar', '/artifactory/api/security/apiKey'],
    ['artifactory', '/api/storage/libs-release/a', '/api/security/encryptedPassword'],
    ['artifactory', '/artifactory/api/docker/d/v2/a/manifests/latest', '/artifactory/api/docker/d/v2/token'],
    ['artifactory', '/', '/access/api/v1/tokens'],
    ['artifactory', '/artifactory/api/go/go/example.com/a/@v/list', '/artifactory/api/plugins/execute/p'],
    ['nexus', '/repository/npm/a', '/service/rest/internal/current-user/user-token'],
    ['nexus', '/service/rest/v1/search/assets', '/service/rest/v1/security/users'],
    ['npm', '/@scope%2Fname', '/-/npm/v1/tokens'],
    ['gitlab', '/api/v4/projects/a%2Fb/merge_requests/1', '/api/v4/projects/a%2Fb/variables'],
    ['gitlab', '/api/v4/projects/1', '/api/v4/projects/1/variables/KEY'],
    ['gitlab', '/api/v4/groups/g/members', '/api/v4/groups/g/variables.json'],
    ['gitlab', '/api/v4/projects/1/pipelines/2', '/api/v4/projects/1/pipelines/2/variables'],
    ['gitlab', '/api/v4/user', '/api/v4/admin/ci/variables'],
    ['hugging-face', '/api/models/a/b/xet-read-token/main', '/api/models/a/b/xet-write-token/main'],
    ['hugging-face', '/a/b/resolve/main/config.json', '/api/models/gpt2/xet-write-token/main'],
  ])('%s: %s passes, and %s does not', (template, ordinary, credential) => {
    expect(isAllowed(template, ordinary)).toBe(true);
    expect(isAllowed(template, credential)).toBe(false);
  });
});

test.each(HOST_TEMPLATES)('the template $name reads as it is written', ({ name, rules, source }) => {
  const { entry } = read(`a.example ${name} ${name === 'slack-webhook' ? 'T0/B0/x' : 'me:s3cret'}`);
  expect(entry.rules).toHaveLength(rules.length);
  expect(source).toMatch(/^https:\/\//);
});
