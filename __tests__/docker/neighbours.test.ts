import { expect, test } from 'vitest';
import { neighboursIn } from '../../src/docker/neighbours.ts';

test('a container is a neighbour on the networks that matter, while it has an address there', () => {
  const inspected = {
    bridge: { IPAddress: '172.17.0.2', Aliases: null },
    github_network_1: { IPAddress: '172.18.0.2', Aliases: ['postgres', '0123456789ab'] },
    github_network_2: { IPAddress: '172.19.0.2', Aliases: null },
    github_network_3: { IPAddress: '', Aliases: ['postgres'] },
  };
  expect(neighboursIn(inspected, 'github_network_')).toEqual([
    { network: 'github_network_1', names: ['postgres', '0123456789ab'], address: '172.18.0.2' },
    { network: 'github_network_2', names: [], address: '172.19.0.2' },
  ]);
});
