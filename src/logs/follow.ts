import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { StringDecoder } from 'node:string_decoder';
import { UserError } from '../errors.ts';
import { isGone } from '../host/owner.ts';
import { apiRequest } from '../report/api-request.ts';
import { parseRequestLine } from '../report/request-log.ts';
import { isObject } from '../shared/json.ts';
import { AccessLines } from './access-lines.ts';
import { directorySource, type DirectorySource } from './directory-source.ts';
import { documentIn } from './source.ts';
import { rowLine, type Part } from './text.ts';
import { clock, rounded, shown } from './words.ts';
import type { EgressRequest } from '../report/requests.ts';

/** Between two looks at the logs. Milliseconds. */
const INTERVAL_MS = 300;
/** Bytes that are read at a time. */
const PIECE = 256 * 1024;
/** The width of names: those to come are not known. */
const WIDTH = 28;

/**
 * Shows the requests of a run as they end, until the run or `signal` ends it.
 *
 * @param directory of the run
 * @param write gets whole lines
 */
export async function followLogs(
  directory: string,
  part: Part,
  write: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const requests = new AccessLines();
  const [access, models] = [new Tail(), new Tail()];
  const start = directorySource(directory).time ?? Date.now();
  for (;;) {
    const source = sourceOf(directory);
    // What is written until the run's last file exists is read after it.
    const isOver = source.has('timings.json') || (await hasEnded(source)) || signal.aborted;
    if (part !== 'models') {
      for (const line of await access.read(source.pathOf('access-log'))) {
        for (const request of requests.take(line)) write(requestText(request, part, start));
      }
    }
    if (part !== 'refused') {
      for (const line of await models.read(source.pathOf('requests'))) write(modelText(line, start));
    }
    if (isOver) break;
    await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
  for (const request of requests.rest()) write(requestText(request, part, start));
}

/** @throws UserError if the directory was removed meanwhile */
function sourceOf(directory: string): DirectorySource {
  try {
    return directorySource(directory);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new UserError(`${directory} was removed.`, { hint: 'Its run goes on without logs, or has ended.' });
  }
}

/** A run has `run.json` from its start, and names the process that it ends with there. */
async function hasEnded(source: DirectorySource): Promise<boolean> {
  const record = await documentIn(source, 'run.json');
  if (!isObject(record)) return false;
  const { owner } = record;
  return typeof owner === 'string' ? isGone(owner) : true;
}

function requestText(request: EgressRequest, part: Part, start: number): string {
  const { source, verdict, serverName, host, time } = request;
  if (source !== 'agent' || (part === 'refused' && verdict === 'allowed')) return '';
  const name = verdict === 'refused' ? (serverName ?? host) : host;
  const row = { ...request, host: name, requests: 1, time: Date.parse(time) };
  return `${rowLine(row, { start, width: WIDTH, known: '' })}\n`;
}

function modelText(line: string, start: number): string {
  const record = parseRequestLine(line);
  if (record?.event !== 'request') return '';
  const { provider, host, model, status, usage, error, method, path } = apiRequest(record, undefined);
  const name = provider ?? shown(host ?? '', 40);
  const what = model === null ? `${shown(method, 10)} ${shown(path, 60)}` : shown(model);
  const used = usage === null ? '' : `  ${rounded(usage.inputTokens)} in, ${rounded(usage.outputTokens)} out`;
  const why = error === null ? '' : `  ${shown(error)}`;
  return `${clock(Date.parse(record.time) - start).padStart(7)}  🤖 ${name}  ${what}  ${String(status)}${used}${why}\n`;
}

/** What was added to a file since the last look. */
class Tail {
  #offset = 0;
  #rest = '';
  readonly #decoder = new StringDecoder('utf8');

  /** @param path undefined while there is no file @returns whole lines */
  async read(path: string | undefined): Promise<string[]> {
    if (path === undefined) return [];
    // The directory belongs to a sidecar: no link is followed, and no pipe waited for.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const lines: string[] = [];
    try {
      const buffer = Buffer.alloc(PIECE);
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, PIECE, this.#offset);
        if (bytesRead === 0) return lines;
        this.#offset += bytesRead;
        const parts = (this.#rest + this.#decoder.write(buffer.subarray(0, bytesRead))).split('\n');
        this.#rest = (parts.pop() ?? '').slice(0, PIECE);
        lines.push(...parts);
      }
    } finally {
      await file.close();
    }
  }
}
