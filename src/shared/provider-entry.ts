/**
 * What the table of providers says about each one. Which variables and files the agent programs read was measured, see
 * docs/agents.md.
 */

import type { Endpoint, EndpointMethod } from './endpoints.ts';
import type { InjectionRules } from './injection.ts';
import type { BodyRules, ProviderTool, ToolHeader } from './provider-tools.ts';
import type { ModelChoice } from './model-choice.ts';
import type { UsageDialect } from './usage.ts';

/** Stands in the agent's environment where a program expects a credential and checks nothing of its form. */
export const PLACEHOLDER_TOKEN = 'placeholder-token-for-credential-isolation';

/** An error that the sidecar itself answers with, before a provider's shape is put around it. */
export interface ApiError {
  readonly status: number;
  /** Machine-readable, snake case. */
  readonly code: string;
  readonly message: string;
}

/** True for an error that says that nothing more may be spent. */
export const endsSpending = ({ code }: ApiError): boolean => code === 'budget_exhausted' || code === 'price_unknown';

/** A secret that a user hands over: the action's input and the variable of the same meaning. */
export interface Credential {
  readonly variable: string;
  readonly input: string;
  /** For people: "a Copilot token". */
  readonly label: string;
  /** It stands in for a key: messages name the key. */
  readonly isSubstitute?: true;
  /** With it, the provider's program only works in this mode. */
  readonly mode?: ProgramMode;
  /** What the provider's own host issues, and how it begins, for people. Another one is most often a mistake. */
  readonly form?: { readonly value: RegExp; readonly example: string };
  /** Values that the provider never accepts: what they are, and what to use instead. */
  readonly refuses?: { readonly value: RegExp; readonly what: string; readonly instead: string };
}

/**
 * A program may have a mode of its own, in which it asks its maker's hosts, and one for a provider of its user's own, in
 * which it asks a base URL and needs a model by name.
 */
export type ProgramMode = 'own-mode' | 'provider-mode';

/** A request to another host than the API's that a provider's program makes with the credential. */
export interface Companion {
  readonly host: string;
  /** `GET` covers `HEAD`. */
  readonly method: EndpointMethod;
  readonly path: string;
  /** The variable of the credential that it needs. */
  readonly credential: string;
}

/** A variable that the agent gets because of a provider. */
export interface AgentVariable {
  readonly name: string;
  /**
   * `configured`: any credential of the provider was given. `own-mode` and `provider-mode` tell how the provider's program
   * works, see {@link ProgramMode}. Otherwise the variable of the credential it depends on.
   */
  readonly when: 'always' | 'configured' | ProgramMode | { readonly credential: string };
  /**
   * `base-url` is checked for a listener and `placeholder` for its exact value before the command runs. `model-choice` gets
   * its value from the provider's list of models.
   */
  readonly role: 'base-url' | 'placeholder' | 'setting' | 'model-choice';
  /** The value; for `base-url` the path behind `http://<sidecar>:<port>`. */
  readonly value: string;
  /** The user's own value, where set, wins. */
  readonly overridable?: true;
  /** A value that the user asks for by name takes its place. What the caller's environment has alone does not. */
  readonly yields?: true;
}

/** A settings file of an agent program. */
export interface ManagedSettings {
  /** Absolute: the machine's place, mounted read-only. With `~/` in front: in the private home, for programs that want more. */
  readonly path: string;
  readonly when: 'always' | 'configured';
  /**
   * @param baseUrl `http://<sidecar>:<port>`, without a path
   * @param allowed tools that the provider may run; the program's use of the others is switched off
   */
  readonly content: (baseUrl: string, allowed: readonly ProviderTool[]) => string;
}

