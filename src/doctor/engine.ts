import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { memoryLimit } from '../docker/topology.ts';
import { engineFacts, engineVersion, localSocket, type EngineFacts } from '../docker/engine-facts.ts';
import { builtImageNames } from '../docker/images.ts';
import { UserError } from '../errors.ts';
import { ROLES } from '../shared/network.ts';
import { claimRunNetwork } from '../run/network.ts';
import { newRunId } from '../run/run.ts';
import { ownerOf } from '../host/owner.ts';
import { networkNames } from '../shared/network.ts';
import type { Check, CheckContext } from './context.ts';
import { foreign, path, problemOf, user as userName, words, type Finding } from './finding.ts';

/** An engine that works answers within milliseconds. Its client would wait for ever. */
const ANSWER_LIMIT_MS = 5_000;

export const ENGINE: Check = {
  id: 'engine',
  page: 'docs/troubleshooting.md#the-engine',
  limitMs: 30_000,
  find: async (context) => {
    const { engine } = context;
    const socket = await localSocket(engine);
    const endpoint = (await engine.endpoint()) ?? '';
    await requireAnswer(endpoint);
    try {
      const facts = await engineFacts(engine, socket);
      const version = engineVersion(await engine.info());
      const at = endpoint === '' ? [] : words` at ${path(endpoint)}`;
      return [
        {
          status: 'ok',
          text: [...words`Docker ${version} answers`, ...at, ...asWho(context, socket), ...kindOf(facts)],
        },
        memoryOf(facts, context),
        ...facts.warnings.map((warning): Finding => ({ status: 'warning', text: foreign(warning) })),
      ];
    } catch (error) {
      return [withGroup(problemOf(error, context.names), context, socket)];
    }
  },
};

const kindOf = ({ mapsUsers }: EngineFacts) =>
  words`, ${mapsUsers ? 'with users mapped (userns-remap)' : 'rootful'}, local`;

function asWho({ user }: CheckContext, socket: string | undefined) {
  if (user.uid === 0) return words` as you (root)`;
  const group = socket === undefined ? undefined : groupOf(statSync(socket).gid);
  return words` as you (${userName(user.name)}${group === undefined ? '' : `, group ${group.name}`})`;
}

/** A user who was added to the group after signing in. */
function withGroup(finding: Finding, { user }: CheckContext, socket: string | undefined): Finding {
  const gid = socket === undefined ? undefined : statSync(socket, { throwIfNoEntry: false })?.gid;
  const group = gid === undefined ? undefined : groupOf(gid);
  if (group?.members.includes(user.name) !== true || process.getgroups?.().includes(group.gid) === true) return finding;
  return {
    ...finding,
    hint: words`You are in the group ${group.name}, but signed in before: sign in again, or run newgrp ${group.name}.`,
  };
}

function groupOf(gid: number, file = '/etc/group'): { name: string; gid: number; members: string[] } | undefined {
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const row = rows.find(([, , id]) => id === String(gid));
  return row && { name: row[0] ?? '', gid, members: (row[3] ?? '').split(',') };
}

function memoryOf({ memoryBytes }: EngineFacts, { built }: CheckContext): Finding {
  const gigabytes = (memoryBytes / 1024 ** 3).toFixed(1);
  const limit = memoryLimit(built?.config.memory, memoryBytes);
  if (memoryBytes >= 4 * 1024 ** 3) {
    return { status: 'ok', text: words`The command gets ${limit} of this machine's ${gigabytes} GB of memory` };
  }
  return {
    status: 'warning',
    text: words`This machine has ${gigabytes} GB of memory, of which the command gets ${limit}: agents need gigabytes.`,
    hint: words`Use a larger machine, or watch for exit code 137.`,
  };
}

/**
 * Waits for a first answer, whatever it is. Nothing is decided here: what does not answer at all keeps every client waiting.
 *
 * @throws UserError if nothing answers in time
 */
export async function requireAnswer(endpoint: string, limitMs = ANSWER_LIMIT_MS): Promise<void> {
  const [, socket, name, port] = /^(?:unix:\/\/(\/.+)|tcp:\/\/(.+):(\d+))$/.exec(endpoint) ?? [];
  if (socket === undefined && port === undefined) return;
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const options =
    socket === undefined ? { host: (name ?? '').replace(/^\[|\]$/g, ''), port: Number(port) } : { path: socket };
  const connection = connect(options, () => connection.write('GET /_ping HTTP/1.0\r\n\r\n'));
  // Errors are the client's to explain.
  for (const event of ['data', 'close', 'error'])
    connection.on(event, () => {
      resolve(true);
    });
  const timer = setTimeout(() => {
    resolve(false);
  }, limitMs);
  const hasAnswered = await promise;
  clearTimeout(timer);
  connection.destroy();
  if (hasAnswered) return;
  throw new UserError(
    `Whatever listens at ${endpoint} does not answer within ${limitMs / 1000} seconds: a run would wait for it.`,
    {
      hint: 'Restart the Docker engine (systemctl restart docker), or correct DOCKER_HOST.',
    },
  );
}

export const NETWORKS: Check = {
  id: 'networks',
  page: 'docs/troubleshooting.md#the-engine',
  limitMs: 30_000,
  find: async ({ engine, built, names }) => {
    if (built === undefined) return [];
    const runId = newRunId();
    const notes: string[] = [];
    const reporter = { debug: ignore, warning: ignore, error: ignore, info: (text: string) => void notes.push(text) };
    const mark = { runId, owner: ownerOf() };
    const { internal, outer } = networkNames(runId);
    try {
      const claimed = await claimRunNetwork(engine, mark, built.config, reporter);
      const subnet = (value: string) => ({ value, as: '<subnet>' });
      const text =
        claimed.outerName === outer
          ? words`${subnet(claimed.internal)} and ${subnet(claimed.outer)} are free`
          : words`${subnet(claimed.internal)} is free, and the engine's default network leads out`;
      // A notice of a subnet that hides part of the company's network.
      const hidden = notes
        .filter((note) => note.includes('private network'))
        .map((note): Finding => ({ status: 'warning', text: foreign(note, names) }));
      return [{ status: 'ok', text }, ...hidden];
    } finally {
      await engine.removeNetworks([internal, outer]);
    }
  },
};

const ignore = (): void => undefined;

export const IMAGES: Check = {
  id: 'images',
  page: 'docs/command-line.md#awf-pull',
  limitMs: 15_000,
  find: async ({ engine, root, built }) => {
    const images = builtImageNames(`${root}/dist`);
    const foreignImage = built?.config.agentImage;
    const wanted = [...ROLES.map((role) => images[role]), ...(foreignImage === undefined ? [] : [foreignImage])];
    const present = await engine.imagesOf(wanted);
    const missing = wanted.filter((name) => !present.has(name));
    if (missing.length === 0)
      return [{ status: 'ok', text: words`images ${wanted.map(shortName).join(', ')} are here` }];
    const list = missing.map((name) => (name === foreignImage ? { value: name, as: '<image>' } : shortName(name)));
    const count = missing.length === 1 ? '1 image is' : `${String(missing.length)} images are`;
    return [
      {
        status: 'warning',
        text: [
          `${count} not here yet: `,
          ...list.flatMap((name, index) => (index === 0 ? [name] : [', ', name])),
          '. The first run gets them, which takes a minute or two.',
        ],
        hint: words`Get them now: awf pull`,
      },
    ];
  },
};

/** `awf-squid:0123456789ab` without what nobody reads. */
const shortName = (name: string): string => name.replace(/^(?:.*\/)?([^/]+:[0-9a-f]{6})[0-9a-f]*$/, '$1');
