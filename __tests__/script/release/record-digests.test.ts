import { describe, expect, test } from 'vitest';
import { withDigests } from '../../../script/release/record-digests.ts';

const NAMES = {
  squid: 'awf-squid:4131a5ba5181',
  'api-proxy': 'awf-api-proxy:85c6b1e37a40',
  agent: 'awf-agent:28690fd0fd94',
};
const PUBLISHED = {
  squid: `ghcr.io/owner/awf/awf-squid@sha256:${'1'.repeat(64)}`,
  'api-proxy': `ghcr.io/owner/awf/awf-api-proxy@sha256:${'2'.repeat(64)}`,
  agent: `127.0.0.1:5000/awf/awf-agent@sha256:${'3'.repeat(64)}`,
};

const RECORDED = {
  squid: { name: NAMES.squid, published: PUBLISHED.squid },
  'api-proxy': { name: NAMES['api-proxy'], published: PUBLISHED['api-proxy'] },
  agent: { name: NAMES.agent, published: PUBLISHED.agent },
};

describe('withDigests', () => {
  test('adds to each name where the image is', () => expect(withDigests(NAMES, PUBLISHED)).toEqual(RECORDED));

  test('takes names that are recorded as objects, and replaces what was published before', () => {
    const before = Object.fromEntries(Object.entries(NAMES).map(([role, name]) => [role, { name }]));
    expect(withDigests(before, PUBLISHED)).toEqual(RECORDED);
    expect(withDigests(RECORDED, PUBLISHED)).toEqual(RECORDED);
  });

  test.each([
    { what: 'a missing name', images: { ...NAMES, agent: undefined }, error: 'no name for agent. Run script/build.' },
    { what: 'a name without a hash', images: { ...NAMES, squid: 'awf-squid:latest' }, error: 'no name for squid' },
  ])('refuses $what', ({ images, error }) => expect(() => withDigests(images, PUBLISHED)).toThrow(error));

  test.each([
    { what: 'nothing', reference: undefined },
    { what: 'a tag', reference: 'ghcr.io/owner/awf/awf-squid:latest' },
    { what: 'a short digest', reference: 'ghcr.io/owner/awf/awf-squid@sha256:1234' },
    { what: 'the image of another role', reference: PUBLISHED.agent },
    { what: 'no registry', reference: `awf-squid@sha256:${'1'.repeat(64)}` },
    { what: 'a script', reference: `ghcr.io/$(id)/awf-squid@sha256:${'1'.repeat(64)}` },
  ])('refuses $what as the place of an image', ({ reference }) => {
    expect(() => withDigests(NAMES, { ...PUBLISHED, squid: reference })).toThrow(
      `squid: "${String(reference)}" is not REGISTRY/PATH/awf-squid@sha256:DIGEST.`,
    );
  });
});
