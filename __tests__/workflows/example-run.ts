/** Runs an example with act: the agent programs are real, and local servers play the providers and GitHub. */

import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import { AGENT_PROGRAMS, install } from '../../testing/agents/programs.ts';
import { git } from '../../testing/git.ts';
import { JOB_REPOSITORY, type Hub } from '../../testing/github/hub.ts';
import { installGh } from '../../testing/github/programs.ts';
import { startGithubWorld, type GithubWorld } from '../../testing/github/world.ts';
import type { JsonObject } from '../../testing/json.ts';
import type { ProviderServer, ProviderServerOptions } from '../../testing/provider/server.ts';
import { ROOT } from '../../testing/root.ts';
import { startLocalProviderAt443, TEST_KEYS, type LocalProvider } from '../../testing/runner/action.ts';
import { PROVIDERS } from '../../src/shared/providers.ts';
import { installAct, runAct, type ActResult } from './act.ts';
import { exampleText, THIS_ACTION } from './example-files.ts';
import { PROXY_PASSWORD, startOutside, type OutsideOptions } from './example-outside.ts';

/** The job's token, as the stand-in for GitHub knows it. */
const JOB_TOKEN = 'ghs_sentinelOfTheJob4f1d6f3a9c2e4f1d6f3a9c';

/** What a workflow finds in its checkout: a program with a mistake that its test shows. */
const PROJECT: Readonly<Record<string, string>> = {
  'package.json': '{ "name": "sums", "version": "1.0.0", "type": "module", "scripts": { "test": "node --test" } }\n',
  'package-lock.json': JSON.stringify({
    ...{ name: 'sums', version: '1.0.0', lockfileVersion: 3, requires: true },
    packages: { '': { name: 'sums', version: '1.0.0' } },
  }),
  '.gitignore': 'node_modules\n',
  'src/sum.js': 'export const sum = (a, b) => a - b;\n',
  'test/sum.test.js':
    "import { test } from 'node:test';\nimport { equal } from 'node:assert';\n" +
    "import { sum } from '../src/sum.js';\ntest('adds', () => equal(sum(1, 2), 3));\n",
  'docs/sum.md': '`sum` subtracts.\n',
};

/** Where an example that names authorities has them. */
const OWN_CA = '.github/corp-ca.pem';

/** What the pull request adds. */
export const CHANGE = 'A sentence that only the change has.';

interface Around {
  /** The directories with the agent programs' commands. */
  readonly programs: readonly string[];
}

export interface ExampleRun extends OutsideOptions {
  readonly file: string;
  readonly event: string;
  readonly payload?: JsonObject;
  /** Further files of the project. */
  readonly files?: Readonly<Record<string, string | Buffer>> | ((around: Around) => Readonly<Record<string, string>>);
  readonly respond?: ProviderServerOptions['respond'];
  /** Hosts at which a provider's API is, besides the provider's own. */
  readonly hosts?: ProviderServerOptions['hosts'];
  /** The header in which these hosts want the key. */
  readonly credential?: ProviderServerOptions['credential'];
}

export interface ExampleResult {
  readonly job: ActResult;
  readonly requests: ProviderServer['requests'];
  readonly github: Hub;
  /** What GitHub was asked, without clones and pushes. */
  readonly githubRequests: readonly string[];
  /** The text of each file on the branch that the workflow pushed, by path. */
  readonly pushed: ReadonlyMap<string, string>;
  /** The tunnels that the network's proxy opened, as `host:port`. */
  readonly tunnels: readonly string[];
}

/** What the servers of examples want. */
export const TRACKER_TOKEN = 'sentinel-of-the-tracker';
export const NPM_TOKEN = 'sentinel-of-the-registry';

/** Every credential that an example asks for. */
const SECRETS: Readonly<Record<string, string>> = {
  ANTHROPIC_API_KEY: TEST_KEYS.anthropic,
  OPENAI_API_KEY: TEST_KEYS.openai,
  GEMINI_API_KEY: TEST_KEYS.gemini,
  COPILOT_GITHUB_TOKEN: TEST_KEYS.copilot,
  AZURE_OPENAI_KEY: TEST_KEYS.openai,
  LITELLM_KEY: TEST_KEYS.anthropic,
  TRACKER_TOKEN,
  NPM_TOKEN,
  PROXY_PASSWORD,
  GITHUB_TOKEN: JOB_TOKEN,
};

