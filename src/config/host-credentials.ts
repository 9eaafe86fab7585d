import { UserError, withHint } from '../errors.ts';
import { parseAuthHeader } from '../shared/injection.ts';
import type { CredentialUse, HostRule } from '../shared/named-host.ts';
import { normaliseCredential } from '../shared/sidecar-config.ts';
import { namedHost } from './host-rules.ts';
import { HOST_TEMPLATES, type CredentialForm, type HostTemplate } from './host-templates.ts';
import type { SecretEntry } from './option.ts';
import { placeOf, type Given } from './source.ts';

/** An entry of `host-credentials`, without the credential itself, which is in {@link Secrets}. */
export interface HostCredential {
  /** The host's. */
  readonly name: string;
  /** How rules of the user's send it. */
  readonly use: CredentialUse;
  /** What passes unless the user has rules for the host. */
  readonly rules: readonly HostRule[];
  /** Placeholders for clients that insist on a credential. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where it was given. */
  readonly source: string;
}

const AUTHORIZATION = 'authorization';
/** A scheme in front of a credential, with the space behind it. */
const SCHEME = /^([\w-]+ +)(\S.*)$/s;
const FORMS = ['bearer', 'basic', 'header', ...HOST_TEMPLATES.map(({ name }) => name)];
const HINT =
  'Write one of: "HOST bearer VALUE", "HOST basic USER:VALUE", "HOST header NAME VALUE", or "HOST SERVICE VALUE" with ' +
  `one of these services: ${HOST_TEMPLATES.map(({ name }) => name).join(', ')}.`;

type Fail = (problem: string, hint?: string) => never;

/** What a line says about the credential. */
interface Read {
  readonly form: CredentialForm;
  readonly value: string;
  readonly template?: HostTemplate;
}

/**
 * `HOST bearer VALUE`, `HOST basic USER:VALUE`, `HOST header NAME VALUE`, or the name of a template and its value. No
 * message quotes what may be a secret.
 */
export function hostCredential({ text, source }: Given): SecretEntry<HostCredential> {
  const place = placeOf(source);
  const fail: Fail = (problem, hint = HINT) => {
    throw new UserError(`${place} ${problem}.`, { hint });
  };
  const [, hostText = '', word = '', rest = ''] = /^(\S+)\s+(\S+)\s+(.*)$/s.exec(text.trim()) ?? [];
  if (rest === '') return fail('is not a credential of a host');
  const name = namedHost(hostText, fail);
  const { form, value, template } = read(word.toLowerCase(), rest, place, fail);
  const secret = withHint(undefined, () => normaliseCredential(place, value)) ?? fail('has no credential');
  const { rules = [{ method: 'GET', path: '/**' }], variables = {} } = template ?? {};
  return {
    name: place,
    secret,
    entry: {
      ...{ name, use: useOf(place, form), source: place },
      rules: rules.map(({ form: own = form, ...rule }) => ({
        ...rule,
        credential: useOf(place, own),
        source: template === undefined ? place : `${place} (${template.name})`,
      })),
      variables: Object.fromEntries(
        Object.entries(variables).map(([variable, text]) => [variable, text.replace('HOST', name)]),
      ),
    },
  };
}

function read(word: string, rest: string, place: string, fail: Fail): Read {
  switch (word) {
    case 'bearer':
      return { form: { header: AUTHORIZATION, prefix: 'Bearer ' }, value: rest };
    case 'basic':
      if (!rest.includes(':')) return fail('has no user in front of its password: basic USER:VALUE');
      return withUser('', rest, fail);
    case 'header':
      return readHeader(rest, place, fail);
    default: {
      const template = HOST_TEMPLATES.find(({ name }) => name === word);
      if (template === undefined) return fail(`has another form than ${FORMS.join(', ')}`);
      return { ...readTemplate(template.form, rest, fail), template };
    }
  }
}

function readHeader(rest: string, place: string, fail: Fail): Read {
  const [, name = '', value = ''] = /^([^\s:]+):?\s+(.*)$/s.exec(rest) ?? [];
  if (value === '') return fail('has no name of a header in front of its value: header NAME VALUE');
  const { header } = withHint(HINT, () => parseAuthHeader(place, name));
  const [, prefix = '', bare = value] = header === AUTHORIZATION ? (SCHEME.exec(value) ?? []) : [];
  return { form: { header, prefix }, value: bare };
}

function readTemplate(form: CredentialForm, rest: string, fail: Fail): Read {
  if ('user' in form) return withUser(form.user, rest, fail);
  if ('pathBelow' in form && !/^[\w-]+(?:\/[\w-]+)*$/.test(rest)) {
    return fail(`has a value that is not the part of a path behind ${form.pathBelow}`);
  }
  return { form, value: rest };
}

/** @param user the one that counts if the text has none */
function withUser(user: string, rest: string, fail: Fail): Read {
  const colon = rest.indexOf(':');
  const given = colon < 0 ? user : rest.slice(0, colon);
  if (given === '' && colon < 0) return fail('has no user in front of its password: USER:VALUE');
  if (!/^[!-9;-~]*$/.test(given)) return fail('has a user with a character that is not allowed');
  return { form: { user: given }, value: rest.slice(colon + 1) };
}

function useOf(name: string, form: CredentialForm): CredentialUse {
  if ('pathBelow' in form) return { name, header: '', prefix: '', pathBelow: form.pathBelow };
  if ('user' in form) return { name, header: AUTHORIZATION, prefix: 'Basic ', user: form.user };
  return { name, header: form.header, prefix: form.prefix };
}
