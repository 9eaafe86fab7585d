import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../../../containers/api-proxy/src/listen.ts';
import { createSshRefusal, SSH_REFUSAL } from '../../../../containers/api-proxy/src/transparent/ssh-refusal.ts';

test('a client of SSH gets a greeting and the reason, and the connection ends', async () => {
  const server = createSshRefusal();
  onTestFinished(() => void server.close());
  const client = connect(await listen(server, 0, '127.0.0.1'), '127.0.0.1');
  client.write('SSH-2.0-OpenSSH_9.2\r\n');
  const chunks: Buffer[] = [];
  client.on('data', (chunk) => chunks.push(chunk));
  await once(client, 'close');
  const octets = Buffer.concat(chunks);
  const greeting = 'SSH-2.0-awf\r\n';
  expect(octets.toString('latin1')).toContain(greeting);
  const packet = octets.subarray(greeting.length);
  // RFC 4253, section 6.
  expect(packet.readUInt32BE(0)).toBe(packet.length - 4);
  expect(packet.length % 8).toBe(0);
  expect(packet[4]).toBeGreaterThanOrEqual(4);
  expect(packet[5]).toBe(1);
  expect(packet.subarray(14, 14 + packet.readUInt32BE(10)).toString()).toBe(SSH_REFUSAL);
});
