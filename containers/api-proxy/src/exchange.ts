import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestRecord } from '../../../src/shared/request-record.ts';
import type { Capacity } from './capacity.ts';
import type { Limits } from './limits.ts';
import type { Log } from './log.ts';
import type { Passage, Service } from './service.ts';

/** A client's request and everything that answering it needs. */
export interface Exchange extends Pick<Passage, 'judge' | 'usage' | 'spending'> {
  readonly service: Service;
  readonly client: IncomingMessage;
  readonly answer: ServerResponse;
  readonly record: RequestRecord;
  /** A value of `performance.now()`. */
  readonly startedAt: number;
  readonly limits: Limits;
  readonly capacity: Capacity;
  readonly log: Log;
}
