/*
 * What a credential in a file of settings looks like. The rule has to find those of programs that nobody has thought of,
 * so it knows forms and not programs. A mistake costs a program its settings for the whole machine, no more.
 */

/** What a line must contain to be worth a closer look: that takes ten times as long. */
const HINT = /pass|pwd|secret|token|key|auth|credential|login|pw\b|@|gh[pousr]_|glpat-|xox|sk-|AKIA|npm_|pypi-|hf_/i;

/** How tokens of known services begin: part of a regular expression. At least 16 letters, digits, `_` or `-` follow. */
export const TOKEN_PREFIXES = 'gh[pousr]_|github_pat_|glpat-|xox[abprs]-|sk-(ant-|proj-)?|AKIA|npm_|pypi-|hf_';

/** In comments too: keys, and tokens of known services. */
const ANYWHERE = new RegExp(
  String.raw`-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----(\s|\\n|$)|PuTTY-User-Key-File|AGE-SECRET-KEY-1|` +
    String.raw`\b(${TOKEN_PREFIXES})[A-Za-z0-9_-]{16}`,
);

/** A line that a program only skips. */
const COMMENT = /^\s*(#|;|\/\/\s|--\s|<!--|\/?\*|"\s)/;

const SECRET_WORD = String.raw`(passw(or)?d|passwd|pwd|passphrase|secret|token|credentials?|(api|access|auth|private|secret|account|license)[_-]?key|authorization|extraheader)`;

const FORMS: readonly RegExp[] = [
  // User information in a URL: `https://user:password@host/`.
  /[a-z][a-z0-9+.-]*:\/\/[^/?#\s"'<>]*@/i,
  // An assignment to such a name: `PGPASSWORD=…`, `_authToken=…`, `"auth": "…"`. A value that stands for another one
  // (`%a`, `${…}`, `<…>`) is none.
  new RegExp(
    String.raw`(${SECRET_WORD}|\bauth|_auth|\buserpass|\blogin|\bbindpw|\brootpw)["']?\s*[=:]\s*["']?(?!%\w\b|\$[{(]|<)[^\s"',;]`,
    'i',
  ),
  // No sign between name and value, at the start of a line or after the name of a login (netrc(5), ldap.conf(5)).
  new RegExp(
    String.raw`(^\s*([\w.-]*${SECRET_WORD}|bindpw|rootpw|rootbindpw|pass)|\b(login|user)\s+\S+\s+password)\s+[^\s=:]`,
    'i',
  ),
  // An element: `<password>…</password>`.
  new RegExp(String.raw`<[\w:.-]*${SECRET_WORD}(\s[^>]*)?>[^<\s]`, 'i'),
];

/** True if a file of settings may contain a credential. @param text the whole file */
export function looksLikeCredential(text: string): boolean {
  if (!HINT.test(text)) return false;
  const lines = text.split('\n').filter((line) => HINT.test(line));
  return lines.some((line) => ANYWHERE.test(line) || (!COMMENT.test(line) && FORMS.some((form) => form.test(line))));
}
