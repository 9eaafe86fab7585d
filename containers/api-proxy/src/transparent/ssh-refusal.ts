import { createServer, type Server } from 'node:net';

/** What a client of SSH prints: the only thing that it shows of a server which it has not trusted yet. */
export const SSH_REFUSAL = 'AWF carries HTTPS and HTTP only, not SSH. For git, use the https:// URL of the repository.';

/** RFC 4253, sections 11.1 and 12. */
const SSH_MSG_DISCONNECT = 1;
const BY_APPLICATION = 11;
/** RFC 4253, section 6: before there is a cipher, a packet's length is a multiple of this. */
const BLOCK = 8;
const SHORTEST_PADDING = 4;

/** Milliseconds that a client may take to read it. */
const LINGER_MS = 5_000;
const MAX_CONNECTIONS = 64;

/** Greets a client of SSH, says why it gets no further, and ends the connection. Nothing that it sends is read. */
export function createSshRefusal(): Server {
  const refusal = Buffer.concat([Buffer.from('SSH-2.0-awf\r\n'), packet(disconnect(SSH_REFUSAL))]);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.setTimeout(LINGER_MS, () => socket.destroy());
    socket.end(refusal);
    socket.resume();
  });
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

function number(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

function disconnect(reason: string): Buffer {
  const noLanguage = number(0);
  const text = Buffer.from(reason);
  return Buffer.concat([
    Buffer.from([SSH_MSG_DISCONNECT]),
    number(BY_APPLICATION),
    number(text.length),
    text,
    noLanguage,
  ]);
}

function packet(payload: Buffer): Buffer {
  const unpadded = 4 + 1 + payload.length;
  const padding = SHORTEST_PADDING + ((BLOCK - ((unpadded + SHORTEST_PADDING) % BLOCK)) % BLOCK);
  return Buffer.concat([number(1 + payload.length + padding), Buffer.from([padding]), payload, Buffer.alloc(padding)]);
}
