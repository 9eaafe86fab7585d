import { isIP } from 'node:net';
import type { Target } from './sidecar-config.ts';
import { ValueError } from './value-error.ts';

const HOST = /^(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

/** The user's, not the agent's: what RFC 3986 calls a path, without what a server could resolve away. */
const isBasePath = (path: string): boolean =>
  /^(?:\/[\w.~!$&'()*+,;=:@-]+)*$/.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path);

/** @throws ValueError naming `name` */
export function checkTarget(name: string, fields: Readonly<Record<string, unknown>>): Target {
  const { host, port, basePath } = fields;
  if (typeof host !== 'string' || (!HOST.test(host) && isIP(host) === 0)) {
    throw new ValueError(`${name} has no valid host.`);
  }
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new ValueError(`${name} has no valid port.`);
  }
  if (typeof basePath !== 'string' || !isBasePath(basePath)) throw new ValueError(`${name} has no valid base path.`);
  return { host, port, basePath };
}

/** The form itself: a URL parser would take a backslash for a slash, and resolve dot segments. */
const FORM = /^(\[[\da-f:.]+\]|[^\s:/?#\\@%]+)(:\d+)?(\/(?!\.{1,2}(\/|$))[^\s/?#\\%]*)*$/i;

/**
 * @param value `host[:port][/base/path]`
 * @throws ValueError naming `name`
 */
export function parseTarget(name: string, value: string): Target {
  const form = `${name} must be host[:port][/base/path], as in llm.example.com:8443/v1.`;
  const url = URL.canParse(`https://${value}`) ? new URL(`https://${value}`) : undefined;
  if (!url || !FORM.test(value) || value.includes('://') || url.username !== '' || url.search !== '' || url.hash !== '')
    throw new ValueError(form);
  return checkTarget(name, {
    host: url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, ''),
    port: url.port === '' ? 443 : Number(url.port),
    basePath: url.pathname.replace(/\/+$/, ''),
  });
}
