import { rootWarning } from '../agent/plan.ts';
import { workDirectoryOf } from '../host/paths.ts';
import { checkUnlocked } from '../host/workspace-lock.ts';
import { checkWorkspace, socketWarnings } from '../mounts/host-guards.ts';
import { checkedMounts } from '../run/prepare.ts';
import { newRunId } from '../run/run.ts';
import { agentUser } from '../host/user.ts';
import { ownRepository } from '../workspace/workspace.ts';
import type { Check } from './context.ts';
import { foreign, path, words, type Finding } from './finding.ts';

export const WORKSPACE: Check = {
  id: 'workspace',
  page: 'docs/troubleshooting.md#before-any-container',
  limitMs: 10_000,
  find: ({ built, environment, root, user, temporary, names }) => {
    if (built === undefined) return [];
    const { config } = built;
    const { workspace } = config;
    // A run would make it, and be in the way of the same things.
    const workDirectory = workDirectoryOf(newRunId(), temporary);
    checkWorkspace(config, user.home, workDirectory);
    checkedMounts(
      config,
      { environment, root },
      { home: user.home, workDirectory },
      { dataRoot: undefined, socket: undefined },
    );
    checkUnlocked(workspace);
    const { dotGit, warning } = ownRepository(workspace);
    const sockets = socketWarnings(workspace);
    const warnings = [
      ...sockets,
      ...(warning === undefined ? [] : [warning]),
      ...(agentUser(user, workspace).uid === 0 ? [rootWarning('cli', 'will run')] : []),
    ];
    const what = dotGit === undefined ? 'a directory without a repository' : 'a checkout';
    return [
      {
        status: 'ok',
        text: words`The workspace ${path(workspace)} is ${what}${sockets.length === 0 ? ', with no socket in it' : ''}`,
      },
      ...warnings.map((text): Finding => ({ status: 'warning', text: foreign(text, names) })),
    ];
  },
};
