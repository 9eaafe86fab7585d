/**
 * The credentials of a run, by variable, or by the place of an entry that contains one. They are trimmed and never empty. They are not in `Config`, so only code that
 * receives this map can see a key.
 */
export type Secrets = ReadonlyMap<string, string>;

/** @returns `text` with each credential replaced with asterisks */
export function maskCredentials(text: string, secrets: Secrets): string {
  // Replace the longest first, because a shorter one may be its beginning.
  const values = [...secrets.values()].sort((a, b) => b.length - a.length);
  return values.reduce((masked, value) => masked.replaceAll(value, '***'), text);
}

/** @throws Error if `variable` has no credential, which is a bug in AWF */
export function credentialOf(variable: string, secrets: Secrets): string {
  const value = secrets.get(variable);
  if (value === undefined) throw new Error(`no credential was given as ${variable}`);
  return value;
}

/** @returns the name of the credential that `text` contains */
export function credentialIn(text: string, secrets: Secrets): string | undefined {
  return [...secrets].find(([, value]) => text.includes(value))?.[0];
}
