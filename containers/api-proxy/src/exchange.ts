import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from '../../../src/shared/providers.ts';
import type { RequestRecord } from '../../../src/shared/request-record.ts';
import type { BodyJudge } from './judge/body-judge.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Budget } from './usage/budget.ts';
import type { UsageReading } from './usage/reading.ts';

/** A client's request and everything that answering it needs. */
export interface Exchange {
  readonly provider: Provider;
  readonly client: IncomingMessage;
  readonly answer: ServerResponse;
  readonly record: RequestRecord;
  /** A value of `performance.now()`. */
  readonly startedAt: number;
  readonly limits: Limits;
  readonly maxBodyBytes: number;
  readonly budget: Budget;
  readonly usage: UsageReading;
  /** Judges what the client sends; undefined if everything may pass. */
  readonly judge: BodyJudge | undefined;
  readonly log: Log;
}
