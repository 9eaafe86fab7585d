import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageNames } from '../../src/docker/images.ts';
import { actionStep, TEST_KEYS, type ActionStep } from '../../testing/runner/action.ts';
import { ROOT } from '../../testing/root.ts';
import { requestsOfCommand, startOutside, type Outside } from '../../testing/outside/outside.ts';
import { containerOf, remains, runIdOf } from '../../testing/runner/remains.ts';
import { untilSaid, type EntryResult } from '../../testing/runner/run-entry.ts';
import { createTestCa } from '../../testing/tls.ts';

const COPILOT = 'copilot-api.octo.ghe.com';
const SIBLING = 'assets.octo.ghe.com';
/** RFC 5737 reserves these for documentation. They belong to nobody, and Squid does not count them as private. */
const [ADDRESS, RESOLVER] = ['198.51.100.8', '198.51.100.53'];

/** Calls the model with only what the sandbox provides, and asks Squid for both names itself. */
const SCRIPT = `
echo "server: $GITHUB_SERVER_URL"
until [ -e go ]; do sleep 0.05; done
node -e '
  const headers = { "content-type": "application/json", authorization: "Bearer " + process.env.COPILOT_TOKEN };
  fetch(process.env.COPILOT_API_URL + "/chat/completions", { method: "POST", headers, body: "{}" })
    .then(async (response) => console.log("sidecar: " + response.status + " " + await response.text()));
'
squid=\${https_proxy#http://}
echo "${COPILOT}: $(curl -s -o /dev/null -w '%{http_code}' https://${COPILOT}/user)"
for name in ${SIBLING}; do
  exec {tunnel}<> "/dev/tcp/\${squid%:*}/\${squid#*:}"
  printf 'CONNECT %s:443 HTTP/1.1\\r\\n\\r\\n' "$name" >&$tunnel
  read -r _ status _ <&$tunnel
  echo "$name: $status"
done
`;

describe.each([
  ['covers', 'octo.ghe.com'],
  ['does not cover', SIBLING],
])('a job of an enterprise with data residency, whose allow-domains %s Copilot’s host', (_, allowDomains) => {
  let step: ActionStep;
  let outside: Outside;
  let result: EntryResult;

  beforeAll(async () => {
    const ca = await createTestCa();
    step = actionStep(
      {
        run: SCRIPT,
        'copilot-github-token': TEST_KEYS.copilot,
        'allow-domains': allowDomains,
        'add-hosts': [COPILOT, SIBLING].map((name) => `${name}:${ADDRESS}`).join('\n'),
        'upstream-ca': 'upstream-ca.pem',
      },
      { env: { GITHUB_SERVER_URL: 'https://octo.ghe.com' }, ca },
    );
    const running = await step.start();
    await untilSaid(running, 'server: ');
    const squid = containerOf(runIdOf(step.runner) ?? '', 'squid');
    const certificate = await ca.issue([COPILOT, SIBLING]);
    const world = { ...certificate, resolver: RESOLVER, names: {}, pointer: SIBLING };
    outside = await startOutside(squid, imageNames(ROOT), world, [ADDRESS]);
    writeFileSync(join(step.runner.workspace, 'go'), '');
    result = await running.done;
  });
  afterAll(async () => {
    await outside.stop();
    const left = remains(step.runner);
    step.runner.remove();
    expect(left).toEqual([]);
  });

  test('knows its server', () => {
    expect(result.code, result.stdout + result.stderr).toBe(0);
    expect(result.stdout).toContain('server: https://octo.ghe.com\n');
  });

  test('reaches the enterprise’s Copilot through the sidecar, with the real token', () => {
    expect(result.stdout).toContain('sidecar: 200 {"from":"outside"}');
    expect(requestsOfCommand(outside.events)).toMatchObject([
      {
        serverName: COPILOT,
        method: 'POST',
        url: '/chat/completions',
        headers: { host: COPILOT, authorization: `Bearer ${TEST_KEYS.copilot}` },
      },
    ]);
  });

  test('under its own name, reaches the sidecar', () => {
    expect(result.stdout).toContain(`${COPILOT}: 403\n`);
    expect(result.stdout).toContain(`${SIBLING}: 200\n`);
  });

  test('gets no advice to list Copilot’s host, and its request is counted', () => {
    expect(result.stdout).not.toContain('allow-domains does not cover');
    expect(step.runner.main.summary()).toMatch(/^\| model not named \| GitHub Copilot \|$/m);
  });
});
