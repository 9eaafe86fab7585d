/** The waits and limits of the runner's side; the sidecar's are in `containers/api-proxy/src/limits.ts`. */

/**
 * The sidecars write the records of what is still open when they are asked to end. Killed at once, they would lose them.
 * They take some 20 milliseconds; this is the limit for a Squid that the command has left much to do. Seconds.
 */
export const SIDECAR_STOP_S = 1;
/**
 * Between two containers of a run that the engine is asked for: on two processors, that takes less time than all at once.
 * Measured with `bench/startup`. Milliseconds.
 */
export const START_INTERVAL_MS = 30;

/** How long leftovers are looked for before the removal fails. Milliseconds. */
export const SWEEP_LIMIT_MS = 15_000;
/** Between two looks at what is left. Milliseconds. */
export const SWEEP_INTERVAL_MS = 100;
/**
 * How long an engine that went away in the middle of a run is waited for. A restart takes it 10 seconds to end containers that
 * ignore SIGTERM, and some more to start. Milliseconds.
 */
export const ENGINE_RESTART_MS = 30_000;
/**
 * How long the engine may take for what it does at the end of a run. It is far more than a busy machine needs: an engine
 * that takes longer has stopped answering. Milliseconds.
 */
export const ENGINE_LIMIT_MS = 60_000;
/** How long the engine may still create what a process asked for that has ended since. Milliseconds. */
export const ENGINE_SETTLING_MS = 300;
/**
 * The same after a main step that was killed: nobody knows what it had just asked for, and the engine goes on with it.
 * Milliseconds.
 */
export const KILLED_STEP_SETTLING_MS = 5_000;

/** Between two looks at the size of Squid's logs. Milliseconds. */
export const LOG_WATCH_INTERVAL_MS = 1_000;

/** How long the engine may take to note that memory ran out: the container's end often reaches it first. Milliseconds. */
export const OUT_OF_MEMORY_NOTE_MS = 1_000;
/** Between two looks at it. Milliseconds. */
export const OUT_OF_MEMORY_INTERVAL_MS = 100;

/** Between SIGTERM at the end of the command's time and the removal of its container. Milliseconds. */
export const TIMEOUT_GRACE_MS = 10_000;

/**
 * How long the workspace is searched after the command. A cancelled step has seconds; the post step then repeats the
 * search. Milliseconds.
 */
export const SURVEY_LIMIT_MS = 120_000;

/** How long a cancelled run waits for a reader of its output that may be gone. Milliseconds. */
export const FLUSH_LIMIT_MS = 1_000;
/** Bytes of the command's output that the job's log gets, both streams together. */
export const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024;
/** Longest JSON document in the output for allowed or refused domains. Characters. */
export const DOMAINS_OUTPUT_LIMIT = 32 * 1024;
/** The artifact client retries for minutes; a job must not wait that long for logs. Milliseconds. */
export const UPLOAD_LIMIT_MS = 60_000;

/** A terminal's Ctrl-C can arrive twice at once: from the terminal, and from a wrapper such as npm. Milliseconds. */
export const SECOND_SIGNAL_AFTER_MS = 300;
