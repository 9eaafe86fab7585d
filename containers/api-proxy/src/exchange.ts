import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from '../../../src/shared/providers.ts';
import type { RequestRecord } from '../../../src/shared/request-record.ts';
import type { Budget } from './usage/budget.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { UsageReading } from './usage/reading.ts';
import type { Handshake } from './websocket/websocket.ts';

/** One request of a client and all that is needed to answer it. */
export interface Exchange {
  readonly provider: Provider;
  readonly client: IncomingMessage;
  readonly answer: ServerResponse;
  readonly record: RequestRecord;
  /** Of `performance.now()`. */
  readonly startedAt: number;
  readonly limits: Limits;
  readonly maxBodyBytes: number;
  readonly budget: Budget;
  readonly usage: UsageReading;
  readonly log: Log;
  /** Of a client that asks for a WebSocket. */
  readonly handshake?: Handshake;
}
