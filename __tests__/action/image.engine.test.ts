import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { PLACEHOLDER_CLAUDE_KEY } from '../../src/shared/contract.ts';
import { actionStep, TEST_KEYS, type ActionStep } from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import { docker } from '../../testing/engine/engine.ts';
import { foreignImage, imageFor, IMAGE_PATIENCE } from '../../testing/engine/foreign-image.ts';
import { give, ordinaryUser, runProgram } from '../../testing/runner/program.ts';
import { containerOf, remains, runIdOf } from '../../testing/runner/remains.ts';
import { untilSaid, type EntryResult } from '../../testing/runner/run-entry.ts';
import { sectionedScript, sectionsOf } from '../../testing/engine/sections.ts';
import { HOST_PATH } from '../../testing/runner/host-path.ts';

let step: ActionStep | undefined;
afterEach(() => {
  step?.runner.remove();
  step = undefined;
});

const ANTHROPIC = { 'anthropic-api-key': TEST_KEYS.anthropic };

describe('an image with glibc, dash, no bash and unusual settings', () => {
  test(
    'gets the same sandbox as every command',
    async () => {
      const image = foreignImage('glibc');
      const probes = {
        user: 'id -u; id -un; stat -c %u:%a "$HOME"',
        account: 'cat /etc/passwd',
        writable:
          'for d in "$HOME" "$TMPDIR" "$XDG_CACHE_HOME" "$XDG_RUNTIME_DIR" .; do touch "$d/x" || echo "$d"; done',
        root: 'touch /x',
        environment: 'env',
        tool: 'own-tool',
        bash: 'command -v bash || echo none',
        helper: '"$CLAUDE_CODE_API_KEY_HELPER" 2> /dev/null',
        configuration: 'cat ~/.claude.json',
      };
      step = actionStep(
        {
          ...ANTHROPIC,
          'agent-image': image,
          shell: 'sh',
          run: `${sectionedScript(probes).replace('set +e +o pipefail', 'set +e')}\nexit 7`,
        },
        { env: { JAVA_HOME: '/usr/lib/jvm/of-the-host' } },
      );
      const owner = { uid: process.getuid?.() ?? 0, name: 'runner' };
      if (owner.uid === 0) {
        [owner.uid, owner.name] = [4711, 'agent'];
        chownSync(step.runner.workspace, 4711, 4712);
      }
      const result = await step.main();
      expect(result.code, result.stdout + result.stderr).toBe(7);
      expect(result.stdout).not.toContain('cannot be preloaded');
      const found = sectionsOf(result.stdout);
      expect(found).toMatchObject({
        writable: '',
        root: expect.stringContaining('Read-only file system') as string,
        tool: 'a tool of the image',
        bash: 'none',
        helper: PLACEHOLDER_CLAUDE_KEY,
        configuration: expect.stringContaining('get-claude-key.sh') as string,
      });
      expect(found['user']?.split('\n')[0]).toBe(String(owner.uid));
      expect(found['user']?.split('\n')[2]).toBe(`${owner.uid}:700`);
      expect(found['account']).toContain(`${found['user']?.split('\n')[1] ?? '?'}:x:${owner.uid}:`);
      const environment = found['environment']?.split('\n') ?? [];
      expect(environment).toEqual(
        expect.arrayContaining([
          ...['PATH=/opt/tools:/bin', 'OF_THE_IMAGE=stays', 'TMPDIR=/tmp', 'LD_PRELOAD=/tmp/awf-lib/one-shot-token.so'],
          ...[
            'ANTHROPIC_AUTH_TOKEN=placeholder-token-for-credential-isolation',
            'GITHUB_OUTPUT=/tmp/awf-github/output',
          ],
          expect.stringMatching(/^HTTP_PROXY=http:\/\/[\d.]+:3128$/),
          expect.stringMatching(/^https_proxy=http:\/\/[\d.]+:3128$/),
          expect.stringMatching(/^NO_PROXY=localhost,127\.0\.0\.1,[\d.,]+,awf-agent,0\.0\.0\.0$/),
          expect.stringMatching(/^ANTHROPIC_BASE_URL=http:\/\/[\d.]+:10001$/),
        ]),
      );
      expect(environment.filter((line) => /^(ALL_PROXY|LD_AUDIT|AWF_CHECKS|JAVA_HOME)=/.test(line))).toEqual([]);
      expect(environment.filter((line) => /image\.example|nonexistent|of-the-image|of-the-host/.test(line))).toEqual(
        [],
      );
      expect(statSync(join(step.runner.workspace, 'x')).uid).toBe(owner.uid);
      expect(remains(step.runner)).toEqual([]);
    },
    IMAGE_PATIENCE,
  );

  test('is not disturbed by the image’s health check, entrypoint, user, volumes and labels', async () => {
    const image = foreignImage('glibc');
    const healthOf = (object: string): string => docker(['inspect', '--format={{json .Config.Healthcheck}}', object]);
    expect(healthOf(image)).toContain('/data/checked');
    const before = docker(['volume', 'ls', '--quiet']).split('\n');
    step = actionStep({
      ...ANTHROPIC,
      'agent-image': image,
      shell: 'sh',
      run: 'echo ready; until [ -e go ]; do :; done; ls /data',
    });
    const main = await step.start();
    await untilSaid(main, 'ready');
    const agent = containerOf(runIdOf(step.runner)!, 'agent');
    expect(healthOf(agent)).toContain('{"Test":["NONE"]');
    writeFileSync(join(step.runner.workspace, 'go'), '');
    expect((await main.done).code).toBe(0);
    expect(remains(step.runner)).toEqual([]);
    const made = docker(['volume', 'ls', '--quiet'])
      .split('\n')
      .filter((name) => name !== '' && !before.includes(name));
    // Other runs may come and go on this engine, but ours has ended.
    expect(made.filter((name) => docker(['ps', '--all', '--quiet', `--filter=volume=${name}`]) === '')).toEqual([]);
  });

  test('the error for a missing default shell names it, before the command starts', async () => {
    const image = foreignImage('glibc');
    step = actionStep({ ...ANTHROPIC, 'agent-image': image, run: 'echo "the command has run"' });
    const result = await step.main();
    expect(result.code, result.stdout + result.stderr).toBe(1);
    expect(result.stdout).toContain(`bash is not in the image ${image}; set shell to what it has, for example sh`);
    expect(result.stdout).not.toContain('the command has run');
  });
});

