/** The WebSockets of the local provider. */

import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { isObject } from '../json.ts';
import type { Answer, Channel, Inference } from './dialects/dialect.ts';

/** What the client may open, and the callbacks for its messages. */
export interface Accepted {
  readonly channel: Channel;
  /** Produces the model's answer. */
  readonly answer: (inference: Inference) => Promise<Answer>;
  /** Called with each message from the client. */
  readonly heard: (message: string) => void;
}

/** RFC 6455, section 7.4.1: the server met an unexpected condition. */
const INTERNAL_ERROR = 1011;

async function reply({ channel, answer, heard }: Accepted, message: string): Promise<readonly string[]> {
  heard(message);
  const parsed: unknown = JSON.parse(message);
  const handled = channel.receive(isObject(parsed) ? parsed : {});
  return 'answer' in handled ? (await answer(handled)).chunks : handled;
}

function converse(socket: WebSocket, accepted: Accepted): void {
  const { binary } = accepted.channel;
  const say = (messages: readonly string[]): void => {
    for (const message of messages) socket.send(message, { binary });
  };
  say(accepted.channel.greeting);
  // Answer the messages one after the other, in order.
  let turn = Promise.resolve();
  socket.on('message', (data: Buffer) => {
    turn = turn
      .then(async () => say(await reply(accepted, data.toString())))
      .catch((error: unknown) => socket.close(INTERNAL_ERROR, String(error).slice(0, 100)));
  });
}

/**
 * Opens the WebSockets that `server` has agreed to.
 *
 * @param accept records the request
 * @returns a function that closes the open ones
 */
export function acceptWebSockets(server: Server, accept: (request: IncomingMessage) => Promise<Accepted>): () => void {
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    accept(request).then(
      (accepted) => sockets.handleUpgrade(request, socket, head, (opened) => converse(opened, accepted)),
      () => socket.destroy(),
    );
  });
  return () => {
    for (const socket of sockets.clients) socket.terminate();
  };
}
