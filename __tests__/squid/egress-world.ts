/** The allow-list of `egress.engine.test.ts`, and who is where. */

export const ALLOW_DOMAINS = `
  allowed.example, *.wild.example, private.example
  https://tls-only.example, http://plain-only.example
  openai.com`;

/** Private, and known by `add-hosts`. */
export const PINNED = { name: 'pinned.allowed.example', address: '10.77.0.7' };
/** A provider's host that the list has as well. */
export const PROVIDER = { name: 'api.openai.com', address: '198.51.100.8' };
/** Of a name that nothing allows. */
export const EVIL = '198.51.100.9';
/** Of the names without an address of their own. */
export const PUBLIC = '198.51.100.7';
