import { CREDENTIALS } from '../shared/providers.ts';

/**
 * The credentials of a run by variable; trimmed, never empty. They are no part of `Config`, so that only what is handed
 * them can see a key.
 */
export type Secrets = ReadonlyMap<string, string>;

/** @returns `text` with asterisks instead of each credential */
export function maskCredentials(text: string, secrets: Secrets): string {
  // The longest first: a shorter one may be its beginning.
  const values = [...secrets.values()].sort((a, b) => b.length - a.length);
  return values.reduce((masked, value) => masked.replaceAll(value, '***'), text);
}

/** @throws Error when `variable` has none: a fault of AWF's own */
export function credentialOf(variable: string, secrets: Secrets): string {
  const value = secrets.get(variable);
  if (value === undefined) throw new Error(`no credential was given as ${variable}`);
  return value;
}

/** @returns the variable whose credential `text` contains */
export function credentialIn(text: string, secrets: Secrets): string | undefined {
  return CREDENTIALS.find(({ variable }) => {
    const value = secrets.get(variable);
    return value !== undefined && text.includes(value);
  })?.variable;
}
