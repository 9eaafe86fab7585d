/**
 * Why Squid refuses a request, and the page that says so: one line in `containers/squid/errors/`. Squid's own pages are
 * HTML for a browser, and tell much about the proxy and nothing about the remedy.
 *
 * http://www.squid-cache.org/Doc/config/deny_info/: the page belongs to the last ACL of the rule that refuses. So each
 * reason is an ACL of its own that always matches, at the end of the rule.
 */

import { SQUID_ERROR_DIRECTORY } from '../shared/contract.ts';

/** The annotation of a refused request. Its value is the reason. */
export const REFUSAL = 'awf_refusal';

/** By reason: the page. */
const PAGES = {
  'not-listed': 'ERR_AWF_NOT_LISTED',
  denied: 'ERR_AWF_DENIED',
  'named-host': 'ERR_AWF_NAMED_HOST',
  'private-address': 'ERR_AWF_PRIVATE_ADDRESS',
  port: 'ERR_AWF_PORT',
  'http-port': 'ERR_AWF_HTTP_PORT',
  address: 'ERR_AWF_ADDRESS',
  // No line allows one: add-hosts takes addresses that Squid can reach.
  'ipv6-address': 'ERR_AWF_IPV6_ADDRESS',
  // Only in an audit. The page for names would tell how to allow the name.
  'private-literal': 'ERR_AWF_ADDRESS',
  'odd-name': 'ERR_AWF_ODD_NAME',
} as const;

export type Refusal = keyof typeof PAGES;

/** What the log has in place of a reason that only differs in its page. */
const LOGGED_AS: Readonly<Partial<Record<Refusal, Refusal>>> = {
  'ipv6-address': 'address',
  'private-literal': 'private-address',
};

const aclOf = (reason: Refusal): string => `say_${reason.replaceAll('-', '_')}`;

/** A rule that refuses what `acls` match, and says why. */
export const refuse = (acls: string, reason: Refusal): string => `http_access deny ${acls} ${aclOf(reason)}`;

/** The definitions that {@link refuse} needs. */
export function refusalPages(): string[] {
  return [
    `error_directory ${SQUID_ERROR_DIRECTORY}`,
    // Squid calls every page of its own HTML.
    'acl own_page rep_header X-Squid-Error .',
    'reply_header_access Content-Type deny own_page',
    'reply_header_replace Content-Type text/plain;charset=utf-8',
    ...(Object.entries(PAGES) as [Refusal, string][]).flatMap(([reason, page]) => [
      `acl ${aclOf(reason)} annotate_transaction ${REFUSAL}=${LOGGED_AS[reason] ?? reason}`,
      `deny_info ${page} ${aclOf(reason)}`,
    ]),
  ];
}
