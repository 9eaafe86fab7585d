/**
 * What a company network has beyond its proxy: a provider, and the proxy as the only way there. A program:
 * `node office-entry.ts` reads {@link OfficeOptions} as one line of JSON, writes the CA's certificate to `caFile`, prints
 * `{"ready":true}`, then what the proxy was asked for, one {@link Asked} per line. When its standard input ends, it prints
 * the credentials that the provider received as `{"credentials":[...]}`, and ends.
 */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { startProviderServer } from '../provider/server.ts';
import { createTestCa } from '../tls.ts';
import { startParentProxy } from './parent-proxy.ts';

export interface OfficeOptions {
  readonly host: string;
  readonly port: number;
  readonly login: { readonly user: string; readonly password: string };
  readonly key: string;
  readonly caFile: string;
}

const print = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

const lines = createInterface(process.stdin);
const [line] = (await once(lines, 'line')) as [string];
const { host, port, login, key, caFile } = JSON.parse(line) as OfficeOptions;
const ca = await createTestCa();
const provider = await startProviderServer({ ca, keys: { anthropic: key } });
await startParentProxy(
  { host, port, login, places: { 'api.anthropic.com:443': { host: '127.0.0.1', port: provider.port } } },
  ({ method, target, status }) => {
    print({ method, target, status });
  },
);
writeFileSync(caFile, ca.certPem);
print({ ready: true });
await once(lines, 'close');
print({ credentials: [...new Set(provider.requests.map(({ credential }) => credential))] });
process.exit();
