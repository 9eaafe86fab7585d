/* The lines of `squid.conf` that are the same for every policy. */

import { FORWARDED_CONNECTIONS } from '../shared/network.ts';

/**
 * Connections that one client may have: what the api-proxy needs if 512 requests are under way for each of four providers,
 * and what it carries for programs that ask no proxy. The peek port sees one connection of 127.0.0.1 for each tunnel of
 * the agent. Squid closes any further one at once.
 */
export const CONNECTIONS_PER_CLIENT = 2_048 + FORWARDED_CONNECTIONS.tls + FORWARDED_CONNECTIONS.http;

/**
 * Open files of a sidecar, whatever the engine's default is: with 1,024, some 230 tunnels would be all that Squid can have,
 * and with a billion it ends at the start, because it reserves memory for each. A tunnel of the agent takes four, whoever
 * carries it, and one of the api-proxy two, so the connections of all clients together come to less.
 */
export const SIDECAR_OPEN_FILES = 16_384;

/**
 * What a client may take of Squid. The agent must neither end it nor keep the api-proxy's requests waiting. Times that look
 * like Squid's defaults are stated so that an update cannot change them.
 */
export function limits(): string[] {
  return [
    `max_filedescriptors ${SIDECAR_OPEN_FILES}`,
    `client_ip_max_connections ${CONNECTIONS_PER_CLIENT}`,
    'request_header_max_size 16 KB',
    'client_request_buffer_max_size 64 KB',
    // The head must arrive in this time. So must a TLS hello in a tunnel.
    'request_start_timeout 15 seconds',
    'request_timeout 15 seconds',
    'connect_timeout 15 seconds',
    // A name that has no address yet may have one in a second: services register while a job runs. By default, Squid
    // keeps a failure for a minute, and an answer for 6 hours where its TTL permits.
    'negative_dns_ttl 1 second',
    'positive_dns_ttl 10 minutes',
    // A server that does not answer is asked again, and the next one too. Squid's default gives up after 30 seconds.
    'dns_retransmit_interval 2 seconds',
    'dns_timeout 10 seconds',
    'client_idle_pconn_timeout 1 minute',
    'server_idle_pconn_timeout 1 minute',
    // The api-proxy waits as long for a model that thinks.
    'read_timeout 15 minutes',
    'write_timeout 15 minutes',
    'client_lifetime 1 day',
    'half_closed_clients off',
  ];
}

/** What Squid does not do. */
export function hardening(): string[] {
  return [
    'cache deny all',
    'cache_mem 0',
    'via off',
    'forwarded_for delete',
    'hosts_file /etc/hosts',
    'pinger_enable off',
    'icp_port 0',
    'htcp_port 0',
    'netdb_filename none',
    'pid_filename none',
    'coredump_dir none',
    'logfile_rotate 0',
    'email_err_data off',
    'httpd_suppress_version_string on',
    'visible_hostname awf-squid',
    'shutdown_lifetime 0 seconds',
  ];
}
