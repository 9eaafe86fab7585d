/**
 * Installs the agent programs that people use from the npm registry, each configured to work without asking. Their
 * versions are in the folders beside this file.
 */

import { join } from 'node:path';
import type { ProviderId } from '../../src/shared/providers.ts';
import type { ToolUse } from '../provider/dialects/dialect.ts';
import { installLocked } from '../scratch.ts';

export interface AgentProgram {
  readonly name: string;
  /** The name of the command, and of the folder with its lock file. */
  readonly bin: string;
  /** The name of the npm package. */
  readonly package: string;
  /** Whether the package works only after its own install script has run. */
  readonly hasInstallScript: boolean;
  readonly provider: ProviderId;
  /** The arguments in front of the prompt. */
  readonly args: readonly string[];
  /** The tool call with which the model runs a shell command. */
  readonly shellTool: (command: string) => ToolUse;
}

export const CLAUDE: AgentProgram = {
  name: 'Claude Code',
  bin: 'claude',
  package: '@anthropic-ai/claude-code',
  hasInstallScript: true,
  provider: 'anthropic',
  args: ['--allowedTools', 'Bash', '-p'],
  shellTool: (command) => ({ name: 'Bash', input: { command, description: 'runs it' } }),
};

export const AGENT_PROGRAMS: readonly AgentProgram[] = [
  CLAUDE,
  {
    name: 'Codex',
    bin: 'codex',
    package: '@openai/codex',
    hasInstallScript: false,
    provider: 'openai',
    args: ['exec', '--skip-git-repo-check'],
    // The tool takes a script that calls further tools, in an isolate of Codex's own.
    shellTool: (command) => ({
      name: 'exec',
      input: `text(await tools.exec_command({ cmd: ${JSON.stringify(command)} }));`,
    }),
  },
  {
    name: 'Gemini CLI',
    bin: 'gemini',
    package: '@google/gemini-cli',
    hasInstallScript: false,
    provider: 'gemini',
    args: ['--skip-trust', '--yolo', '-p'],
    shellTool: (command) => ({ name: 'run_shell_command', input: { command, description: 'runs it' } }),
  },
  {
    name: 'Copilot CLI',
    bin: 'copilot',
    package: '@github/copilot',
    hasInstallScript: false,
    provider: 'copilot',
    args: ['--allow-all-tools', '-p'],
    shellTool: (command) => ({ name: 'bash', input: { command, description: 'runs it' } }),
  },
];

/** Installs a program, once per lock file. @returns the directory that contains its `node_modules` */
export function install({ bin, hasInstallScript }: AgentProgram): Promise<string> {
  return installLocked(join(import.meta.dirname, bin), { scripts: hasInstallScript });
}
