import { UserError, withHint } from '../errors.ts';
import { parseAuthHeader, type AuthHeader } from '../shared/injection.ts';
import type { CredentialUse } from '../shared/named-host.ts';
import { normaliseCredential } from '../shared/sidecar-config.ts';
import { namedHost } from './host-rules.ts';
import type { SecretEntry } from './option.ts';
import { placeOf, type Given } from './source.ts';

/** An entry of `host-credentials`, without the credential itself, which is in {@link Secrets}. */
export interface HostCredential {
  /** The host's. */
  readonly name: string;
  readonly use: CredentialUse;
  /** Where it was given. */
  readonly source: string;
}

const AUTHORIZATION = 'authorization';
/** A scheme in front of a credential, with the space behind it. */
const SCHEME = /^([\w-]+ +)(\S.*)$/s;
const HINT =
  'Write one of: "HOST bearer VALUE", "HOST basic USER:VALUE", "HOST header NAME VALUE", for example ' +
  '"api.example.com header X-Api-Key ${{ secrets.EXAMPLE_KEY }}".';

/** `HOST bearer VALUE`, `HOST basic USER:VALUE` or `HOST header NAME VALUE`. No message quotes what may be a secret. */
export function hostCredential({ text, source }: Given): SecretEntry<HostCredential> {
  const place = placeOf(source);
  const fail = (problem: string, hint = HINT): never => {
    throw new UserError(`${place} ${problem}.`, { hint });
  };
  const [, hostText = '', form = '', rest = ''] = /^(\S+)\s+(\S+)\s+(.*)$/s.exec(text.trim()) ?? [];
  if (rest === '') return fail('is not a credential of a host');
  const name = namedHost(hostText, fail);
  const { use, value } = useOf(form, rest, place, fail);
  const secret = withHint(undefined, () => normaliseCredential(place, value)) ?? fail('has no credential');
  return { entry: { name, use: { name: place, ...use }, source: place }, name: place, secret };
}

function useOf(
  form: string,
  rest: string,
  place: string,
  fail: (problem: string) => never,
): { readonly use: AuthHeader & { readonly user?: string }; readonly value: string } {
  switch (form.toLowerCase()) {
    case 'bearer':
      return { use: { header: AUTHORIZATION, prefix: 'Bearer ' }, value: rest };
    case 'basic': {
      const colon = rest.indexOf(':');
      if (colon < 0) return fail('has no user in front of its password: basic USER:VALUE');
      const user = rest.slice(0, colon);
      if (!/^[!-9;-~]*$/.test(user)) return fail('has a user with a character that is not allowed');
      return { use: { header: AUTHORIZATION, prefix: 'Basic ', user }, value: rest.slice(colon + 1) };
    }
    case 'header': {
      const [, header = '', value = ''] = /^([^\s:]+):?\s+(.*)$/s.exec(rest) ?? [];
      if (value === '') return fail('has no name of a header in front of its value: header NAME VALUE');
      const { header: lower } = withHint(HINT, () => parseAuthHeader(place, header));
      const [, scheme = '', bare = value] = lower === AUTHORIZATION ? (SCHEME.exec(value) ?? []) : [];
      return { use: { header: lower, prefix: scheme }, value: bare };
    }
    default:
      return fail('has another form than bearer, basic and header');
  }
}
