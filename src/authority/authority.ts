import {
  intermediateCertificate,
  keyIdentifier,
  leafCertificate,
  newKeys,
  pemOf,
  rootCertificate,
  type KeyPair,
} from './certificate.ts';

/** The certificates of one run, with which the api-proxy answers for named hosts. */
export interface RunAuthority {
  /** PEM: what programs in the sandbox trust. */
  readonly rootPem: string;
  /** PEM, PKCS #8: the key of the certificates in {@link chains}. */
  readonly key: string;
  /** PEM by host: its certificate, followed by the one that signed it. */
  readonly chains: Readonly<Record<string, string>>;
}

const DAY_MS = 86_400_000;
/** No run takes that long. Some programs refuse what is valid for more than a year. */
const DAYS = 30;

/**
 * Makes an authority for `hosts` and a certificate for each.
 *
 * The keys that sign are gone when this function returns: nobody can make a further certificate, for whatever host. The
 * root's certificate carries no constraint, because some programs (Java) ignore those of what they trust; the constraint is
 * in the certificate between.
 *
 * @param hosts lower case, without a trailing dot
 * @param now clocks differ, so the certificates are valid from the day before
 * @throws RangeError without hosts: an empty constraint would permit every host
 */
export function createAuthority(hosts: readonly string[], now = new Date()): RunAuthority {
  if (hosts.length === 0) throw new RangeError('An authority needs at least one host.');
  const validity = { from: new Date(now.getTime() - DAY_MS), to: new Date(now.getTime() + (DAYS - 1) * DAY_MS) };
  const rootKeys = newKeys();
  const run = runName(rootKeys);
  const root = { name: `AWF run authority ${run}`, keys: rootKeys };
  const intermediate = { name: `AWF named hosts ${run}`, keys: newKeys() };
  const between = pemOf(intermediateCertificate(intermediate, hosts, root, validity));
  const { publicKey, privateKey } = newKeys();
  const chainOf = (host: string): string => pemOf(leafCertificate(host, publicKey, intermediate, validity)) + between;
  return {
    rootPem: pemOf(rootCertificate(root, validity)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    chains: Object.fromEntries(hosts.map((host) => [host, chainOf(host)])),
  };
}

/** Programs that know two authorities of the same name may try the wrong one. */
const runName = ({ publicKey }: KeyPair): string => keyIdentifier(publicKey).toString('hex', 0, 4);
