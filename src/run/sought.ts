import { agentProgramsIn } from '../agent/agent-programs.ts';
import type { Config } from '../config/config.ts';
import { isBelow } from '../host/paths.ts';
import { findProgram } from '../host/programs.ts';
import type { SoughtProgram } from '../log/outcome.ts';

/**
 * The programs that a command may have looked for in vain: the one that it is, or the agent programs that a script names.
 *
 * @param visible what the sandbox shows of the host; undefined if that is not known
 */
export function soughtPrograms(
  { command, agentImage }: Config,
  environment: NodeJS.ProcessEnv,
  visible: readonly string[] | undefined,
): SoughtProgram[] {
  if (agentImage !== undefined || visible === undefined) return [];
  const [program = ''] = command.kind === 'argv' ? command.argv : [];
  const names = command.kind === 'argv' ? [program] : agentProgramsIn(command);
  return names.flatMap((name): SoughtProgram[] => {
    if (name === '' || name.includes('/')) return [];
    const path = findProgram(name, environment);
    const isSeen = path !== undefined && visible.some((top) => path === top || isBelow(path, top));
    return isSeen ? [] : [{ name, path }];
  });
}
