import type { Command } from '../config/config.ts';
import { PROVIDERS } from '../shared/providers.ts';
import { words } from '../shared/words.ts';

/** Programs that need a model and are no provider's own. */
const OTHERS = words('opencode aider goose crush amp qwen cursor-agent droid llm openhands cline');

/** Commands of agent programs. */
const AGENT_PROGRAMS: readonly string[] = [...PROVIDERS.map(({ command }) => command), ...OTHERS];

/** The commands of agent programs that a command names, as a word of their own. */
export function agentProgramsIn(command: Command): string[] {
  const text = command.kind === 'script' ? command.script : command.argv.join('\n');
  const named = new Set(text.split(/[\s;&|()<>"'`=]+/).map((word) => word.slice(word.lastIndexOf('/') + 1)));
  return AGENT_PROGRAMS.filter((name) => named.has(name));
}