/** Runs the example, and removes what it made. */
export async function runExample(run: ExampleRun): Promise<ExampleResult> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'awf-example-')));
  const provider = await startLocalProviderAt443({
    ...(run.respond && { respond: run.respond }),
    ...(run.hosts && { hosts: run.hosts }),
    ...(run.credential && { credential: run.credential }),
  });
  const world = await startGithubWorld(JOB_TOKEN);
  const providers = hostsOf(run, provider);
  const outside = await startOutside(run, { ca: provider.ca, world, jobToken: JOB_TOKEN, providers });
  const ended = new AbortController();
  try {
    const programs = await Promise.all(AGENT_PROGRAMS.map(install));
    const gh = await installGh();
    const ca = provider.ca.certPem + world.ca.certPem;
    const caFile = join(directory, 'upstream-ca.pem');
    writeFileSync(caFile, ca);
    const workflow = `.github/workflows/${run.file}`;
    const inputs = {
      'add-hosts': [...outside.hosts].map((host) => host.join(':')).join('\n'),
      mounts: [...programs, dirname(gh)].join('\n'),
      'upstream-ca': caFile,
    };
    const text = localised(run.file, inputs, clientVariables(world, directory));
    const commands = programs.map((folder) => join(folder, 'node_modules', '.bin'));
    const files = typeof run.files === 'function' ? run.files({ programs: commands }) : run.files;
    const project = createProject(directory, { [OWN_CA]: ca, ...files, [workflow]: text });
    const job = await runAct({
      ...{ act: await installAct(), workflow, project, directory, signal: ended.signal },
      env: machineSettings(),
      secrets: SECRETS,
      event: run.event,
      payload: run.payload ?? {},
      actions: { [THIS_ACTION]: copyOfTheAction(directory) },
      paths: [dirname(gh), ...commands],
    });
    const githubRequests = world.server.requests.map(({ operation, body }) => `${operation ?? ''} ${body.toString()}`);
    const { requests } = provider.server;
    const tunnels = outside.asked.filter(({ status }) => status === 200).map(({ target }) => target);
    return { job, requests, github: world.hub, githubRequests, pushed: pushedFiles(world.hub), tunnels };
  } finally {
    ended.abort();
    await outside.close();
    await world.close();
    await provider.server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function write(directory: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

/** npm's settings of this machine, which name its registry: act's job has a home of its own. */
function machineSettings(): Readonly<Record<string, string>> {
  const file = process.env['NPM_CONFIG_USERCONFIG'] ?? join(homedir(), '.npmrc');
  return existsSync(file) ? { NPM_CONFIG_USERCONFIG: file } : {};
}

/** A checkout of the job's repository: a pull request's merge commit, with its base as the remote's main branch. */
function createProject(directory: string, added: Readonly<Record<string, string | Buffer>>): string {
  const project = join(directory, 'project');
  write(project, PROJECT);
  git(project, 'init', '--quiet', '--initial-branch=main');
  git(project, 'remote', 'add', 'origin', `https://github.com/${JOB_REPOSITORY}`);
  git(project, 'add', '.');
  git(project, 'commit', '--quiet', '--message=base');
  git(project, 'update-ref', 'refs/remotes/origin/main', 'HEAD');
  write(project, { 'docs/new.md': `${CHANGE}\n`, ...added });
  git(project, 'add', '.');
  git(project, 'commit', '--quiet', '--message=change');
  return project;
}

/** What a fetched action has. */
function copyOfTheAction(directory: string): string {
  const copy = join(directory, 'action');
  for (const each of ['action.yml', 'dist', 'containers', 'package.json']) {
    cpSync(join(ROOT, each), join(copy, each), { recursive: true });
  }
  return copy;
}

/** What makes gh and git ask the stand-in for GitHub. */
function clientVariables(world: GithubWorld, directory: string): Readonly<Record<string, string>> {
  const ca = join(directory, 'ca.pem');
  writeFileSync(ca, world.ca.certPem);
  return {
    ...{ HTTPS_PROXY: world.proxyUrl, SSL_CERT_FILE: ca, GIT_SSL_CAINFO: ca },
    ...{ GH_PROMPT_DISABLED: '1', GH_NO_UPDATE_NOTIFIER: '1' },
  };
}

/** The names of the providers, each with the address at which one is played. */
function hostsOf({ hosts = {} }: ExampleRun, provider: LocalProvider): Map<string, string> {
  const address = (provider.inputs('copilot')['add-hosts'] ?? '').replace(/^.*:/s, '');
  const names = PROVIDERS.flatMap(({ defaultTarget, otherHosts, companions }) => [
    ...[defaultTarget, ...otherHosts],
    ...companions.map(({ host }) => host),
  ]);
  return new Map([...names, ...Object.keys(hosts)].map((name) => [name, address]));
}

/**
 * The example with what only this machine needs: the addresses of the servers, and where the agent programs are. Steps
 * that install something from elsewhere are left out, because it is there.
 */
function localised(
  file: string,
  inputs: Readonly<Record<string, string>>,
  clients: Readonly<Record<string, string>>,
): string {
  const workflow = parseDocument(exampleText(file));
  for (const { value: job } of (workflow.get('jobs') as YAMLMap<unknown, YAMLMap>).items) {
    job?.delete('services'); // startOutside plays them
    const steps = job?.get('steps') as YAMLSeq<YAMLMap>;
    steps.items = steps.items.filter((step) => !isInstallation(step));
    for (const step of steps.items) {
      if (step.hasIn(['env', 'GH_TOKEN'])) {
        for (const [name, value] of Object.entries(clients)) step.setIn(['env', name], value);
      }
      // act plays the checkout of the commit that is there, and fetches the real action for any other.
      if (step.hasIn(['with', 'ref'])) step.deleteIn(['with', 'ref']);
      if (step.get('uses') !== THIS_ACTION) continue;
      for (const [name, value] of Object.entries(inputs)) {
        const own = step.getIn(['with', name]) as string | undefined;
        // The project has the file with authorities that the example names.
        if (name === 'upstream-ca' && own !== undefined) continue;
        step.setIn(['with', name], name === 'mounts' && own !== undefined ? `${own}\n${value}` : value);
      }
    }
  }
  return String(workflow);
}

const isInstallation = (step: YAMLMap): boolean =>
  String(step.get('uses')).startsWith('actions/setup-node@') || /^npm install -g /.test(String(step.get('run')));

/** The files of the branch that the workflow pushed, if it pushed one. */
function pushedFiles({ directory }: Hub): Map<string, string> {
  const bare = join(directory, `${JOB_REPOSITORY.toLowerCase()}.git`);
  const branches = git(bare, 'branch', '--format=%(refname:short)').split('\n');
  const branch = branches.find((name) => !['main', 'greeting'].includes(name));
  if (branch === undefined) return new Map();
  const paths = git(bare, 'ls-tree', '-r', '--name-only', branch).split('\n');
  return new Map(paths.map((path) => [path, git(bare, 'show', `${branch}:${path}`)]));
}
