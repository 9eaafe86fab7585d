import type { IncomingMessage } from 'node:http';
import { isObject, type JsonObject } from '../../../../src/shared/json.ts';
import type { RequestRecord } from '../../../../src/shared/request-record.ts';
import type { Provider, ProviderId } from '../../../../src/shared/providers.ts';
import { NO_USAGE, sumOfUsage, usageBeyond, type Usage, type UsageDialect } from '../../../../src/shared/usage.ts';
import type { Budget } from './budget.ts';
import { DecodingTap, decoderFor } from './content-coding.ts';
import { headerValue } from '../request/raw-headers.ts';
import { JsonScanner, quoted } from './json-scanner.ts';
import { isModel, ModelNames } from './model-names.ts';

/** How answers arrive: as one document, as events, or as messages, each of which answers a request of its own. */
type Form = 'document' | 'events' | 'messages';

/** Octets of text per token; English has about four. */
const OCTETS_PER_TOKEN = 4;
/** Octets that a WebSocket may carry besides its answers. */
const CHATTER = 1_024;
const EVENT = Buffer.from('data:');

const tokensIn = (octets: number): number => Math.ceil(octets / OCTETS_PER_TOKEN);

/** A provider's dialect with its keys as they are spelled in an answer. */
export interface PreparedDialect {
  readonly provider: ProviderId;
  readonly usage: Buffer;
  readonly model: Buffer;
  readonly isModelLast: boolean;
  readonly read: UsageDialect['read'];
}

export const prepareDialect = ({ id, usage }: Pick<Provider, 'id' | 'usage'>): PreparedDialect => ({
  provider: id,
  usage: quoted(usage.usageKey),
  model: quoted(usage.modelKey),
  isModelLast: usage.isModelLast ?? false,
  read: usage.read,
});

/** Gemini's requests name their model in the path, and so do Azure's. */
const MODEL_IN_PATH = /\/(?:models|deployments)\/([^/:]+)/;

function eventsIn(chunk: Buffer, from: number): number {
  let events = 0;
  for (let at = chunk.indexOf(EVENT, from); at >= 0; at = chunk.indexOf(EVENT, at + EVENT.length)) events++;
  return events;
}

function formOf({ rawHeaders, statusCode }: IncomingMessage): Form {
  if (statusCode === 101) return 'messages';
  const type = headerValue(rawHeaders, 'content-type');
  return type?.toLowerCase().startsWith('text/event-stream') === true ? 'events' : 'document';
}

/**
 * Reads from one answer how many tokens it reports. It neither delays nor changes an octet, because it sees each chunk
 * after the client got it.
 *
 * An answer that reports nothing is estimated, for example a stream of chat completions without `include_usage`, or one
 * that the client cut short. Otherwise a program could spend more than the budget by not asking for the count. Each
 * event of a stream counts as one token, and so do every four octets of anything else.
 */
export class UsageReading {
  readonly #dialect: PreparedDialect;
  readonly #generates: boolean;
  readonly #budget: Budget;
  /** Undefined until an answer begins. */
  #form: Form | undefined;
  #decoding: DecodingTap | undefined;
  readonly #kept: Buffer[] = [];
  #scanners: JsonScanner[] = [];
  #counts: JsonObject | undefined;
  /** What earlier messages reported. */
  #earlier = NO_USAGE;
  #names = new ModelNames('first');
  /** The model that the request asks for, in case the answer names none. */
  #asked: string | null;
  #askedScanner: JsonScanner | undefined;
  /** Octets and events since the last count. */
  #octets = 0;
  #events = 0;
  /** Octets of the current chunk after the last count in it. */
  #uncounted = 0;
  #messages = 0;
  #charged = NO_USAGE;
  #onMessage: ((count: number) => void) | undefined;

