/** How a credential goes into a request for its provider. */

import { ValueError } from './value-error.ts';

export interface AuthHeader {
  /** Lower case. */
  readonly header: string;
  /** Stands before the credential in the header's value: `Bearer `, or nothing. */
  readonly prefix: string;
}

/** A header for some of a provider's credentials or hosts. */
export interface InjectionForm extends AuthHeader {
  /** The credentials that it is for, by their values. With `variable`, one of both is enough; all if both are absent. */
  readonly credential?: RegExp;
  /** The variable of the credentials that it is for, whatever their values are. */
  readonly variable?: string;
  /** The hosts that it is for; all if absent. */
  readonly host?: RegExp;
  /** Entries that the provider needs in lists among the client's headers, by the header's name in lower case. */
  readonly entries?: Readonly<Record<string, string>>;
}

/** What a provider's API wants in the head of each request. */
export interface InjectionRules extends AuthHeader {
  /** Other forms than the usual one. The first that fits is used. */
  readonly others: readonly InjectionForm[];
  /** Sent if the client sends no header of that name; names in lower case. */
  readonly defaults: Readonly<Record<string, string>>;
  /** The same, for some hosts only. */
  readonly hostDefaults?: {
    readonly host: RegExp;
    readonly defaults: Readonly<Record<string, string>>;
    /** Variables of the caller's environment that replace one of the defaults, by the header's name. */
    readonly variables: Readonly<Record<string, string>>;
    /** Headers whose value is a random UUID of the run. */
    readonly ids: readonly string[];
  };
}

/** What the api-proxy adds to a request. */
export interface Injection extends AuthHeader {
  readonly defaults: Readonly<Record<string, string>>;
  readonly entries: Readonly<Record<string, string>>;
  readonly ids: readonly string[];
}

/** A credential and where it goes. */
export interface InjectionCase {
  readonly credential: string;
  /** The variable under which it was given. */
  readonly variable: string;
  /** The upstream's host. */
  readonly host: string;
  /** The user's choice of the header. */
  readonly authHeader: AuthHeader | undefined;
  /** The caller's. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * Applies a provider's rules to a credential. A header that the user has chosen replaces the provider's.
 *
 * @throws ValueError naming a variable whose value no header can have
 */
export function injectionOf(
  { header, prefix, others, defaults, hostDefaults }: InjectionRules,
  { credential, variable, host, authHeader, environment }: InjectionCase,
): Injection {
  const isFor = (form: InjectionForm): boolean =>
    (form.host?.test(host) ?? true) &&
    ((form.credential === undefined && form.variable === undefined) ||
      form.variable === variable ||
      form.credential?.test(credential) === true);
  const form: InjectionForm = others.find(isFor) ?? { header, prefix };
  const own = hostDefaults?.host.test(host) === true ? hostDefaults : undefined;
  return {
    header: (authHeader ?? form).header,
    prefix: (authHeader ?? form).prefix,
    defaults: { ...defaults, ...own?.defaults, ...fromVariables(own?.variables ?? {}, environment) },
    entries: form.entries ?? {},
    ids: own?.ids ?? [],
  };
}

function fromVariables(
  variables: Readonly<Record<string, string>>,
  environment: InjectionCase['environment'],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, variable]) => {
      const value = environment[variable]?.trim() ?? '';
      if (value === '') return [];
      if (!/^[!-~]{1,200}$/.test(value)) throw new ValueError(`${variable} has a character that no header may have.`);
      return [[name, value]];
    }),
  );
}

/** A name and an optional scheme, both tokens of RFC 9110, section 5.6.2. */
const NAME_AND_SCHEME = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*:[ \t]*|[ \t]+)?([!#$%&'*+.^_`|~\w-]+)?$/;

/** Headers that frame the request, route it or describe its body, and so have a meaning of their own. */
const TAKEN =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|proxy-.*|content-.*|accept.*)$/;

/**
 * Reads `Authorization: Bearer`, `api-key` and the like: a header's name, and optionally the scheme in front of the
 * credential.
 *
 * @throws ValueError that says what is wrong
 */
export function parseAuthHeader(name: string, text: string): AuthHeader {
  const [, header, scheme] = NAME_AND_SCHEME.exec(text.trim()) ?? [];
  if (header === undefined) throw new ValueError(`${name}: "${text}" is not a header's name with an optional scheme.`);
  const lower = header.toLowerCase();
  if (TAKEN.test(lower)) throw new ValueError(`${name}: a credential cannot go in the header ${header}.`);
  return { header: lower, prefix: scheme === undefined ? '' : `${scheme} ` };
}
