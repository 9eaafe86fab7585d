import { words } from '../shared/words.ts';

/** A variable that names a file of CA certificates. */
export interface TrustVariable {
  readonly name: string;
  /**
   * What it names unless the user has set it: everything that the system trusts and the run's root, or the root alone.
   * Undefined if it stays unset.
   */
  readonly otherwise?: 'bundle' | 'root';
  /** It stays unset if this variable is set: programs that look for both would no longer see the user's file. */
  readonly unless?: string;
  /** It is only set if nothing can be mounted over the system's list. */
  readonly isLastResort?: true;
}

/**
 * Measured: each program with one of these alone.
 *
 * `SSL_CERT_FILE` is for OpenSSL (curl, Python, httpx), Go, Rust, Bun and Deno; `SSL_CERT_DIR` needs nothing, because
 * they read both. `NODE_EXTRA_CA_CERTS` adds to what Node.js trusts. requests and pip read `REQUESTS_CA_BUNDLE`, and
 * `CURL_CA_BUNDLE` after it. git's library does not read `SSL_CERT_FILE`.
 *
 * The others lead past all this if the user has set them, so their files are joined as well.
 */
export const TRUST_VARIABLES: readonly TrustVariable[] = [
  { name: 'SSL_CERT_FILE', otherwise: 'bundle' },
  { name: 'NODE_EXTRA_CA_CERTS', otherwise: 'root' },
  { name: 'REQUESTS_CA_BUNDLE', otherwise: 'bundle', unless: 'CURL_CA_BUNDLE' },
  { name: 'GIT_SSL_CAINFO', otherwise: 'bundle', isLastResort: true },
  ...words(`
    CURL_CA_BUNDLE PIP_CERT CARGO_HTTP_CAINFO npm_config_cafile NPM_CONFIG_CAFILE DENO_CERT CODEX_CA_CERTIFICATE
    AWS_CA_BUNDLE BUNDLE_SSL_CA_CERT GRPC_DEFAULT_SSL_ROOTS_FILE_PATH HTTPLIB2_CA_CERTS NIX_SSL_CERT_FILE
  `).map((name) => ({ name })),
];
