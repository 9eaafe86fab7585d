import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostLookup, nameservers } from '../../src/host/resolvers.ts';
import { temporaryDirectory } from '../../testing/builders.ts';

test('the DNS servers of all files, without IPv6 and what cannot be read', () => {
  const [one, two] = ['one', 'two'].map((name) => join(temporaryDirectory(), name));
  writeFileSync(one!, '# nameserver 10.0.0.1\nsearch corp.example\nnameserver 127.0.0.53\n');
  writeFileSync(
    two!,
    'nameserver 10.1.2.3\n  nameserver\t10.1.2.4 # the second\nnameserver fd00::53\nnameserver 127.0.0.53',
  );
  expect(nameservers([one!, '/nonexistent/resolv.conf', two!])).toEqual(['127.0.0.53', '10.1.2.3', '10.1.2.4']);
});

test('a name from /etc/hosts has its address, another has none', async () => {
  await expect(hostLookup('localhost')).resolves.toBe('127.0.0.1');
  await expect(hostLookup('a..invalid')).resolves.toBeUndefined();
});
