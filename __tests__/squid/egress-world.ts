/** The allow-list of `egress.engine.test.ts`, and the addresses of its hosts. */

export const ALLOW_DOMAINS = `
  allowed.example, *.wild.example, private.example
  https://tls-only.example, http://plain-only.example
  openai.com`;

/** A private address, made known by `add-hosts`. */
export const PINNED = { name: 'pinned.allowed.example', address: '10.77.0.7' };
/** A provider's host that is also on the list. */
export const PROVIDER = { name: 'api.openai.com', address: '198.51.100.8' };
/** The address of a name that nothing allows. */
export const EVIL = '198.51.100.9';
/** The address of all names without their own. */
export const PUBLIC = '198.51.100.7';
