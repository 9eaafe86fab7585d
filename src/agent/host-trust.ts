import { readFileSync, statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow, realPath } from '../host/paths.ts';
import { words } from '../shared/words.ts';
import { TRUST_VARIABLES } from './trust-variables.ts';

/** CA certificates of the host. */
export interface TrustedFile {
  /** Where they are, links resolved. */
  readonly real: string;
  /** The certificates in PEM, and nothing else of the file: one may have a key beside them. */
  readonly pem: string;
  /** The same in DER, without OpenSSL's `TRUSTED CERTIFICATE`, a format of its own. */
  readonly der: readonly Buffer[];
}

/** What programs outside the sandbox trust, as far as it is in files. */
export interface HostTrust {
  /** The system's lists of CAs, most often one, with the paths at which programs know each. */
  readonly bundles: readonly (TrustedFile & { readonly paths: readonly string[] })[];
  /** The files that the user's variables name, by the value of the variable. */
  readonly named: ReadonlyMap<string, TrustedFile>;
}

/**
 * Where systems keep the list that every program of theirs trusts.
 *
 * @see https://go.dev/src/crypto/x509/root_linux.go
 */
export const BUNDLES: readonly string[] = words(`
  /etc/ssl/certs/ca-certificates.crt
  /etc/pki/tls/certs/ca-bundle.crt
  /etc/ssl/ca-bundle.pem
  /etc/pki/tls/cacert.pem
  /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
  /etc/ssl/cert.pem
`);

/** Bytes. A longer file is no list of CAs: the public ones take 230 kB. */
const LARGEST = 4 * 1024 * 1024;
const CERTIFICATE = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----([^-]+)-----END \1-----/g;

/**
 * Reads what {@link HostTrust} lists, as the sandbox will see it. What cannot be read is not there.
 *
 * @param userMounts may have other files at these paths
 */
export function readHostTrust(
  { env, workingDirectory, agentImage }: Pick<Config, 'env' | 'workingDirectory' | 'agentImage'>,
  environment: NodeJS.ProcessEnv,
  userMounts: readonly MountSpec[],
): HostTrust {
  // An image has lists of its own, and these paths lead nowhere there.
  if (agentImage !== undefined) return { bundles: [], named: new Map() };
  const read = (path: string): TrustedFile | undefined => readCertificates(sourceOf(path, userMounts));
  const found = BUNDLES.flatMap((path) => ({ path, real: realPath(sourceOf(path, userMounts)) }));
  const bundles = [...Map.groupBy(found, ({ real }) => real).values()].flatMap((same) => {
    const paths = same.map(({ path }) => path);
    const file = paths[0] === undefined ? undefined : read(paths[0]);
    return file === undefined || file.pem === '' ? [] : [{ ...file, paths }];
  });
  const given = Object.fromEntries(env.map(({ name, value }) => [name, value ?? environment[name]]));
  const values = TRUST_VARIABLES.flatMap(({ name }) => [environment[name], given[name]]);
  const named = new Map<string, TrustedFile>();
  for (const value of new Set(values)) {
    if (value === undefined || value === '') continue;
    const file = read(resolve(workingDirectory, value));
    if (file !== undefined) named.set(value, file);
  }
  return { bundles, named };
}

/** The host's path of what the sandbox has at `path`. */
function sourceOf(path: string, userMounts: readonly MountSpec[]): string {
  const [innermost] = userMounts
    .filter(({ target }) => target === path || isBelow(path, target))
    .toSorted((a, b) => b.target.length - a.target.length);
  return innermost?.kind === 'bind' ? resolve(innermost.source, relative(innermost.target, path)) : path;
}

/** The system's list of CAs, in PEM; undefined if there is none. */
export function systemCertificates(): string | undefined {
  return BUNDLES.map((path) => readCertificates(path)?.pem).find((pem) => pem !== undefined && pem !== '');
}

function readCertificates(path: string): TrustedFile | undefined {
  try {
    const stats = statSync(path);
    // Nobody may ever write to a pipe.
    if (!stats.isFile() || stats.size > LARGEST) return undefined;
    return { real: realPath(path) ?? path, ...certificatesIn(readFileSync(path, 'latin1')) };
  } catch {
    return undefined;
  }
}

/** The certificates in a text, each in PEM with an end of its line. */
export function certificatesIn(text: string): Pick<TrustedFile, 'pem' | 'der'> {
  let pem = '';
  const der: Buffer[] = [];
  for (const [block, label, content = ''] of text.matchAll(CERTIFICATE)) {
    pem += `${block}\n`;
    if (label?.startsWith('TRUSTED') !== true) der.push(Buffer.from(content, 'base64'));
  }
  return { pem, der };
}
