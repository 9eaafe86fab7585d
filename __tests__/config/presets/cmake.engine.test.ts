/**
 * CMake fetches a project by git over HTTPS and builds it, and all that it is given is a preset. No test reaches GitHub: a
 * server of the test's own answers under its name.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunResult } from '../../../src/run/report.ts';
import { bridgeAddress } from '../../../testing/engine/engine.ts';
import { startSandbox } from '../../../testing/engine/sandbox-run.ts';
import { sectionedScript, sectionsOf } from '../../../testing/engine/sections.ts';
import { git, HAS_GIT } from '../../../testing/git.ts';
import { startGateway } from '../../../testing/outside/outside.ts';
import { missing } from '../../../testing/packages/build-tool.ts';
import { startRegistries, type RegistryServer } from '../../../testing/packages/server.ts';
import { untilSaid } from '../../../testing/runner/run-entry.ts';
import { createTestCa } from '../../../testing/tls.ts';

/** An address in Squid's own network namespace. Nothing sent to it leaves the namespace. */
const NOWHERE = '127.0.0.80';
const ALLOWED = 'github.com';
const REFUSED = 'git.example';

const project = (host: string): string => `cmake_minimum_required(VERSION 3.16)
project(one C)
include(FetchContent)
FetchContent_Declare(answer GIT_REPOSITORY https://${host}/answer.git GIT_TAG main)
FetchContent_MakeAvailable(answer)
add_executable(one main.c)
target_link_libraries(one answer)
`;

const LIBRARY = {
  'CMakeLists.txt':
    'add_library(answer STATIC answer.c)\ntarget_include_directories(answer PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})\n',
  'answer.h': 'int answer(void);\n',
  'answer.c': '#include "answer.h"\nint answer(void) { return 42; }\n',
};

const BUILD = (directory: string): string =>
  `(cd ${directory} && timeout 120 cmake -S . -B out > log 2>&1 && cmake --build out >> log 2>&1 && ./out/one) || { echo "failed: $?"; tail -5 ${directory}/log; }`;

const MISSING = HAS_GIT
  ? (missing('cmake', '--version') ?? missing('make', '--version') ?? missing('cc', '--version'))
  : 'git';
const NAME = MISSING === undefined ? 'CMake with git: github-read' : `CMake with git: github-read (${MISSING})`;

let registries: RegistryServer | undefined;
let result: RunResult;
let sections: Record<string, string>;
const scratch = mkdtempSync(join(tmpdir(), 'test-awf-cmake-'));

function makeRepository(): string {
  const bare = join(scratch, 'repositories', 'answer.git');
  const work = join(scratch, 'work');
  mkdirSync(work);
  git(scratch, 'init', '--quiet', '--bare', bare);
  git(work, 'init', '--quiet', '--initial-branch=main');
  for (const [name, text] of Object.entries(LIBRARY)) writeFileSync(join(work, name), text);
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '--message=first');
  git(work, 'push', '--quiet', bare, 'main');
  git(bare, 'symbolic-ref', 'HEAD', 'refs/heads/main');
  return join(scratch, 'repositories');
}

beforeAll(async () => {
  if (MISSING !== undefined) return;
  const ca = await createTestCa();
  const address = bridgeAddress();
  const hosts = new Map([ALLOWED, REFUSED].map((host) => [host, {}]));
  registries = await startRegistries(ca, address, hosts, makeRepository());
  const main = '#include <stdio.h>\n#include "answer.h"\nint main(void) { printf("%d\\n", answer()); return 0; }\n';
  const run = startSandbox({
    options: { 'allow-domains': 'github-read', 'add-hosts': `${ALLOWED}:${NOWHERE}\n${REFUSED}:${NOWHERE}` },
    ...{ credentials: {}, resolver: '127.0.0.53' },
    files: {
      'ca.pem': ca.certPem,
      ...Object.fromEntries(
        [ALLOWED, REFUSED].flatMap((host) => [
          [`${host}/CMakeLists.txt`, project(host)],
          [`${host}/main.c`, main],
        ]),
      ),
    },
    script: `export GIT_SSL_CAINFO=$PWD/ca.pem
echo waiting
until [ -e ready ]; do sleep 0.05; done
${sectionedScript({ allowed: BUILD(ALLOWED), refused: BUILD(REFUSED) })}`,
  });
  await untilSaid(run, 'waiting');
  const gateway = startGateway(run.containers().squid, run.images, `${address}:${registries.securePort}`);
  try {
    await gateway.set({ port: 443, mode: 'open' });
    run.writeFile('ready', '');
    result = await run.done;
    sections = sectionsOf(run.stdout());
  } finally {
    run.writeFile('ready', '');
    await run.done;
    await gateway.stop();
    run.removeFiles();
  }
}, 300_000);
afterAll(async () => {
  await registries?.close();
  rmSync(scratch, { recursive: true, force: true });
});

test.skipIf(MISSING !== undefined)(NAME, () => {
  expect(sections['allowed']).toBe('42');
  expect(registries?.requests.filter((line) => line.includes(ALLOWED))).not.toEqual([]);
});

test.skipIf(MISSING !== undefined)('a host that is in no preset is refused, though it answers', () => {
  expect(sections['refused']).toMatch(/^failed: /);
  expect(registries?.requests.filter((line) => line.includes(REFUSED))).toEqual([]);
  expect(result.traffic.domains?.blocked.map(({ domain }) => domain)).toContain(REFUSED);
});
