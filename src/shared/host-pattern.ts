/** Names that belong together: one host, a domain with its subdomains, or the subdomains without the domain. */
export interface NamePattern {
  readonly host: string;
  readonly match: 'host' | 'domain' | 'subdomains';
}

/** Whether `host` is `domain` or one of its subdomains. */
export function isWithin(host: string, domain: string): boolean {
  return host === domain || host.endsWith(`.${domain}`);
}

/** Whether `pattern` covers `host`. */
export function covers({ host: base, match }: NamePattern, host: string): boolean {
  if (match === 'host') return host === base;
  return match === 'domain' ? isWithin(host, base) : host !== base && isWithin(host, base);
}
