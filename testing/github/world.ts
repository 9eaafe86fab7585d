/** The stand-in for GitHub with a directory of its own, and a tunnel proxy that leads every name to it. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestTunnelProxy } from '../sidecar/tunnel-proxy.ts';
import { createTestCa, type TestCa } from '../tls.ts';
import { createHub, type Hub } from './hub.ts';
import { clientEnvironment } from './programs.ts';
import { startGithubServer, type GithubServer } from './server.ts';

export interface GithubWorld {
  readonly hub: Hub;
  readonly server: GithubServer;
  /** Where clients start. It has a file `new.txt`. */
  readonly cwd: string;
  /** Of the stand-in. The clients trust it. */
  readonly ca: TestCa;
  /** Of the tunnel proxy. */
  readonly proxyUrl: string;
  /** The variables of a client; it speaks with the stand-in directly unless another proxy is given. */
  readonly environment: (token: string, proxyUrl?: string) => NodeJS.ProcessEnv;
  readonly close: () => Promise<void>;
}

/** @param token the real one */
export async function startGithubWorld(token: string): Promise<GithubWorld> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'test-awf-github-')));
  const [hubDirectory, home, cwd] = ['hub', 'home', 'cwd'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  for (const each of [hubDirectory, home, cwd]) mkdirSync(each);
  writeFileSync(join(cwd, 'new.txt'), 'new');
  const ca = await createTestCa();
  const caFile = join(directory, 'ca.pem');
  writeFileSync(caFile, ca.certPem);
  const hub = createHub(hubDirectory);
  const server = await startGithubServer({ ca, hub, token });
  const proxy = await startTestTunnelProxy(server.port);
  return {
    ...{ hub, server, cwd, ca, proxyUrl: proxy.url },
    environment: (given, proxyUrl = proxy.url) => clientEnvironment({ home, caFile, proxyUrl, token: given }),
    close: async () => {
      await proxy.close();
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
