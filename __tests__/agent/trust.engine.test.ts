import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../../src/authority/authority.ts';
import { foreignImage, IMAGE_PATIENCE } from '../../testing/engine/foreign-image.ts';
import { HAS_PYTHON, virtualEnvironment } from '../../testing/python.ts';
import { ordinaryUser } from '../../testing/runner/program.ts';
import { ROOT } from '../../testing/root.ts';
import { FETCH_LIMIT } from '../../testing/scratch.ts';
import { createTestCa } from '../../testing/tls.ts';
import {
  CURL,
  filesFor,
  GIT,
  NODE,
  PROGRAMS,
  scriptFor,
  URLLIB,
  WGET,
  type TrustingProgram,
} from './trust-programs.ts';
import { identityOf, trustRun, type Identity, type TrustRun } from './trust-world.ts';

const NAMED = 'named.example';
/** Its certificate is another run's. */
const FOREIGN = 'foreign.example';
/** Its certificate is signed by a CA of the user's. */
const PRIVATE = 'private.example';

const upstreamCa = await createTestCa();
const FOREIGN_IDENTITY = identityOf(createAuthority([FOREIGN]), FOREIGN);
/** The api-proxy answers for the first one. The second one's tunnels are passed on, so its own certificate arrives. */
const BOTH: Readonly<Record<string, Identity>> = {
  [NAMED]: await upstreamCa.issue([NAMED]),
  [FOREIGN]: FOREIGN_IDENTITY,
};
const HOSTS = Object.keys(BOTH);
const NAMING = { 'host-rules': `${NAMED} GET /**`, 'upstream-ca': 'upstream-ca.pem' };
const filesWithCa = (programs: readonly TrustingProgram[]) => ({
  ...filesFor(programs),
  'upstream-ca.pem': upstreamCa.certPem,
});
const isHere = (program: TrustingProgram): boolean => program.missing === undefined;

function testEach(
  programs: readonly TrustingProgram[],
  run: () => TrustRun,
  hosts: Readonly<Record<string, boolean>>,
): void {
  for (const { name, missing } of programs) {
    test.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (${missing})`, () => {
      const { requests, stdout } = run();
      const found = Object.keys(hosts).map((host) => [host, requests.has(`${host}/${name}`)]);
      expect(Object.fromEntries(found), stdout).toEqual(hosts);
    });
  }
}

describe('with the host’s toolchain, a program trusts this run’s authority and no other', () => {
  let run: TrustRun;
  const programs = PROGRAMS.filter(isHere);
  beforeAll(async () => {
    const environment = HAS_PYTHON ? await virtualEnvironment(join(ROOT, '__tests__/clients/pypi')) : undefined;
    run = await trustRun(BOTH, scriptFor(programs, HOSTS), {
      files: filesWithCa(programs),
      options: {
        ...NAMING,
        mounts: [process.execPath, ...(environment?.mounts ?? [])].join('\n'),
        env: `NODE=${process.execPath}\nCLIENTS=${environment?.bin ?? ''}`,
      },
    });
  }, FETCH_LIMIT);
  testEach(PROGRAMS, () => run, { [NAMED]: true, [FOREIGN]: false });

  test('each has asked for both', () => {
    const hellos = run.hellos.filter((name) => name === FOREIGN);
    expect(hellos.length).toBeGreaterThanOrEqual(programs.length);
  });
});

describe('without a named host, no program trusts the certificate of any run', () => {
  let run: TrustRun;
  const programs = [CURL, WGET, GIT, URLLIB, NODE].filter(isHere);
  beforeAll(async () => {
    run = await trustRun({ [FOREIGN]: FOREIGN_IDENTITY }, scriptFor(programs, [FOREIGN]), {
      files: filesFor(programs),
      options: { mounts: process.execPath, env: `NODE=${process.execPath}` },
    });
  });
  testEach(programs, () => run, { [FOREIGN]: false });
});

describe('a user’s own CA is trusted beside the authority, by an ordinary user', () => {
  let run: TrustRun;
  const programs = [CURL, GIT, URLLIB, NODE].filter(isHere);
  beforeAll(async () => {
    const ca = await createTestCa();
    const issued = await ca.issue([PRIVATE]);
    run = await trustRun({ ...BOTH, [PRIVATE]: issued }, scriptFor(programs, [...HOSTS, PRIVATE]), {
      owner: ordinaryUser(),
      files: { ...filesWithCa(programs), 'ca.pem': ca.certPem + issued.key },
      options: {
        ...NAMING,
        mounts: process.execPath,
        env: `NODE=${process.execPath}\n${['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS', 'GIT_SSL_CAINFO'].map((name) => `${name}=ca.pem`).join('\n')}`,
      },
    });
  });
  testEach(programs, () => run, { [NAMED]: true, [FOREIGN]: false, [PRIVATE]: true });
});

describe.each(['git', 'certificates'] as const)('in the image %s', (image) => {
  let run: TrustRun;
  const programs = image === 'git' ? [GIT, NODE] : [CURL, WGET, GIT, URLLIB, NODE];
  beforeAll(async () => {
    const facts = 'echo "in bundle: $(grep -c BEGIN "$SSL_CERT_FILE")"; ls /tmp/awf-joined-trust';
    run = await trustRun(BOTH, `${facts}\n${scriptFor(programs, HOSTS)}`, {
      files: filesWithCa(programs),
      options: {
        ...NAMING,
        'agent-image': foreignImage(image),
        mounts: process.execPath,
        env: `NODE=${process.execPath}`,
      },
    });
  }, IMAGE_PATIENCE);
  testEach(programs, () => run, { [NAMED]: true, [FOREIGN]: false });

  test('public hosts stay trusted', () => {
    expect(Number(/in bundle: (\d+)/.exec(run.stdout)?.[1])).toBeGreaterThan(100);
  });
});
