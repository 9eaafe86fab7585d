/** The agent programs that people use, from the npm registry, each told to work without asking. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ProviderId } from '../../src/shared/providers.ts';
import { ROOT } from './action.ts';
import type { ToolUse } from '../provider/dialects/dialect.ts';

export interface AgentProgram {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  readonly bin: string;
  readonly provider: ProviderId;
  /** In front of the prompt, on the command line. */
  readonly args: readonly string[];
  /** What the model asks for when it wants a shell command to be run. */
  readonly shellTool: (command: string) => ToolUse;
}

export const CLAUDE: AgentProgram = {
  name: 'Claude Code',
  package: '@anthropic-ai/claude-code',
  version: '2.1.330',
  bin: 'claude',
  provider: 'anthropic',
  args: ['--allowedTools', 'Bash', '-p'],
  shellTool: (command) => ({ name: 'Bash', input: { command, description: 'runs it' } }),
};

export const AGENT_PROGRAMS: readonly AgentProgram[] = [
  CLAUDE,
  {
    name: 'Codex',
    package: '@openai/codex',
    version: '0.169.0',
    bin: 'codex',
    provider: 'openai',
    args: ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'],
    // A script that calls further tools, in an isolate of Codex's own.
    shellTool: (command) => ({
      name: 'exec',
      input: `text(await tools.exec_command({ cmd: ${JSON.stringify(command)} }));`,
    }),
  },
  {
    name: 'Gemini CLI',
    package: '@google/gemini-cli',
    version: '0.61.0',
    bin: 'gemini',
    provider: 'gemini',
    args: ['--skip-trust', '--yolo', '-p'],
    shellTool: (command) => ({ name: 'run_shell_command', input: { command, description: 'runs it' } }),
  },
  {
    name: 'Copilot CLI',
    package: '@github/copilot',
    version: '1.0.102',
    bin: 'copilot',
    provider: 'copilot',
    args: ['--allow-all-tools', '-p'],
    shellTool: (command) => ({ name: 'bash', input: { command, description: 'runs it' } }),
  },
];

/** Milliseconds to fetch them all: hundreds of megabytes. */
export const INSTALL_LIMIT = 600_000;

/** Installs a program below `.scratch/`, once per version. @returns the directory that holds its `node_modules` */
export function install({ package: name, version, bin }: AgentProgram): string {
  const directory = join(ROOT, '.scratch', 'programs', `${bin}-${version}`);
  if (existsSync(join(directory, 'node_modules', '.bin', bin))) return directory;
  mkdirSync(directory, { recursive: true });
  const options = ['--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', '--prefix', directory, ...options, `${name}@${version}`], { stdio: 'inherit' });
  return directory;
}
