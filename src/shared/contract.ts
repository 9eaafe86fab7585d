/**
 * What both sides of a container's boundary state: the runner, and a Dockerfile or script inside the container that
 * cannot import anything. `__tests__/layout.test.ts` finds every other place that states one of these facts.
 */

/** Where the sandbox's own files are in the agent container. */
export const AGENT_LIB = '/tmp/awf-lib';
/** The helper that Claude Code calls for its key. */
export const CLAUDE_KEY_HELPER = `${AGENT_LIB}/get-claude-key.sh`;
/** The preloaded library that makes credential variables readable once. */
export const ONE_SHOT_LIBRARY = `${AGENT_LIB}/one-shot-token.so`;
/** Claude Code's own file, in a home. */
export const CLAUDE_JSON = '.claude.json';
