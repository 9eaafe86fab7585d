/**
 * Headers as Node reads and writes them: names and values in turn, in the order and spelling of the wire, duplicates
 * included. Nothing outside this file counts indexes in such a list.
 */
export type RawHeaders = readonly string[];

/** Lines in the list. */
export const headerCount = (headers: RawHeaders): number => headers.length / 2;

/**
 * Visits each line. The hot path uses this one, which makes no object per line.
 *
 * @param visit gets the name in lower case, the value, and the name as it is spelled
 */
export function eachHeader(headers: RawHeaders, visit: (name: string, value: string, spelling: string) => void): void {
  for (let i = 0; i < headers.length; i += 2) {
    const spelling = headers[i] ?? '';
    visit(spelling.toLowerCase(), headers[i + 1] ?? '', spelling);
  }
}

/** The lines, names as they are spelled. */
export function headerPairs(headers: RawHeaders): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  eachHeader(headers, (_, value, spelling) => pairs.push([spelling, value]));
  return pairs;
}

/** The names in lower case, each one once. */
export function headerNames(headers: RawHeaders): string[] {
  const names = new Set<string>();
  eachHeader(headers, (name) => names.add(name));
  return [...names];
}

/** @param wanted lower case */
export function headerValues(headers: RawHeaders, wanted: string): string[] {
  const values: string[] = [];
  eachHeader(headers, (name, value) => {
    if (name === wanted) values.push(value);
  });
  return values;
}

/**
 * The value of one header, without the object of all headers that `IncomingMessage.headers` builds.
 *
 * @param wanted lower case
 * @returns the values of duplicates joined, as RFC 9110, section 5.2, defines; undefined if there is no such header
 */
export function headerValue(headers: RawHeaders, wanted: string): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? '';
    // Most names differ in length already, which saves making a lower-case copy of each.
    if (name.length !== wanted.length || name.toLowerCase() !== wanted) continue;
    const value = headers[i + 1] ?? '';
    found = found === undefined ? value : `${found}, ${value}`;
  }
  return found;
}

/** @param names lower case */
export function withoutHeaders(headers: RawHeaders, names: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  eachHeader(headers, (name, value, spelling) => {
    if (!names.has(name)) kept.push(spelling, value);
  });
  return kept;
}
