import type { AddedEndpoint } from './endpoints.ts';
import type { Injection } from './injection.ts';
import type { LogLevel } from './log-level.ts';
import type { HostRule, NamedHost } from './named-host.ts';
import type { OwnPrice } from './prices.ts';
import type { ProviderTool } from './provider-tools.ts';
import type { ProviderId } from './providers.ts';
import type { SidecarTransparent } from './transparent.ts';
import { ValueError } from './value-error.ts';

/**
 * The one document that a run writes to the api-proxy's standard input. It carries the credentials, so it exists only in
 * the two processes' memory and the pipe between them.
 */
export interface SidecarConfig {
  /** Providers with a credential; the others answer 503. */
  readonly providers: Partial<Record<ProviderId, SidecarProvider>>;
  /** Hosts to answer for under their own names; with {@link tls}. */
  readonly hosts?: readonly SidecarHost[];
  /** What the named hosts answer with. */
  readonly tls?: SidecarTls;
  /** `http://address:port` of Squid. */
  readonly proxyUrl: string;
  /** Undefined if programs that ask no proxy get nowhere. */
  readonly transparent?: SidecarTransparent;
  /** PEM certificates of authorities to trust in addition to the public ones. */
  readonly upstreamCa?: string;
  /** Largest request body in bytes; a longer one gets 413. */
  readonly maxBodyBytes: number;
  /** Endpoints to allow in addition to those of the provider table. */
  readonly allowEndpoints?: readonly AllowedEndpoint[];
  /** What a request may make a provider do for the command; nothing by default. */
  readonly allowProviderTools?: readonly ProviderTool[];
  readonly budget?: SidecarBudget;
  /** The user's own prices, for `maxCostUsd`. */
  readonly prices?: readonly OwnPrice[];
  /** Decides which events the log has in addition to the requests; `info` by default. */
  readonly logLevel?: LogLevel;
}

/** What a run may use, all providers together. A field that is missing sets no limit. */
export interface SidecarBudget {
  readonly maxRequests?: number;
  /** Tokens of prompts and answers together. */
  readonly maxTokens?: number;
  /** US dollars. With this limit, an answer without a known price ends the budget. */
  readonly maxCostUsd?: number;
}

export interface AllowedEndpoint extends AddedEndpoint {
  readonly provider: ProviderId;
}

export interface SidecarProvider {
  readonly credential: string;
  readonly target: Target;
  readonly injection: Injection;
  /** Whether to say at the start that the provider does not know the credential. */
  readonly checksKey?: boolean;
  /** Present if the command is to be told a model, and how to speak to it; `name` is the user's own choice. */
  readonly model?: { readonly name?: string };
}

/** A named host: a provider's own, or one with rules. */
export type SidecarHost = SidecarProviderHost | SidecarRuledHost;

export interface SidecarProviderHost extends Pick<SidecarProvider, 'target' | 'injection'> {
  /** Lower case. */
  readonly name: string;
  /** One of the configured providers. */
  readonly provider: ProviderId;
}

export interface SidecarRuledHost extends Omit<NamedHost, 'rules' | 'credential'> {
  readonly rules: readonly SidecarHostRule[];
  readonly credentials: readonly SidecarHostCredential[];
}

export interface SidecarHostRule extends Omit<HostRule, 'credential'> {
  /** The index of one of the host's credentials. */
  readonly credential?: number;
}

export interface SidecarHostCredential {
  /** Lower case; empty for none. */
  readonly header: string;
  /** The header's whole value. */
  readonly value: string;
  /** What of it must not come back in an answer: the credential, in each form that it has in the value. */
  readonly secrets: readonly string[];
  /** The path to ask for in the place of the client's, for a credential that is part of it. There is no header then. */
  readonly path?: string;
}

/** The certificates of the run's authority for the named hosts. */
export interface SidecarTls {
  /** PEM: the key of all of them. */
  readonly key: string;
  /** By host, PEM: the host's certificate, followed by its issuer's. */
  readonly chains: Readonly<Record<string, string>>;
}

/** An upstream: `https://host:port/basePath`. */
export interface Target {
  /** Lower case, no trailing dot. */
  readonly host: string;
  readonly port: number;
  /** Empty, or starts with a slash and does not end with one. */
  readonly basePath: string;
}

/** Default of the request-body limit: 10 MB. */
export const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024;

/** What people copy along with a credential: the scheme of the header in which they found it. */
export const PASTED_SCHEME = /^(?:bearer|token)[ \t]+(?=[^ \t])/i;

/**
 * Trims a credential, drops a scheme in front of it, and refuses one that Node would refuse as a header's value with each request.
 *
 * @returns the bare value, or undefined when nothing is left: an empty secret counts as absent
 * @throws ValueError that names `name`, never the value, when it contains a control character or one outside ASCII
 */
export function normaliseCredential(name: string, value: string | undefined): string | undefined {
  const trimmed = value?.trim().replace(PASTED_SCHEME, '') ?? '';
  if (trimmed === '') return undefined;
  // RFC 9110, section 5.5: a header's value has no control characters, and a line break would start another header.
  if (/[\u0000-\u001f\u007f-\u009f]/.test(trimmed)) {
    throw new ValueError(
      `${name} contains a line break or another control character. Store it again as a single line without one.`,
    );
  }
  if (!/^[ -~]+$/.test(trimmed)) {
    throw new ValueError(`${name} contains a character outside ASCII. Copy it again from where it was issued.`);
  }
  return trimmed;
}