describe('on the command line, as an ordinary user', () => {
  async function awf(image: string, ...command: string[]): Promise<EntryResult & { readonly uid: number }> {
    const user = ordinaryUser();
    const directory = mkdtempSync(join(tmpdir(), 'test-awf-image-'));
    onTestFinished(() => {
      rmSync(directory, { recursive: true });
    });
    for (const name of ['workspace', 'home', 'temporary']) mkdirSync(join(directory, name));
    give(directory, user);
    const env = {
      PATH: HOST_PATH,
      HOME: join(directory, 'home'),
      TMPDIR: join(directory, 'temporary'),
    };
    const argv = [...user.prefix, process.execPath, join(ROOT, 'dist/cli/index.js'), `--agent-image=${image}`, '--'];
    const result = await runProgram([...argv, ...command], { cwd: join(directory, 'workspace'), env });
    const made = statSync(join(directory, 'workspace/made'), { throwIfNoEntry: false });
    return { ...result, uid: made?.uid ?? -1 };
  }

  test('an image that contains a single static program', async () => {
    const result = await awf(foreignImage('busybox'), '/bin/sh', '-c', 'echo $0; : > made; exit 5');
    expect(result, result.stdout + result.stderr).toMatchObject({
      code: 5,
      stdout: '/bin/sh\n',
      uid: ordinaryUser().uid,
    });
  });

  test('an image without a shell', async () => {
    const image = foreignImage('empty');
    expect(await awf(image, '/echo', 'of the image')).toMatchObject({ code: 0, stdout: 'of the image\n' });
    // The sandbox does not provide one of its own.
    const missed = await awf(image, 'sh', '-c', 'echo no');
    expect(missed, missed.stdout + missed.stderr).toMatchObject({ code: 127, stdout: '' });
    expect(missed.stderr).toContain('sh: not found');
  });

  test('an image for another architecture', async () => {
    const [ours, other] = process.arch === 'arm64' ? ['arm64', 'amd64'] : ['amd64', 'arm64'];
    const result = await awf(imageFor(other), 'true');
    expect(result.code, result.stdout + result.stderr).toBe(2);
    expect(result.stderr).toContain(`is for linux/${other}, and this engine runs linux/${ours}.`);
    expect(result.stderr).toContain(`--platform=linux/${ours}`);
    // The same image for this architecture gets as far as the missing program.
    expect((await awf(imageFor(ours), 'true')).code).toBe(127);
  });

  test('an image with a volume at one of the sandbox’s own paths', async () => {
    const result = await awf(foreignImage('volume'), '/bin/sh', '-c', 'echo ran');
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 2, stdout: '' });
    expect(result.stderr).toMatch(/has a volume at \/tmp\/?, which the sandbox needs for itself.*\n.*without "VOLUME/);
  });

  test('an image that contains a credential', async () => {
    const result = await awf(foreignImage('credential'), '/bin/sh', '-c', 'echo ran');
    expect(result, result.stdout + result.stderr).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('CLAUDE_CODE_OAUTH_TOKEN is set; no credential may be in the sandbox');
  });
});
