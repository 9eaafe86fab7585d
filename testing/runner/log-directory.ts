/** The name of a directory with a run's logs. A run is meant to leave these. */
export const LOG_DIRECTORY = /^(squid|api-proxy|agent)-logs-\d+$/;
