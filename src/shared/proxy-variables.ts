/** The variables that lead programs to a proxy, as curl reads them (https://curl.se/docs/manpage.html, "Environment"). */
export const PROXY_VARIABLE = {
  http: 'HTTP_PROXY',
  https: 'HTTPS_PROXY',
  ftp: 'FTP_PROXY',
  all: 'ALL_PROXY',
  /** Hosts that are reached directly. */
  none: 'NO_PROXY',
} as const;

/** The names, and the same in lower case: programs differ in which of the two they read. */
export function inBothCases(names: readonly string[]): string[] {
  return names.flatMap((name) => [name, name.toLowerCase()]);
}

export const PROXY_VARIABLES: readonly string[] = inBothCases(Object.values(PROXY_VARIABLE));
