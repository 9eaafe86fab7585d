/** The variables in which gh, Copilot CLI and others look for a token of GitHub's. The first one is read first. */
export const GITHUB_TOKEN_VARIABLES = ['GH_TOKEN', 'GITHUB_TOKEN'] as const;

/**
 * Stands in the agent's environment for programs that want a token of GitHub's form. Measured with Copilot CLI 1.0.102: it
 * ignores any other text, and looks for the next variable.
 */
export const PLACEHOLDER_GITHUB_TOKEN = 'ghu_placeholderTokenForCredentialIsolation';
