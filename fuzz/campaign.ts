/** Fuzzes all lanes in parallel until the time or the number of runs is used up, or each lane has a finding. */

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { RawRequest } from '../testing/sidecar/raw-upstream.ts';
import { exchange, readAnswers } from './exchange.ts';
import { fuzzCase, MARKER, type FuzzCase } from './grammar.ts';
import { breach, mismatch, readRequests, type ClientRequest, type Lane } from './oracle.ts';
import { createWorld, type World } from './world.ts';

export interface CampaignOptions {
  readonly seed: number;
  readonly milliseconds: number;
  /** Runs per lane. */
  readonly runs: number;
}

export interface CampaignReport {
  readonly executions: number;
  /** Requests that arrived upstream, complete or not. */
  readonly upstream: number;
  /** How often the sidecar answered with each status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly findings: readonly string[];
}

interface LaneState {
  readonly lane: Lane;
  /** Requests of the latest connections that match nothing upstream yet: data of a cancelled request arrives late. */
  waiting: { readonly client: ClientRequest; readonly mutated: boolean }[];
  readonly problems: string[];
  /** The octets of the current connection. */
  current: string;
}
const LATE = 12;

function judge({ lane, waiting, problems }: LaneState, request: RawRequest): void {
  const broken = breach(lane, request);
  if (broken !== undefined) problems.push(broken);
  if (!request.head) return;
  const reasons = waiting.map(({ client }) => mismatch(lane, client, request));
  const at = reasons.lastIndexOf(undefined);
  const show = JSON.stringify([request.head, request.body.toString('latin1'), request.message !== undefined]);
  if (at < 0) {
    problems.push(`nothing that the client sent explains ${show}: ${reasons.map(String).join(' | ')}`);
    return;
  }
  const [found] = waiting.splice(at, 1);
  if (found?.mutated === false && JSON.stringify(request.head).includes(MARKER))
    problems.push(`a client’s credential in ${show}`);
}

async function runCase(
  state: LaneState,
  { octets, mutated }: FuzzCase,
  statuses: Record<string, number>,
): Promise<void> {
  const { lane, problems } = state;
  const sent = Buffer.from(octets, 'latin1');
  state.current = octets;
  state.waiting.push(...readRequests(sent).map((client) => ({ client, mutated })));
  state.waiting.splice(0, state.waiting.length - LATE);
  const answer = await exchange(lane.port, sent);
  if (answer.hangs) problems.push('the connection hangs');
  if (answer.octets.includes(lane.credential)) problems.push('the credential reached the client');
  try {
    for (const { status } of readAnswers(answer.octets, octets.includes('HEAD'))) {
      statuses[status] = (statuses[status] ?? 0) + 1;
      if (status === 500) problems.push('an internal error');
    }
  } catch (error) {
    problems.push(`${String(error)} in the answer ${JSON.stringify(answer.octets.toString('latin1'))}`);
  }
  // What was on its way upstream when the connection ended must be judged with its own case.
  await sleep(2);
  const found = problems.splice(0);
  if (found.length > 0) throw new Error(found.join('\n'));
}

/**
 * Collects crashes, which end the campaign. Each is reported with the octets that the sidecar's lanes were sending, any
 * of which may be the cause.
 */
function watchCrashes({ sidecars }: World, states: readonly LaneState[]): string[] {
  const crashes: string[] = [];
  for (const [i, { child, stderr }] of sidecars.entries()) {
    child.once('exit', () => {
      const suspects = states.filter(({ lane }) => lane.sidecar === i).map(({ current }) => JSON.stringify(current));
      crashes.push(`A sidecar crashed, during one of\n${suspects.join('\n')}\n${stderr()}`);
    });
  }
  return crashes;
}

async function fuzzLane(
  state: LaneState,
  crashes: string[],
  options: CampaignOptions,
  statuses: Record<string, number>,
) {
  const property = fc.asyncProperty(fuzzCase(state.lane.provider), async (fuzzed) => {
    if (crashes.length > 0) throw new Error('a sidecar crashed');
    await runCase(state, fuzzed, statuses);
  });
  const { seed, runs, milliseconds } = options;
  const result = await fc.check(property, {
    seed,
    numRuns: runs,
    interruptAfterTimeLimit: milliseconds,
    markInterruptAsFailure: false,
  });
  if (!result.failed || crashes.length > 0) return { runs: result.numRuns, finding: undefined };
  const finding = `${state.lane.host}, seed ${seed}: ${JSON.stringify(result.counterexample?.[0].octets)}\n${String(result.errorInstance)}`;
  return { runs: result.numRuns, finding };
}

const answerOk = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}';

/** Lane `n` gets the seed `seed + n`. */
export async function campaign(options: CampaignOptions): Promise<CampaignReport> {
  const world = await createWorld();
  const states = world.lanes.map((lane): LaneState => ({ lane, waiting: [], problems: [], current: '' }));
  const statuses: Record<string, number> = {};
  const crashes = watchCrashes(world, states);
  let upstream = 0;
  world.upstream.onRequest = (request, socket) => {
    upstream++;
    const state = states.find(({ lane }) => lane.host === request.serverName);
    if (!state) throw new Error(`A request went to ${request.serverName}, which no lane has as its target.`);
    judge(state, request);
    const bodiless = request.head?.startLine.startsWith('HEAD ') === true;
    if (request.message) socket.write(bodiless ? answerOk.slice(0, -2) : answerOk);
  };
  try {
    const results = await Promise.all(
      states.map((state, i) => fuzzLane(state, crashes, { ...options, seed: options.seed + i }, statuses)),
    );
    return {
      ...{ upstream, statuses },
      executions: results.reduce((sum, { runs }) => sum + runs, 0),
      findings: [...crashes, ...results.flatMap(({ finding }) => (finding === undefined ? [] : [finding]))],
    };
  } finally {
    await world.close();
  }
}
