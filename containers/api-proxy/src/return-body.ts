import type { IncomingMessage } from 'node:http';
import type { Exchange } from './exchange.ts';
import { Flow } from './flow.ts';
import { clientResponseTrailers } from './request/headers.ts';
import type { ReflectionGuard } from './reflection.ts';

const pairs = (flat: readonly string[]): [string, string][] =>
  flat.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : []));

/**
 * Streams the body of the answer and its trailers to the client as they come, less the credential.
 *
 * @param length of the body in octets, where the answer's head says it
 * @param fail told when it breaks off
 */
export function returnBody(
  response: IncomingMessage,
  length: number | undefined,
  { client, answer, record, usage }: Exchange,
  guard: ReflectionGuard,
  fail: (error: Error) => void,
): void {
  const mask = guard.stream();
  const flow = new Flow(response, answer);
  const { socket } = client;
  let isGathering = false;
  // Each TLS record comes as a chunk, and each chunk would be a write to the system: what has come in one packet leaves in
  // one, at the end of this turn of the event loop.
  const gather = (): void => {
    if (isGathering) return;
    isGathering = true;
    socket.cork();
    setImmediate(send);
  };
  const send = (): void => {
    isGathering = false;
    socket.uncork();
    usage.catchUp();
  };
  response.on('data', (chunk: Buffer) => {
    record.responseBytes += chunk.length;
    usage.keep(chunk);
    const masked = mask.pass(chunk);
    // An end of its own, behind the last octets, would be one more write to the system.
    if (record.responseBytes === length && mask.rest().length === 0) answer.end(masked);
    else if (masked.length > 0) {
      gather();
      flow.write(masked);
    }
  });
  response.on('end', () => {
    if (answer.writableEnded) return;
    // Node sends them where the answer is chunked and forgets them elsewhere, as HTTP/1.0 has it.
    try {
      answer.addTrailers(pairs(guard.headers(clientResponseTrailers(response))));
      answer.end(mask.rest());
    } catch (error) {
      fail(error as Error);
    }
  });
  response.on('error', (error) => {
    fail(error);
  });
  // The head must not wait for the first octet of the body, which may come minutes later; but most often it is there
  // by the next turn of the event loop, and both then leave in one packet. Not by flushHeaders, which makes UTF-8 of
  // octets above 127.
  setImmediate(() => {
    if (!answer.writableEnded && record.responseBytes === 0) answer.write('', 'latin1');
  });
}
