import { expect, test } from 'vitest';
import { imageFacts } from '../../src/docker/image-facts.ts';

const CREATED = '2026-01-02T03:04:05.123456789Z';

test.each([
  ['the engine’s own date without a label', { Created: CREATED, Config: { Labels: null } }, CREATED],
  ['the label’s date', { Created: '1970-01-01T00:00:00Z', Config: { Labels: { 'awf.built': CREATED } } }, CREATED],
  ['the beginning of time without a date', { Config: null }, 0],
  ['the beginning of time with a date that is none', { Created: 'yesterday' }, 0],
])('an image was built at %s', (_, inspected, date) => {
  expect(imageFacts(inspected).builtAt).toBe(new Date(date).getTime());
});

test('reads platform, volumes and the mark of a stand-in', () => {
  const Config = { Volumes: { '/data': {} }, Labels: { 'awf.stand-in': 'true' } };
  expect(imageFacts({ Os: 'linux', Architecture: 'amd64', Config })).toMatchObject({
    platform: 'linux/amd64',
    volumes: ['/data'],
    isStandIn: true,
  });
  expect(imageFacts({})).toEqual({ platform: '/', volumes: [], builtAt: 0, isStandIn: false });
});
