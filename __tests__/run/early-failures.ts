import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NO_NETWORK } from '../../src/config/network.ts';
import { UserError } from '../../src/errors.ts';
import type { RunContext } from '../../src/run/context.ts';
import type { ConfigOverrides } from '../../testing/builders.ts';
import type { FakeEngineOptions } from '../../testing/engine/fake-engine.ts';
import { refusing, type World } from './world.ts';

/** A run that fails before its command starts. */
interface EarlyFailure {
  readonly what: string;
  readonly engine?: FakeEngineOptions;
  readonly config?: (world: World) => ConfigOverrides;
  readonly context?: Partial<RunContext>;
  /** A part of the error's message. */
  readonly error: string;
  /** What the engine has been asked for. Everything by default. */
  readonly asked?: 'nothing';
  /** An option is wrong, for which the command line has an exit code of its own. */
  readonly isOption?: true;
}

export const EARLY_FAILURES: readonly EarlyFailure[] = [
  {
    what: 'the temporary directory does not exist',
    context: { temporary: '/nonexistent' },
    error: 'The directory for temporary files cannot be used: /nonexistent/awf-',
    asked: 'nothing',
  },
  {
    what: 'the installation has no images',
    context: {
      images: () => {
        throw new Error("ENOENT: no such file or directory, open '/nonexistent/dist/images.json'");
      },
    },
    error: 'images.json',
    asked: 'nothing',
  },
  {
    what: 'the workspace holds the run’s own directory',
    config: ({ temporary }) => ({ workspace: temporary, workingDirectory: temporary }),
    error: "holds the run's temporary directory",
    asked: 'nothing',
  },
  {
    what: 'a log directory cannot be made',
    config: ({ workspace }) => {
      writeFileSync(join(workspace, '..', 'file'), '');
      return { proxyLogsDir: join(workspace, '..', 'file', 'squid') };
    },
    error: 'file/squid cannot be created or used',
    asked: 'nothing',
    isOption: true,
  },
  {
    what: 'a log directory is in the workspace',
    config: ({ workspace }) => ({ proxyLogsDir: workspace }),
    error: 'where the command could change the logs',
    asked: 'nothing',
    isOption: true,
  },
  {
    what: 'the target of a mount is the sandbox’s own',
    config: ({ workspace }) => ({
      mounts: [{ source: workspace, target: '/usr', writable: false, origin: 'mounts, line 1' }],
    }),
    error: 'cannot be mounted at /usr',
    isOption: true,
  },
  {
    what: 'the state for the post step cannot be saved',
    context: {
      onLogs: () => {
        throw new Error('no space left on device');
      },
    },
    error: 'no space left on device',
    asked: 'nothing',
  },
  {
    what: 'the source of a mount does not exist',
    config: () => ({
      mounts: [{ source: '/nonexistent', target: '/data', writable: false, origin: 'mounts, line 1' }],
    }),
    error: 'mounts, line 1: /nonexistent',
    asked: 'nothing',
    isOption: true,
  },
  {
    what: 'a mount lies over a guarded path, which only the plan shows',
    config: ({ workspace }) => {
      mkdirSync(join(workspace, '.claude'));
      return {
        mounts: [
          { source: '/usr/share', target: join(workspace, '.claude'), writable: false, origin: 'mounts, line 1' },
        ],
        protectPaths: [{ path: '.claude', mode: 'read-only' }],
      };
    },
    error: 'is guarded',
    isOption: true,
  },
  {
    what: 'the name of the image is none',
    engine: {
      onCall: (verb, about) => {
        if (verb === 'imagesOf' && about.includes('UPPER'))
          throw new UserError('docker image inspect failed: invalid reference format');
      },
    },
    config: () => ({ agentImage: 'UPPER case' }),
    error: 'agent-image: "UPPER case" is not an image that the engine can look up.',
    isOption: true,
  },
  {
    what: 'the image is for another platform',
    engine: {
      image: (name) => ({
        platform: name === 'debian:13' ? 'linux/arm64' : 'linux/amd64',
        ...{ volumes: [], builtAt: Date.now(), isStandIn: false },
      }),
    },
    config: () => ({ agentImage: 'debian:13' }),
    error: 'agent-image: debian:13 is for linux/arm64',
    isOption: true,
  },
  {
    what: 'the image has a volume where the sandbox has its own',
    engine: { image: () => ({ platform: '', volumes: ['/tmp'], builtAt: Date.now(), isStandIn: false }) },
    config: () => ({ agentImage: 'debian:13' }),
    error: 'agent-image: debian:13 has a volume at /tmp',
    isOption: true,
  },
  {
    what: 'the proxy of the network is on loopback by its address',
    config: () => ({
      network: {
        ...NO_NETWORK,
        upstreamProxy: {
          ...{ host: 'localhost', port: 3128, isSecure: false, user: undefined, direct: [], origin: 'upstream-proxy' },
        },
      },
    }),
    error: 'upstream-proxy: the proxy listens on loopback',
    isOption: true,
  },
  {
    what: 'the job has no such service',
    config: () => ({ services: [{ name: 'postgres', port: 5432 }] }),
    error: 'allow-services: postgres:5432 is no service of the job that runs.',
    isOption: true,
  },
  {
    what: 'a variable is the sandbox’s own',
    config: () => ({ env: [{ name: 'LD_PRELOAD', value: 'x' }] }),
    error: 'env: LD_PRELOAD cannot be given to the command.',
    isOption: true,
  },
  ...(['createNetwork', 'imagesOf', 'create', 'connect', 'start'] as const).map((verb) => ({
    what: `the engine fails at ${verb}`,
    engine: { onCall: refusing(verb) },
    error: `docker ${verb} failed: no`,
  })),
  ...['awf-agent', 'awf-api-proxy'].map((name) => ({
    what: `the engine fails to run ${name}`,
    engine: { onCall: refusing('run', name) },
    error: 'docker run failed: no',
  })),
  {
    what: 'the engine does not tell what it is',
    engine: { onCall: refusing('info') },
    error: 'docker info failed: no',
  },
  {
    what: 'the engine cannot be used, and has no image',
    engine: { info: { SecurityOptions: ['name=rootless'] }, image: () => undefined },
    error: 'The Docker engine runs in rootless mode, which AWF does not support.',
  },
  {
    what: 'the engine is on another machine',
    engine: { endpoint: 'ssh://build-7' },
    error: 'The Docker client is set to ssh://build-7.',
  },
  {
    what: 'an image cannot be built',
    engine: { image: () => undefined, onCall: refusing('build', 'awf-squid') },
    error: 'The image awf-squid:0 could not be built.',
  },
  {
    what: 'an image cannot be pulled',
    engine: {
      image: (name) =>
        name === 'debian:13' ? undefined : { platform: '', volumes: [], builtAt: Date.now(), isStandIn: false },
      onCall: refusing('pull'),
    },
    config: () => ({ agentImage: 'debian:13' }),
    error: 'agent-image: debian:13 is missing and could not be pulled.',
  },
  {
    what: 'the container that lends its files cannot be created',
    engine: { onCall: refusing('create', 'awf-library') },
    config: () => ({ agentImage: 'debian:13' }),
    error: 'docker create failed: no',
  },
  {
    what: 'Squid ends',
    engine: {
      programs: {
        squid: async (io) => {
          await io.stderr('FATAL: no\n');
          return 1;
        },
      },
    },
    error: 'Squid ended unexpectedly with exit code 1. Its last lines:\nFATAL: no',
  },
  {
    what: 'the pre-flight check fails',
    engine: {
      programs: {
        agent: async (io) => {
          await io.stderr('Squid does not answer.\n');
          return 1;
        },
      },
    },
    error: 'The command was not started: Squid does not answer.',
  },
];
