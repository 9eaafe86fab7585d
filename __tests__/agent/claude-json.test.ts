import { describe, expect, test } from 'vitest';
import { claudeJson } from '../../src/agent/claude-json.ts';
import { UserError } from '../../src/errors.ts';
import { thrown } from '../../testing/builders.ts';

const HELPER = '/tmp/awf-lib/get-claude-key.sh';
const path = '/home/runner/.claude.json';
const WORKSPACE = '/home/runner/work';

/** Permissions to run a command with a credential in it. */
const PERMITTED = [
  'Bash(vault login hvs.CAESIJSECRET8zQ1:*)',
  'Bash(curl -u bob:SECRET2 x)',
  'Bash(gh auth ghpSECRETabcdefghijklmnop)',
];

describe('claudeJson', () => {
  test.each([
    ['a missing file', undefined],
    ['an empty file', ''],
    ['a blank file', ' \n'],
    ['an empty object', '{}'],
  ])('%s becomes one that names the helper', (_, present) => {
    expect(JSON.parse(claudeJson(path, present, WORKSPACE).content)).toEqual({ apiKeyHelper: HELPER });
  });

  test('takes over settings that are switches, numbers and words', () => {
    const present = { theme: 'dark', numStartups: 3, hasCompletedOnboarding: true, apiKeyHelper: HELPER };
    expect(JSON.parse(claudeJson(path, JSON.stringify(present), WORKSPACE).content)).toEqual(present);
  });

  test.each(['/other/helper.sh', '', 7, null])(
    'another helper stops the run, and the error names both: %j',
    (other) => {
      const error = thrown(() => claudeJson(path, JSON.stringify({ apiKeyHelper: other }), WORKSPACE));
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toContain(path);
      expect(error.message).toContain(JSON.stringify(other));
      expect(error.message).toContain(HELPER);
    },
  );

  test.each(['{', '[]', '"text"', 'null', '1'])('%s is not a settings file', (present) => {
    const error = thrown(() => claudeJson(path, present, WORKSPACE));
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^~?.* is not (valid JSON|a JSON object)\.$/);
    expect(error.message).toContain(path);
  });

  test('a broken file is named', () => {
    expect(thrown(() => claudeJson(path, '{', WORKSPACE)).message).toBe(`${path} is not valid JSON.`);
  });
});

describe('R14 ~/.claude.json', () => {
  /** The file as Claude Code 2.1.330 writes it. */
  const PRESENT = {
    numStartups: 12,
    theme: 'dark',
    userID: 'SECRET-5f3c0a9b8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a',
    hasCompletedOnboarding: true,
    primaryApiKey: 'SECRET-of-a-login',
    customApiKeyResponses: { approved: ['SECRET'], rejected: [] },
    oauthAccount: { accountUuid: 'SECRET', emailAddress: 'octocat@example.com', accessToken: 'SECRET' },
    env: { ANYTHING: 'SECRET' },
    sessionKey: 'SECRET',
    githubPat: 'SECRET',
    tokenCache: { v: 'SECRET' },
    projects: {
      '/home/runner/work': {
        allowedTools: ['Bash(git diff:*)', 'Edit', 'Bash(curl -H "Authorization: Bearer SECRET")', ...PERMITTED],
        hasTrustDialogAccepted: true,
        enabledMcpjsonServers: ['files'],
        lastTotalInputTokens: 1234,
        history: [{ display: 'use SECRET', pastedContents: {} }],
        mcpServers: { mine: { command: 'x', args: ['--token', 'SECRET'] } },
      },
      '/home/runner/other': { hasTrustDialogAccepted: true, history: [{ display: 'SECRET' }] },
    },
    mcpServers: {
      files: { command: 'npx', args: ['-y', '@x/mcp', '--api-key', 'SECRET-abcdef1234567890'] },
      remote: { type: 'http', url: 'https://mcp.zapier.com/api/mcp/s/SECRET/mcp', headers: { 'X-Auth': 'SECRET' } },
    },
  };

  test('is composed from a list of settings, for the workspace alone', () => {
    const { content, withheld } = claudeJson(path, JSON.stringify(PRESENT), WORKSPACE);
    expect(JSON.parse(content)).toEqual({
      numStartups: 12,
      theme: 'dark',
      hasCompletedOnboarding: true,
      projects: {
        '/home/runner/work': {
          hasTrustDialogAccepted: true,
          allowedTools: ['Bash(git diff:*)', 'Edit'],
          enabledMcpjsonServers: ['files'],
        },
      },
      apiKeyHelper: HELPER,
    });
    expect(content).not.toContain('SECRET');
    expect(withheld).toEqual(['mcpServers.files', 'mcpServers.remote', 'projects./home/runner/work.mcpServers.mine']);
  });

  test.each<[string, object]>([
    ['a text in the place of a word', { theme: 'SECRET with spaces' }],
    ['an object in the place of a switch', { verbose: { a: 'SECRET' } }],
    ['a list of objects', { projects: { [WORKSPACE]: { allowedTools: [{ a: 'SECRET' }] } } }],
    ['a long word', { editorMode: `SECRET${'x'.repeat(40)}` }],
  ])('control: %s is left out', (_, present) => {
    expect(claudeJson(path, JSON.stringify(present), WORKSPACE).content).not.toContain('SECRET');
  });

  test('a member with a special name is no setting', () => {
    const { content } = claudeJson(path, '{"__proto__":{"theme":"dark"},"constructor":"c"}', WORKSPACE);
    expect(JSON.parse(content)).toEqual({ apiKeyHelper: HELPER });
  });
});
