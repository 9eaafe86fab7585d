import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority } from '../../src/authority/authority.ts';
import { keyStore, KEY_STORE_PASSWORD } from '../../src/authority/key-store.ts';
import { temporaryDirectory } from '../../testing/builders.ts';
import { listen, type Listening } from '../../testing/listen.ts';
import { missing } from '../../testing/packages/build-tool.ts';
import { runProgram } from '../../testing/runner/program.ts';

/** Every program resolves it without a server for names. */
const HOST = 'localhost';
const ANSWER = 'from a named host';

const PYTHON = `
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
context.verify_flags |= ssl.VERIFY_X509_STRICT
print(urllib.request.urlopen(sys.argv[1], context=context).read().decode())
`;

const GO = `package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	answer, err := http.Get(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	body, _ := io.ReadAll(answer.Body)
	fmt.Println(string(body))
}
`;

const JAVA = `
import java.net.URI;
class Fetch {
  public static void main(String[] args) throws Exception {
    System.out.println(new String(URI.create(args[0]).toURL().openStream().readAllBytes()));
  }
}
`;

interface Program {
  readonly name: string;
  readonly missing: string | undefined;
  readonly file?: readonly [name: string, content: string];
  /** In a directory with the file, the root's certificate in PEM and in a store for Java. */
  readonly argv: (url: string, trusted: string) => readonly string[];
}

const PROGRAMS: readonly Program[] = [
  {
    name: 'curl',
    missing: missing('curl', '--version'),
    argv: (url, trusted) => ['curl', '-sS', '--cacert', `${trusted}.pem`, url],
  },
  {
    name: 'wget',
    missing: missing('wget', '--version'),
    argv: (url, trusted) => ['wget', '-nv', '-t', '1', '-O', '-', `--ca-certificate=${trusted}.pem`, url],
  },
  {
    name: 'Python with VERIFY_X509_STRICT',
    missing: missing('python3', '--version'),
    file: ['fetch.py', PYTHON],
    argv: (url, trusted) => ['python3', 'fetch.py', url, `${trusted}.pem`],
  },
  {
    name: 'Go',
    missing: missing('go', 'version'),
    file: ['fetch.go', GO],
    argv: (url, trusted) => ['env', `SSL_CERT_FILE=${trusted}.pem`, 'go', 'run', 'fetch.go', url],
  },
  {
    name: 'Java',
    missing: missing('java', '--version') ?? missing('javac', '--version'),
    file: ['Fetch.java', JAVA],
    argv: (url, trusted) => [
      ...['java', `-Djavax.net.ssl.trustStore=${trusted}.jks`],
      ...[`-Djavax.net.ssl.trustStorePassword=${KEY_STORE_PASSWORD}`, 'Fetch.java', url],
    ],
  },
];

describe('a chain of an authority', () => {
  const authority = createAuthority([HOST]);
  const another = createAuthority([HOST]);
  let server: Listening;
  beforeAll(async () => {
    const answering = createServer({ key: authority.key, cert: authority.chains[HOST]! }, (_, response) => {
      response.end(ANSWER);
    });
    server = await listen(answering, '127.0.0.1', 0);
  });
  afterAll(() => server.close());

  for (const { name, missing: reason, file, argv } of PROGRAMS) {
    test.skipIf(reason !== undefined)(
      `is accepted by ${name}, if it trusts this run's root${reason === undefined ? '' : ` (${reason})`}`,
      async () => {
        const directory = temporaryDirectory();
        if (file !== undefined) writeFileSync(join(directory, file[0]), file[1]);
        for (const [trusted, { rootPem }] of Object.entries({ ours: authority, another })) {
          writeFileSync(join(directory, `${trusted}.pem`), rootPem);
          writeFileSync(join(directory, `${trusted}.jks`), keyStore([new X509Certificate(rootPem).raw]));
        }
        const { PATH, HOME } = process.env;
        const fetching = (trusted: string) =>
          runProgram(argv(`https://${HOST}:${String(server.port)}/`, join(directory, trusted)), {
            cwd: directory,
            env: { PATH: PATH!, HOME: HOME! },
          });
        const { code, stdout, stderr } = await fetching('ours');
        expect({ code, stdout: stdout.trim() }, stderr).toEqual({ code: 0, stdout: ANSWER });
        const refused = await fetching('another');
        expect(refused.code).not.toBe(0);
        expect(refused.stderr).toMatch(/certificat|PKIX/i);
      },
    );
  }
});
