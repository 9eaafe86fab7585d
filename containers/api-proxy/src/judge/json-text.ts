/** The octets are not one JSON document, or it is nested too deeply. */
export class NotJson extends Error {}

const LETTERS: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** @param text what is between the quotes, or the beginning of it. @throws NotJson for an escape that there is not */
export function decodeText(text: string, isCut: boolean): string {
  if (!text.includes('\\')) return text;
  // An escape at the end may be cut.
  const whole = /^(?:[^\\]|\\u[0-9A-Fa-f]{4}|\\["\\/bfnrt])*/.exec(text)?.[0] ?? '';
  if (!isCut && whole !== text) throw new NotJson();
  return whole.replace(/\\(?:u(....)|(.))/g, (_, hex: string | undefined, letter: string) =>
    hex === undefined ? (LETTERS[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
