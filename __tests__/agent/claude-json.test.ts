import { describe, expect, test } from 'vitest';
import { claudeJson } from '../../src/agent/claude-json.ts';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';

describe('claudeJson', () => {
  const HELPER = '/tmp/awf-lib/get-claude-key.sh';
  const path = '/home/runner/.claude.json';

  test.each([
    ['a missing file', undefined],
    ['an empty file', ''],
    ['a blank file', ' \n'],
    ['an empty object', '{}'],
  ])('%s becomes one that names the helper', (_, present) => {
    expect(JSON.parse(claudeJson(path, present).content)).toEqual({ apiKeyHelper: HELPER });
  });

  test('keeps all other keys', () => {
    const present = { a: 1, nested: { b: [null, 'ü'] }, apiKeyHelper: HELPER };
    expect(JSON.parse(claudeJson(path, JSON.stringify(present)).content)).toEqual(present);
    const { apiKeyHelper, ...rest } = present;
    expect(JSON.parse(claudeJson(path, JSON.stringify(rest)).content)).toEqual({ ...rest, apiKeyHelper });
  });

  test.each(['/other/helper.sh', '', 7, null])(
    'another helper stops the run, and the error names both: %j',
    (other) => {
      const error = thrown(() => claudeJson(path, JSON.stringify({ apiKeyHelper: other })));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain(path);
      expect(error.message).toContain(JSON.stringify(other));
      expect(error.message).toContain(HELPER);
    },
  );

  test.each(['{', '[]', '"text"', 'null', '1'])('%s is not a settings file', (present) => {
    const error = thrown(() => claudeJson(path, present));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toContain(path);
  });
});

describe('credentials in ~/.claude.json', () => {
  /** The copy, and the names reported as withheld. */
  function copyOf(present: object) {
    const { content, withheld } = claudeJson('/home/runner/.claude.json', JSON.stringify(present));
    const { apiKeyHelper, ...copy } = JSON.parse(content) as Record<string, unknown>;
    expect(apiKeyHelper).toBe('/tmp/awf-lib/get-claude-key.sh');
    return { content, copy, withheld };
  }

  /** The file as Claude Code 2.1.330 writes it, and the expected copy. */
  const PRESENT = {
    numStartups: 12,
    theme: 'dark',
    userID: '5f3c0a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a',
    hasCompletedOnboarding: true,
    oauthAccount: { accountUuid: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', emailAddress: 'octocat@example.com' },
    projects: {
      '/home/runner/work': {
        allowedTools: ['Bash(git:*)', 'Edit'],
        lastTotalInputTokens: 1234,
        history: [{ display: 'write a test for the token parser', pastedContents: {} }],
      },
    },
    mcpServers: {
      files: {
        command: 'npx',
        args: ['-y', '@example/files', '/srv/data'],
        env: { MODE: 'ro', HOME_DIR: '/srv/data' },
      },
      remote: {
        type: 'http',
        url: 'https://mcp.example.com/v1',
        headers: { Accept: 'json', Authorization: 'Bearer ${MCP_TOKEN}' },
      },
    },
  };

  test('a file without credentials is copied unchanged', () => {
    expect(copyOf(PRESENT)).toMatchObject({ copy: PRESENT, withheld: [] });
  });

  test.each<[name: string, path: string, added: object]>([
    ['the key of a login', 'primaryApiKey', { primaryApiKey: 'SECRET-of-a-login' }],
    ['ends of keys', 'customApiKeyResponses', { customApiKeyResponses: { approved: ['SECRET'], rejected: [] } }],
    ['a token of an account', 'oauthAccount.accessToken', { oauthAccount: { accessToken: 'SECRET' } }],
    ['a variable', 'env.SOME_SETTING', { env: { SOME_SETTING: 'SECRET-0123456789' } }],
    [
      'a token of a server',
      'mcpServers.x.env.GITHUB_TOKEN',
      { mcpServers: { x: { env: { GITHUB_TOKEN: 'SECRET' } } } },
    ],
    ['a header', 'mcpServers.x.headers.X-Auth', { mcpServers: { x: { headers: { 'X-Auth': 'SECRET-012345' } } } }],
    [
      'an argument',
      'mcpServers.x.args',
      { mcpServers: { x: { args: ['--header', 'Authorization: Bearer SECRET-0123'] } } },
    ],
    ['an option', 'mcpServers.x.args', { mcpServers: { x: { args: ['--api-key=SECRET'] } } }],
    [
      'a password in an address',
      'mcpServers.x.url',
      { mcpServers: { x: { url: 'https://user:SECRET@mcp.example/' } } },
    ],
    ['a token in an address', 'mcpServers.x.url', { mcpServers: { x: { url: 'https://mcp.example/?token=SECRET' } } }],
    ['a token in a project', 'projects./p.note', { projects: { '/p': { note: 'use sk-ant-api03-SECRET0123456789' } } }],
  ])('%s is left out and named, and nothing else is', (_, path, added) => {
    const { content, copy, withheld } = copyOf({ ...added, theme: 'dark', other: { kept: 'value' } });
    expect(withheld).toEqual([path]);
    expect(content).not.toContain('SECRET');
    expect(copy).toMatchObject({ theme: 'dark', other: { kept: 'value' } });
    const [first = ''] = path.split('.');
    if (path.includes('.')) expect(copy).toHaveProperty(first);
  });

  test('a member with a special name stays a member', () => {
    const { content } = claudeJson('/x', '{"__proto__":{"a":1},"constructor":"c"}');
    expect(content).toContain('"__proto__"');
    expect(JSON.parse(content)).toHaveProperty('constructor', 'c');
  });
});
