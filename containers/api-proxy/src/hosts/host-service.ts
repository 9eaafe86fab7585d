import type { IncomingMessage } from 'node:http';
import type { ApiError } from '../../../../src/shared/provider-entry.ts';
import type {
  SidecarHostCredential,
  SidecarHostRule,
  SidecarRuledHost,
} from '../../../../src/shared/sidecar-config.ts';
import { HostRules } from '../../../../src/shared/rule-matcher.ts';
import { NO_RETRY, printable, ProxyError } from '../errors.ts';
import type { Log } from '../log.ts';
import { ReflectionGuard } from '../reflection.ts';
import type { AdmittedRequest } from '../request/admission.ts';
import { hostHeaderRules } from '../request/headers.ts';
import type { Route } from '../route.ts';
import { jsonAnswer, type ErrorAnswer, type Passage, type Service } from '../service.ts';
import type { TunnelAgent } from '../upstream/agent.ts';
import { authorityOf } from '../upstream/tunnel.ts';
import { BodyRules } from './body-rules.ts';
import type { GraphqlPackage } from '../judge/graphql.ts';

/**
 * Query parameters in which APIs take a credential. Not `token`, `key` and `sig`: signed URLs have those, and they are
 * worth nothing for anything but the URL.
 */
const CREDENTIAL_QUERY: ReadonlySet<string> = new Set([
  ...['access_token', 'private_token', 'job_token', 'oauth_token', 'auth_token', 'api_key', 'apikey', 'api-key'],
  ...['client_secret', 'password'],
]);

/** Characters of a path in a message. */
const SHOWN = 500;

/** A host with rules: it is no provider's. */
export class HostService implements Service {
  readonly provider = null;
  readonly host: string;
  readonly pathForm = 'host';
  readonly credentialQuery = CREDENTIAL_QUERY;
  // Packages and pushes are as large as they are, and nothing of them is kept.
  readonly maxBodyBytes = Number.MAX_SAFE_INTEGER;
  // Any of them may be a key.
  readonly subprotocols: readonly string[] = [];
  readonly #option: string | undefined;
  readonly #rules: HostRules<SidecarHostRule>;
  readonly #bodies: BodyRules;
  /** By the index of the credential; the last one has none. */
  readonly #routes: readonly Route[];

  /** @param graphql needed if a rule is about GraphQL */
  constructor(host: SidecarRuledHost, agent: TunnelAgent, log: Log, graphql: GraphqlPackage | undefined) {
    const { name, rules, option, credentials, echoesNothing } = host;
    const target = { host: name, port: 443, basePath: '' };
    const secrets = credentials.flatMap((credential) => credential.secrets);
    const plainOnly = secrets.length > 0 && echoesNothing !== true;
    const guard = new ReflectionGuard(secrets, { plainOnly, hidesCookies: secrets.length > 0 }, () => {
      log.event('warn', 'credential-reflected', { host: name });
    });
    const routeFor = (credential?: SidecarHostCredential): Route => ({
      ...{ target, agent, guard, authority: authorityOf(target) },
      upstreamPath: (path) => credential?.path ?? path,
      rules: hostHeaderRules(credential?.header ? [credential.header, credential.value] : undefined, plainOnly),
    });
    this.host = name;
    this.#option = option;
    this.#rules = new HostRules(rules);
    this.#bodies = new BodyRules(rules, graphql);
    this.#routes = [...credentials.map(routeFor), routeFor()];
  }

  answer(): boolean {
    return false;
  }

  decide(asked: AdmittedRequest, client: IncomingMessage, isUpgrade: boolean): Passage {
    const request = isUpgrade ? { ...asked, method: 'WEBSOCKET' } : asked;
    const rule = this.#rules.find(request);
    const route = rule && this.#routes.at(rule.credential ?? -1);
    if (!rule || !route) throw this.#notAllowed(request);
    const judge = this.#bodies.admit(rule, asked, client.rawHeaders);
    return { admitted: asked, route, judge, usage: undefined, spending: undefined, rule: rule.source };
  }

  #notAllowed({ method, path }: AdmittedRequest): ProxyError {
    const raise = this.#option === undefined ? '' : `raise ${this.#option}, or `;
    const asked = printable(path, SHOWN);
    const message =
      `${method} ${asked} is not among the requests that this run may send to ${this.host}. ` +
      `If the workflow needs it, its author can ${raise}add this line to host-rules: ${this.host} ${method} ${asked}`;
    return new ProxyError('request_not_allowed', message, { headers: NO_RETRY });
  }

  errorAnswer({ code, message }: ApiError, userAgent: string | undefined): ErrorAnswer {
    // git prints the text of an error, and nothing else. (git 2.39, http.c: show_http_message)
    if (userAgent?.startsWith('git/') === true) {
      return { contentType: 'text/plain; charset=utf-8', body: Buffer.from(`${message}\n`) };
    }
    // gh shows `message`, npm shows `error`.
    return jsonAnswer({ message, error: message, code });
  }
}