  /**
   * @param path the request's canonical path
   * @param generates the endpoint costs tokens, so an answer without a count is not free
   */
  constructor(dialect: PreparedDialect, path: string, generates: boolean, budget: Budget) {
    this.#dialect = dialect;
    this.#generates = generates;
    this.#budget = budget;
    const named = MODEL_IN_PATH.exec(path)?.[1];
    this.#asked = isModel(named) ? named : null;
    if (this.#asked !== null || !generates) return;
    this.#askedScanner = new JsonScanner(dialect.model, (value) => {
      if (isModel(value)) this.#asked ??= value;
    });
  }

  /** Reads which model a request asks for, from a chunk of its body. */
  ask(chunk: Buffer): void {
    if (this.#asked === null) this.#askedScanner?.push(chunk);
    else this.#askedScanner = undefined;
  }

  /**
   * Begins with an answer. A failed one costs nothing.
   *
   * @param onMessage called for each message of a WebSocket that has a count, with the number of such messages so far
   */
  open(response: IncomingMessage, onMessage?: (count: number) => void): void {
    const { statusCode = 0, rawHeaders } = response;
    if (statusCode >= 300) return;
    this.#form = formOf(response);
    this.#names = new ModelNames(this.#form === 'messages' ? 'each' : this.#dialect.isModelLast ? 'last' : 'first');
    this.#onMessage = onMessage;
    this.#scanners = [
      // First, because the count of a message is charged at once, and needs the model.
      new JsonScanner(this.#dialect.model, (value) => {
        this.#names.see(value);
      }),
      new JsonScanner(this.#dialect.usage, (value, rest) => {
        if (isObject(value)) this.#count(value, rest);
      }),
    ];
    const decoder = decoderFor(headerValue(rawHeaders, 'content-encoding'));
    if (decoder === null) this.#scanners = [];
    else if (decoder !== undefined) {
      this.#decoding = new DecodingTap(decoder, (chunk) => {
        this.#read(chunk);
      });
    }
  }

  /** Keeps a chunk that is on its way to the client, to be read once it has left. */
  keep(chunk: Buffer): void {
    this.#kept.push(chunk);
  }

  /** Reads the chunks that were kept. */
  catchUp(): void {
    for (const chunk of this.#kept) this.push(chunk);
    this.#kept.length = 0;
  }

  push(chunk: Buffer): void {
    if (this.#form === undefined) return;
    if (this.#decoding) this.#decoding.push(chunk);
    else this.#read(chunk);
  }

  #read(chunk: Buffer): void {
    this.#uncounted = chunk.length;
    for (const scanner of this.#scanners) scanner.push(chunk);
    this.#octets += this.#uncounted;
    if (this.#form === 'events') this.#events += eventsIn(chunk, chunk.length - this.#uncounted);
    if (this.#names.isSettled && this.#scanners.length > 1) this.#scanners.shift();
  }

  #count(counts: JsonObject, rest: number): void {
    this.#octets = 0;
    this.#events = 0;
    this.#uncounted = rest;
    if (this.#form !== 'messages') {
      this.#counts = { ...this.#counts, ...counts };
      return;
    }
    this.#earlier = this.#reported;
    this.#counts = counts;
    this.#charge(this.#reported);
    this.#names.endAnswer();
    this.#onMessage?.(++this.#messages);
  }

  /** What the answer has reported so far. */
  get #reported(): Usage {
    return this.#counts ? sumOfUsage(this.#earlier, this.#dialect.read(this.#counts)) : this.#earlier;
  }

  /** @param total of all that the answer has used so far */
  #charge(total: Usage): void {
    const { provider } = this.#dialect;
    this.#budget.charge({
      provider,
      model: this.#names.current ?? this.#asked,
      usage: usageBeyond(total, this.#charged),
    });
    this.#charged = total;
  }

  /**
   * Writes the usage into the record of a request that has ended.
   *
   * @returns undefined if that is done already, otherwise a promise
   */
  end(record: RequestRecord): Promise<void> | undefined {
    this.catchUp();
    if (!this.#decoding) {
      this.#settle(record);
      return undefined;
    }
    return this.#decoding.end().then(() => {
      this.#settle(record);
    });
  }

  #settle(record: RequestRecord): void {
    record.model = this.#names.all;
    const isReported = this.#counts !== undefined;
    // If the client left before the answer began, the provider has read the request all the same.
    const isAnswered = this.#form !== undefined || record.error === 'client_closed';
    const estimated = this.#generates && isAnswered ? this.#estimate(record, isReported) : undefined;
    if (!isReported && !estimated) return;
    record.model ??= this.#asked;
    record.usage = { ...sumOfUsage(this.#reported, estimated ?? NO_USAGE), estimated: estimated !== undefined };
    this.#charge(record.usage);
  }

  #estimate({ requestBytes, error }: RequestRecord, isReported: boolean): Usage | undefined {
    const isCut = this.#form === 'messages' ? this.#octets > CHATTER : error !== null || !isReported;
    if (!isCut) return undefined;
    return {
      ...NO_USAGE,
      inputTokens: isReported ? 0 : tokensIn(requestBytes),
      outputTokens: this.#form === 'events' ? this.#events : tokensIn(this.#octets),
    };
  }
}
