import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import type { ReflectionGuard } from './reflection.ts';

/**
 * Streams the body of the answer to the client as it comes, less the credential.
 *
 * @param fail told when it breaks off
 */
export function returnBody(
  response: IncomingMessage,
  { answer, record, usage }: Exchange,
  guard: ReflectionGuard,
  fail: (error: Error) => void,
): void {
  const mask = guard.stream();
  response.on('data', (chunk: Buffer) => {
    record.responseBytes += chunk.length;
    const masked = mask.pass(chunk);
    if (masked.length > 0 && !answer.write(masked)) response.pause();
    usage.push(chunk);
  });
  answer.on('drain', () => {
    response.resume();
  });
  response.on('end', () => {
    answer.end(mask.rest());
  });
  response.on('error', (error) => {
    fail(error);
  });
  // The head must not wait for the first octet of the body, which may come minutes later; but most often it is there
  // by the next turn of the event loop, and both then leave in one packet.
  setImmediate(() => {
    if (!answer.writableEnded && record.responseBytes === 0) answer.flushHeaders();
  });
}
