import { join } from 'node:path';
import { keyStore } from '../authority/key-store.ts';
import type { MountSpec } from '../docker/spec.ts';
import { isBelow } from '../host/paths.ts';
import type { EtcPlan } from '../mounts/etc-files.ts';
import { AGENT_PLACES } from '../shared/contract.ts';
import { BUNDLES, certificatesIn, type HostTrust, type TrustedFile } from './host-trust.ts';
import { TRUST_VARIABLES, type TrustVariable } from './trust-variables.ts';

/**
 * How programs in the sandbox come to trust the root of this run's authority, beside everything that they trust anyway.
 * With the host's toolchain, the system's list is replaced by one that has the root too. Nothing can be mounted over a
 * list in an image, so the entrypoint joins it with the root, and variables lead there.
 */
export interface Trust {
  /** Generated files, container path to content. All of it is public. */
  readonly files: Readonly<Record<string, string | Buffer>>;
  /** Mounts over the system's lists. */
  readonly mounts: readonly MountSpec[];
  /** Lists for which a generated file stands in the sandbox's `/etc`, and which are not mounted any more. */
  readonly replaced: readonly string[];
  /** Settings of programs that read no variable: paths below the home with contents. */
  readonly homeFiles: Readonly<Record<string, string>>;
  /** The store for Java. */
  readonly javaStore: string | undefined;
  /** The arguments of the entrypoint's `join-trust.sh`, as words; empty if there is nothing for it to do. */
  readonly words: string;
  /** True for a variable whose file is joined with the root, wherever that file is. */
  readonly isJoined: (name: string, value: string) => boolean;
  /** The variables to set, for a command that has `given`. */
  readonly variables: (given: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

/** For a run without an authority. */
const NOTHING: Trust = {
  ...{ files: {}, mounts: [], replaced: [], homeFiles: {}, javaStore: undefined, words: '' },
  isJoined: () => false,
  variables: () => ({}),
};

const DIRECTORY = AGENT_PLACES.trust;
const ROOT = `${DIRECTORY}/root.pem`;
const BUNDLE = `${DIRECTORY}/bundle.pem`;
const JAVA_STORE = `${DIRECTORY}/java.jks`;
/** Made by the entrypoint in an image. */
const JOINED_BUNDLE = `${AGENT_PLACES.joinedTrust}/bundle.pem`;

type Certificates = Pick<TrustedFile, 'pem' | 'der'>;

const NO_TRUST: HostTrust = { bundles: [], named: new Map() };

/** What the sandbox shows of the host. */
export interface TrustPlace {
  /** Undefined for an image. */
  readonly etc: EtcPlan | undefined;
  readonly toolchain: readonly MountSpec[];
  readonly userMounts: readonly MountSpec[];
  /** Where the generated files will be on the host. */
  readonly directory: string;
}

/**
 * Plans what {@link Trust} lists. Reads nothing.
 *
 * @param rootPem the root's certificate; undefined for a run without an authority, which changes nothing
 * @param host what programs outside trust
 */
export function planTrust(rootPem: string | undefined, host: HostTrust | undefined, place: TrustPlace): Trust {
  if (rootPem === undefined) return NOTHING;
  return place.etc === undefined ? trustInImage(rootPem) : trustOnHost(rootPem, host ?? NO_TRUST, place);
}

/**
 * Mozilla's list, which Node.js has, for programs with a list of their own: with the root alone, pip would trust no registry.
 * `node:tls` takes 25 ms to load, and most runs need none of it.
 */
function publicList(): Certificates {
  const { rootCertificates } = process.getBuiltinModule('node:tls');
  return certificatesIn(rootCertificates.join('\n'));
}

/**
 * An image may have no list at all, and then gets the public one. Java in an image always gets that one, because a shell
 * cannot write the format of its store: CAs that only the image's own store has are not in it.
 */
function trustInImage(rootPem: string): Trust {
  const variables = TRUST_VARIABLES.map(
    ({ name, otherwise = '', unless }) => `${name}=${otherwise}${unless === undefined ? '' : `/${unless}`}`,
  );
  return {
    ...NOTHING,
    files: generated(rootPem, publicList()),
    homeFiles: wgetSettings(JOINED_BUNDLE),
    javaStore: JAVA_STORE,
    words: [DIRECTORY, AGENT_PLACES.joinedTrust, ...BUNDLES, ...variables].join(' '),
  };
}

function trustOnHost(rootPem: string, { bundles, named }: HostTrust, place: TrustPlace): Trust {
  const shown = bundles.map((bundle) => ({ bundle, at: placeOf(bundle, place) }));
  const files = generated(rootPem, bundles[0] ?? publicList());
  const mounts: MountSpec[] = [];
  const replaced: string[] = [];
  for (const [index, { bundle, at }] of shown.entries()) {
    if (at === undefined) continue;
    const file = at.isOwn ? at.path : index === 0 ? BUNDLE : `${DIRECTORY}/bundle-${String(index + 1)}.pem`;
    files[file] = rootPem + bundle.pem;
    if (at.isOwn) replaced.push(at.path);
    else mounts.push({ kind: 'bind', source: join(place.directory, file), target: at.path, writable: false });
  }
  const isShown = shown[0]?.at !== undefined;
  const isReplaced = (real: string): boolean =>
    shown.some(({ bundle, at }) => at !== undefined && bundle.real === real);
  const joined = new Map<string, string>();
  for (const [value, { real, pem }] of named) {
    if (isReplaced(real)) continue;
    const file = `${DIRECTORY}/user-${String(joined.size + 1)}.pem`;
    files[file] = rootPem + pem;
    joined.set(value, file);
  }
  return {
    ...NOTHING,
    ...{ files, mounts, replaced, javaStore: JAVA_STORE },
    homeFiles: isShown ? {} : wgetSettings(BUNDLE),
    isJoined: (name, value) => joined.has(value) && TRUST_VARIABLES.some((variable) => variable.name === name),
    variables: (given) => {
      const set = TRUST_VARIABLES.filter(({ isLastResort }) => !(isShown && isLastResort === true));
      return Object.fromEntries([
        ...TRUST_VARIABLES.flatMap(({ name }) => {
          const file = joined.get(given[name] ?? '');
          return file === undefined ? [] : [[name, file] as const];
        }),
        ...set.flatMap((variable) => defaultOf(variable, given)),
      ]);
    },
  };
}

function defaultOf({ name, otherwise, unless }: TrustVariable, given: Readonly<Record<string, string>>) {
  const isSet = [name, unless ?? name].some((one) => (given[one] ?? '') !== '');
  if (isSet || otherwise === undefined) return [];
  return [[name, otherwise === 'root' ? ROOT : BUNDLE] as const];
}

/** @param trusted the system's list */
function generated(rootPem: string, trusted: Certificates): Record<string, string | Buffer> {
  return {
    [ROOT]: rootPem,
    [BUNDLE]: rootPem + trusted.pem,
    [JAVA_STORE]: keyStore([...certificatesIn(rootPem).der, ...trusted.der]),
  };
}

/** No variable tells wget about certificates. The command may change the file: it is in the private home. */
const wgetSettings = (bundle: string): Record<string, string> => ({ '.wgetrc': `ca_certificate=${bundle}\n` });

/**
 * Where the sandbox shows a list of the host, and whether that is a copy of the run's own, or a file to mount another one
 * over. Undefined if it shows none, or the user's. A link is never the answer: what it leads to may not be there.
 */
function placeOf(
  { real, paths }: Pick<HostTrust['bundles'][number], 'real' | 'paths'>,
  { etc, toolchain, userMounts }: TrustPlace,
): { readonly path: string; readonly isOwn: boolean } | undefined {
  const all = [real, ...paths];
  if (userMounts.some(({ target }) => all.some((path) => target === path || isBelow(path, target)))) return undefined;
  const { files = [], mounts = [] } = etc ?? {};
  const copies = new Set([...files.map(({ path }) => path), ...mounts.map(({ target }) => target)]);
  const own = all.find((path) => copies.has(path));
  if (own !== undefined) return { path: own, isOwn: true };
  const isShownBy = (mount: MountSpec, path: string): boolean =>
    mount.kind === 'bind' && isBelow(path, mount.target) && mount.source + path.slice(mount.target.length) === real;
  const below = all.find((path) => [...mounts, ...toolchain].some((mount) => isShownBy(mount, path)));
  return below === undefined ? undefined : { path: below, isOwn: false };
}