/** One provider: an entry of the table in `providers.ts`, and a file of its own in `providers/`. */
export interface ProviderEntry {
  readonly id: string;
  /** As people write it. */
  readonly name: string;
  /** Its maker's own agent program. */
  readonly program: string;
  /** How it is started. */
  readonly command: string;
  /** The sidecar's port for this provider. */
  readonly port: number;
  /** Host of the provider's public API. */
  readonly defaultTarget: string;
  /**
   * Further hosts of its own under which the provider's programs ask for models. The api-proxy answers for them as for
   * {@link defaultTarget}.
   */
  readonly otherHosts: readonly string[];
  /** What its program asks of other hosts. The api-proxy answers for them too. */
  readonly companions: readonly Companion[];
  /** For a provider whose API has another host for the users of another GitHub server. */
  readonly byServer?: {
    /** @param serverUrl value of `GITHUB_SERVER_URL` @throws Error naming the variable */
    readonly host: (serverUrl: string | undefined) => string;
    /** True for every value of `host`. */
    readonly includes: (host: string) => boolean;
  };
  /** The action's input for another upstream, and the variable of the same meaning. */
  readonly targetInput: string;
  readonly targetVariable: string;
  /** The action's input for the header that carries the credential, and the variable of the same meaning. */
  readonly authHeaderInput: string;
  readonly authHeaderVariable: string;
  /** In order of precedence: the first one given is injected. */
  readonly credentials: readonly Credential[];
  /**
   * Other names under which the provider's programs and SDKs take a credential. No value of the user's reaches the agent
   * under one of them, except a placeholder.
   */
  readonly withheld: {
    /** Names of the same key. The one-shot-token library protects them too: a user may pass a placeholder under one. */
    readonly aliases: readonly string[];
    /** Logins, administrators' keys and tokens for gateways that are often set, so that an image may have one. */
    readonly wellKnown: readonly string[];
    /** All names of these kinds, with a `*` for anything, as the code of the programs and SDKs has them. */
    readonly patterns: readonly string[];
  };
  readonly injection: InjectionRules;
  /**
   * What passes to the provider: inference, token counting and the list of models, and nothing that stores files,
   * administers an organisation or trains a model. Read from the code of the SDKs and programs, see docs/agents.md.
   */
  readonly endpoints: readonly Endpoint[];
  /**
   * What in a body makes the provider fetch or connect.
   *
   * @param path the request's canonical path
   */
  readonly bodyRules: (path: string) => BodyRules;
  /** Request headers that do the same. */
  readonly toolHeaders: readonly ToolHeader[];
  /** Query parameters that carry a credential and are dropped. */
  readonly credentialQuery: readonly string[];
  /** Names of request headers that pass beside the common ones; a trailing `*` is a prefix. Lower case. */
  readonly requestHeaders: readonly string[];
  /** WebSocket subprotocols that pass; a trailing `*` is a prefix. Any other may be a key. */
  readonly subprotocols: readonly string[];
  readonly agentVariables: readonly AgentVariable[];
  readonly managedSettings: readonly ManagedSettings[];
  /** Ways to start the provider's programs that cannot work in the sandbox: what the command contains, and why not. */
  readonly hopeless: readonly { readonly command: RegExp; readonly reason: string }[];
  /** Directories below the home in which the provider's own program writes about its work. */
  readonly transcripts: readonly string[];
  /** The list of models: asking for it costs nothing. */
  readonly modelList: {
    /** With a query that keeps the list short, where there is one. */
    readonly path: string;
    /** How it answers a key that the provider does not know. Other refusals may be about the list alone. */
    readonly wrongKey: { readonly status: number; readonly body: RegExp };
    /**
     * For a program that insists on a model by name.
     *
     * @param list the parsed answer
     * @param model the user's own choice
     * @returns undefined if the list has no model that fits
     */
    readonly choose?: (list: unknown, model: string | undefined) => ModelChoice | undefined;
  };
  /**
   * Hosts that {@link program} contacts besides the API, known noise in a report when they are refused. With a
   * path, what it asks of a named host.
   */
  readonly sideTraffic: readonly string[];
  /** How its answers say what they used. */
  readonly usage: UsageDialect;
  /** The list in the price table with what its own hosts charge. */
  readonly priceList: string;
  /** The status of an answer that the provider's programs do not retry and whose message they show. Measured: docs/agents.md. */
  readonly finalStatus: number;
  /** The body of an error, in the shape that the provider's clients parse. */
  readonly errorBody: (error: ApiError) => unknown;
}

/** A value as the content of a settings file. */
export const jsonFile = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
