/**
 * How large the log of a sidecar may become in a run. Bytes. This is a million records and more: no command needs as many,
 * but a hostile one could fill the disk of the runner and keep the logs from being uploaded in time.
 */
export const LOG_LIMIT_BYTES = 256 * 1024 * 1024;
