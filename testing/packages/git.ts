/** `git clone` over smart HTTP: a bare repository that the server hands to git's own `http-backend`. */

import { join } from 'node:path';
import { git, HAS_GIT } from '../git.ts';
import { make, type BuildTool } from './build-tool.ts';

export const GIT: BuildTool = {
  name: 'git',
  missing: HAS_GIT ? undefined : 'git is not installed',
  registry: (_, scratch) => {
    const bare = join(scratch, 'repositories', 'project.git');
    git(scratch, 'init', '--quiet', '--bare', bare);
    const work = join(scratch, 'work');
    git(scratch, 'clone', '--quiet', bare, work);
    make(work, 'sh', '-c', 'echo cloned by git > README');
    git(work, 'add', 'README');
    git(work, 'commit', '--quiet', '--message=first');
    git(work, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main');
    git(bare, 'symbolic-ref', 'HEAD', 'refs/heads/main');
    return {};
  },
  project: () => ({}),
  script: 'git clone --quiet "$REGISTRY/project.git" && echo "built: $(cat project/README)"',
  built: 'built: cloned by git',
};
