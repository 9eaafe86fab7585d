/** What the stand-in for GitHub has: a private repository of the job's, one of somebody else's, and a public one. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git } from '../git.ts';

/** Whose it is, as GitHub writes names. */
export const JOB_REPOSITORY = 'Octo/Hello';
const JOB_REPOSITORY_ID = 4242;
const OTHER_REPOSITORY = 'other/private';
const PUBLIC_REPOSITORY = 'public/library';

export const ASSET = 'contents of a release asset';
export const LFS_OBJECT = 'contents of a large file';

export interface Comment {
  readonly id: string;
  readonly databaseId: number;
  readonly body: string;
  readonly url: string;
}

/** An issue, or a pull request if it has a head. */
export interface Thread {
  readonly number: number;
  readonly id: string;
  title: string;
  body: string;
  state: 'OPEN' | 'CLOSED' | 'MERGED';
  readonly headRefName?: string;
  readonly comments: Comment[];
}

export interface Repository {
  readonly fullName: string;
  readonly owner: string;
  readonly name: string;
  readonly id: number;
  readonly nodeId: string;
  readonly isPrivate: boolean;
  readonly threads: Thread[];
  /** Uploaded with their names. */
  readonly assets: Map<string, Buffer>;
}

export interface Hub {
  /** A directory with the bare repositories, `owner/name.git` in lower case. */
  readonly directory: string;
  /** @param fullName in any case, without `.git` */
  readonly find: (fullName: string) => Repository | undefined;
  readonly findById: (id: number) => Repository | undefined;
  readonly findThread: (nodeId: string) => { readonly repository: Repository; readonly thread: Thread } | undefined;
}

const pullRequest = (repository: number): Thread => ({
  ...{ number: 1, id: `PR_${repository}_1`, title: 'Add a greeting', body: 'It says hello.', state: 'OPEN' },
  headRefName: 'greeting',
  comments: [
    { id: 'IC_1', databaseId: 1, body: 'Looks good.', url: 'https://github.com/Octo/Hello/pull/1#issuecomment-1' },
  ],
});

const issue = (repository: number, number: number): Thread => ({
  ...{
    number,
    id: `I_${repository}_${number}`,
    title: `Issue ${number}`,
    body: 'Something is wrong.',
    state: 'OPEN',
    comments: [],
  },
});

function createRepository(directory: string, fullName: string, id: number): Repository {
  const [owner = '', name = ''] = fullName.split('/');
  const bare = join(directory, `${fullName.toLowerCase()}.git`);
  mkdirSync(bare, { recursive: true });
  git(bare, 'init', '--quiet', '--bare', '--initial-branch=main');
  git(bare, 'config', 'http.receivepack', 'true');
  const work = join(directory, `work-${id}`);
  git(directory, 'clone', '--quiet', bare, work);
  writeFileSync(join(work, 'README.md'), `# ${fullName}\n`);
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '--message=first');
  git(work, 'push', '--quiet', 'origin', 'HEAD:refs/heads/main', 'HEAD:refs/heads/greeting');
  return {
    ...{ fullName, owner, name, id, nodeId: `R_${id}`, isPrivate: fullName !== PUBLIC_REPOSITORY },
    threads: [pullRequest(id), ...[2, 3, 4].map((number) => issue(id, number))],
    assets: new Map([['tool.tar.gz', Buffer.from(ASSET)]]),
  };
}

/** @param directory an empty one */
export function createHub(directory: string): Hub {
  const repositories = [
    createRepository(directory, JOB_REPOSITORY, JOB_REPOSITORY_ID),
    createRepository(directory, OTHER_REPOSITORY, 1),
    createRepository(directory, PUBLIC_REPOSITORY, 2),
  ];
  return {
    directory,
    find: (fullName) => repositories.find((each) => each.fullName.toLowerCase() === fullName.toLowerCase()),
    findById: (id) => repositories.find((each) => each.id === id),
    findThread: (nodeId) =>
      repositories
        .flatMap((repository) => repository.threads.map((thread) => ({ repository, thread })))
        .find(({ thread }) => thread.id === nodeId),
  };
}

/** Adds a comment, and returns it. */
export function addComment(repository: Repository, thread: Thread, body: string): Comment {
  const databaseId = 100 + thread.comments.length;
  const kind = thread.headRefName === undefined ? 'issues' : 'pull';
  const url = `https://github.com/${repository.fullName}/${kind}/${thread.number}#issuecomment-${databaseId}`;
  const comment = { id: `IC_${databaseId}`, databaseId, body, url };
  thread.comments.push(comment);
  return comment;
}

/** Adds an issue, or a pull request if there is a head. */
export function addThread(repository: Repository, title: string, body: string, headRefName?: string): Thread {
  const number = repository.threads.length + 1;
  const id = `${headRefName === undefined ? 'I' : 'PR'}_${repository.id}_${number}`;
  const thread: Thread = {
    ...{ number, id, title, body, state: 'OPEN', comments: [] },
    ...(headRefName !== undefined && { headRefName }),
  };
  repository.threads.push(thread);
  return thread;
}
